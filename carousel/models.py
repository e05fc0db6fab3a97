"""Every model of the marketplace core, where Django looks for them."""

from carousel.events.models import DeadLetter, Event
from carousel.products.models import Condition, Product, ProductImage
from carousel.tenants.models import ApiKey, Membership, Tenant, User

__all__ = [
    "ApiKey",
    "Condition",
    "DeadLetter",
    "Event",
    "Membership",
    "Product",
    "ProductImage",
    "Tenant",
    "User",
]
