"""Batches that nobody touched for 90 days: their undecided groups go, with the photos in them."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from carousel.models import ProductImage
from grouping.models import Group, GroupPhoto
from imaging.jobs.models import Batch
from imaging.models import Photo
from imaging.uploads import expiry


def forget_abandoned(limit: int = 100, *, pretend: bool = False) -> int:
    """Photos that no product shows, then the empty groups, then the empty batches."""
    photos = _photos()
    if pretend:
        return photos.count()
    ids = list(photos.order_by("created_at").values_list("pk", flat=True)[:limit])
    removed = expiry.remove(ids)
    if not removed:
        _empty_groups().delete()
        _empty_batches().delete()
    return removed


def _abandoned() -> QuerySet[Batch]:
    age = timedelta(days=settings.KEEP_DAYS_GROUPS)
    return Batch.objects.filter(updated_at__lt=Now() - age)


def _photos() -> QuerySet[Photo]:
    shown = Exists(ProductImage.objects.filter(photo_id=OuterRef("pk")))
    decided = Exists(
        GroupPhoto.objects.filter(photo=OuterRef("pk"), group__state=Group.State.ACCEPTED)
    )
    return Photo.objects.filter(batch__in=_abandoned()).exclude(shown).exclude(decided)


def _empty_groups() -> QuerySet[Group]:
    return Group.objects.filter(batch__in=_abandoned(), members=None).exclude(
        state=Group.State.ACCEPTED
    )


def _empty_batches() -> QuerySet[Batch]:
    return _abandoned().filter(photos=None, groups=None)
