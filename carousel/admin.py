"""The admin pages of each slice of the core."""

from carousel.events import admin as events
from carousel.ops import admin as ops
from carousel.products import admin as products
from carousel.tenants import admin as tenants

__all__ = ["events", "ops", "products", "tenants"]
