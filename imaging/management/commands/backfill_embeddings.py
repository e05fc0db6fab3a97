"""`manage.py backfill_embeddings`: a vector for every photo that has none of the present model."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from carousel.errors import Refused
from carousel.management.portions import PortionsCommand
from carousel.models import Tenant
from imaging import steps
from imaging.timing import Timings
from imaging.uploads.models import Embedding, Photo


class Command(PortionsCommand):
    help = (
        "Compare every cut-out photo by EMBEDDING_MODEL that was not: after another one was"
        " chosen, or after vectors were lost. What was done is not done again."
    )
    unit = "photo"

    def found(self, tenants: Sequence[Tenant], options: dict[str, Any]) -> Sequence[UUID]:
        cut = Photo.objects.live().filter(tenant__in=tenants).exclude(cutout_model="")
        done = Embedding.objects.filter(model=settings.EMBEDDING_MODEL).values("photo")
        return list(cut.exclude(pk__in=done).order_by("created_at").values_list("pk", flat=True))

    def one(self, thing: UUID, *, dry: bool) -> str:
        photo = Photo.objects.select_related("tenant").get(pk=thing)
        if dry:
            return f"to be compared by {settings.EMBEDDING_MODEL}"
        came_to = steps.compare(photo, Timings())
        if not photo.embeddings.filter(model=settings.EMBEDDING_MODEL).exists():
            raise Refused(f"{came_to} answered; the chain does not know EMBEDDING_MODEL")
        return f"compared by {came_to}"
