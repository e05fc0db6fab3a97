"""Every model of the marketplace core, where Django looks for them."""

from carousel.events.models import (
    DeadLetter,
    Delivery,
    Destination,
    Event,
    InboxEvent,
    Reconciliation,
    Source,
)
from carousel.ops.models import Alert, Heartbeat, Sample, Schedule
from carousel.products.images import ProductImage
from carousel.products.models import Condition, Product
from carousel.tenants.models import (
    ApiKey,
    AuditEntry,
    IdempotencyKey,
    Membership,
    RefreshToken,
    Tenant,
    User,
)

__all__ = [
    "Alert",
    "ApiKey",
    "AuditEntry",
    "Condition",
    "DeadLetter",
    "Delivery",
    "Destination",
    "Event",
    "Heartbeat",
    "IdempotencyKey",
    "InboxEvent",
    "Membership",
    "Product",
    "ProductImage",
    "Reconciliation",
    "RefreshToken",
    "Sample",
    "Schedule",
    "Source",
    "Tenant",
    "User",
]
