"""The admin pages of each slice of the core."""

from carousel.events import admin as events
from carousel.products import admin as products

__all__ = ["events", "products"]
