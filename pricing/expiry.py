"""Sales older than two years tell nothing about today's prices: they live in the lake alone."""

from collections.abc import Iterable
from uuid import UUID

from carousel import storage
from pricing.lake import archive
from pricing.models import Sale

OURS = "sales/"


def forget_sales(limit: int = 500, *, pretend: bool = False) -> int:
    """Only what is seen in the lake goes; the rest is sent there first.

    With the picture that was imported with them; a product's own pictures are not ours.
    """
    if pretend:
        return Sale.objects.expired().count()
    safe = archive.safe(limit)
    pictures = {sale.image_key for sale in safe if sale.image_key.startswith(OURS)}
    going = [sale.pk for sale in safe]
    # One picture may stand for several sales: its name is its content.
    for key in pictures - _used_by_others(pictures, going):
        storage.delete(key)
    return Sale.objects.filter(pk__in=going).delete()[1].get("pricing.Sale", 0)


def _used_by_others(pictures: set[str], leaving: Iterable[UUID]) -> set[str]:
    others = Sale.objects.filter(image_key__in=pictures).exclude(pk__in=list(leaving))
    return set(others.values_list("image_key", flat=True))


def pictures_in_use(keys: Iterable[str]) -> set[str]:
    return set(Sale.objects.filter(image_key__in=keys).values_list("image_key", flat=True))
