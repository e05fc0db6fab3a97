"""A year of invented sales for trying the program out: nothing in it is real."""

from pricing.demo.seeding import seed_demo_sales

__all__ = ["seed_demo_sales"]
