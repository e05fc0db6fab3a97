"""The cut-outs that the fault gate wants a person to look at, one after the other."""

from django.db.models import QuerySet

from imaging.jobs.models import Batch
from imaging.uploads import photos
from imaging.uploads.models import Photo


def of_batch(batch: Batch) -> QuerySet[Photo]:
    return Photo.objects.suspects().filter(tenant=batch.tenant, batch=batch)


def after(photo: Photo) -> Photo | None:
    """The next one of the batch in upload order, from the beginning again after the last."""
    others = of_batch(photo.batch).exclude(pk=photo.pk)
    return others.filter(index__gt=photo.index).first() or others.first()


def passed(photo: Photo) -> None:
    """A person says that the cut-out is fine as it is."""
    photos.noted(photo, {"passed": True})
