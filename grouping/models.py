"""Models of grouping."""
