"""Sales older than two years tell nothing about today's prices."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from carousel import storage
from pricing.models import Sale

OURS = "sales/"


def forget_sales(limit: int = 500, *, pretend: bool = False) -> int:
    """With the picture that was imported with them; a product's own pictures are not ours."""
    late = Sale.objects.filter(sold_at__lt=Now() - timedelta(days=settings.KEEP_DAYS_SALES))
    if pretend:
        return late.count()
    found = dict(late.order_by("sold_at").values_list("pk", "image_key")[:limit])
    pictures = {key for key in found.values() if key.startswith(OURS)}
    # One picture may stand for several sales: its name is its content.
    for key in pictures - _used_by_others(pictures, found):
        storage.delete(key)
    return Sale.objects.filter(pk__in=found).delete()[1].get("pricing.Sale", 0)


def _used_by_others(pictures: set[str], leaving: Iterable[UUID]) -> set[str]:
    others = Sale.objects.filter(image_key__in=pictures).exclude(pk__in=list(leaving))
    return set(others.values_list("image_key", flat=True))


def pictures_in_use(keys: Iterable[str]) -> set[str]:
    return set(Sale.objects.filter(image_key__in=keys).values_list("image_key", flat=True))
