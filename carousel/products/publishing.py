"""The one door through which an item comes on sale: finished, and undoubted or with a reason."""

from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.products.models import Product

LONGEST_REASON = 200


class Doubted(Refused):
    """`doubts` are sentences that speak against publishing; a person may know better, and why."""

    def __init__(self, doubts: list[str]) -> None:
        super().__init__(f"Look at this first, or say why it is published anyway: {doubts[0]}")
        self.doubts = doubts


@transaction.atomic
def publish(product: Product, *, reason: str = "", version: int | None = None, **told: Any) -> None:
    """Put it on sale. Doubted unless a `reason` is given; doubts and reason stay in its history."""
    reason = reason.strip()[:LONGEST_REASON]
    found = doubts(product)
    if found and not reason:
        raise Doubted(found)
    product.become(Product.State.LISTED, version=version, **told)
    if found:
        kept = {"doubts": found, "reason": reason}
        record(product.tenant, "product.doubted", subject=product.pk, **kept, **told)


def doubts(product: Product) -> list[str]:
    """By the wiring's word; nothing for what is refused anyway."""
    if product.state != Product.State.DRAFT or product.missing:
        return []
    found: list[str] = import_string(wiring.DOUBTS)(product)
    return found
