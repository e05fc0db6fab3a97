"""How fast photos are worked on, and how fast they come in."""
