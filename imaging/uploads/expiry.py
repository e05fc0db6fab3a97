"""What becomes of photos with time: accepted ones leave temp/, the originals of others expire.

Objects go before their rows: a run that is killed between the two finds the row again, and deletes
an object that is not there, which is harmless.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from carousel import storage
from carousel.errors import GiveUp
from carousel.models import ProductImage
from carousel.rows import let_go
from imaging.jobs.models import Job
from imaging.uploads.models import Embedding, Photo

TEMPORARY = "temp/"
SHOWN = Exists(ProductImage.objects.filter(photo_id=OuterRef("pk")))
BEING_WORKED_ON = Exists(Job.objects.open().filter(kind="photo", subject_id=OuterRef("pk")))


def move_accepted(limit: int = 200, *, pretend: bool = False) -> int:
    """Originals of photos that products show leave temp/, where nothing stays."""
    photos = _in_temp().filter(SHOWN)
    if pretend:
        return photos.count()
    found = list(photos.order_by("created_at")[:limit])
    for photo in found:
        _move(photo)
    return len(found)


def move() -> str:
    """For the clock: everything that was accepted in the last minute."""
    return f"{move_accepted()} moved"


def _move(photo: Photo) -> None:
    old = photo.original
    new = f"originals/{photo.tenant_id}/{photo.pk}/{old.rsplit('/', 1)[-1]}"
    same = Photo.objects.filter(pk=photo.pk, original=old)
    try:
        storage.copy(old, new)
    except GiveUp:
        same.update(original_gone_at=Now())
        return
    storage.delete(old if same.update(original=new) else new)


def expire_originals(limit: int = 200, *, pretend: bool = False) -> int:
    """Not accepted in time: the stored original goes. Pictures made from it stay for the review."""
    age = timedelta(hours=settings.KEEP_HOURS_TEMPORARY)
    late = _in_temp().filter(created_at__lt=Now() - age).exclude(SHOWN).exclude(BEING_WORKED_ON)
    if pretend:
        return late.count()
    found = list(late.order_by("created_at").values_list("pk", "original")[:limit])
    for _, key in found:
        storage.delete(key)
    return _in_temp().filter(pk__in=[pk for pk, _ in found]).update(original_gone_at=Now())


def forget_vectors(limit: int = 500, *, pretend: bool = False) -> int:
    """Of photos that no product shows: their vectors lose their worth first."""
    age = timedelta(days=settings.KEEP_DAYS_EMBEDDINGS)
    shown = Exists(ProductImage.objects.filter(photo_id=OuterRef("photo_id")))
    late = Embedding.objects.filter(created_at__lt=Now() - age).exclude(shown)
    return let_go(late, "created_at", limit, pretend=pretend)


def remove(photos: Collection[UUID]) -> int:
    """Photos for good, with every file of theirs."""
    rows = Photo.objects.filter(pk__in=photos).exclude(SHOWN)
    for original, files in rows.values_list("original", "files"):
        for key in filter(None, [original, *(file["key"] for file in files.values())]):
            storage.delete(key)
    return rows.delete()[1].get("imaging.Photo", 0)


def _in_temp() -> QuerySet[Photo]:
    return Photo.objects.filter(original__startswith=TEMPORARY, original_gone_at=None)
