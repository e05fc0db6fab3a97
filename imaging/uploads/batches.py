"""The list of batches: how far each is, in three queries however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.utils.timezone import localtime, now

from carousel.models import Tenant, User
from imaging.jobs.models import Batch, Job
from imaging.uploads.models import Photo


@dataclass(frozen=True)
class Standing:
    """A batch and where it stands. `step` is the page that a person wants next."""

    batch: Batch
    photos: int
    ready: int
    troubles: int
    open_jobs: int
    is_grouped: bool

    @property
    def step(self) -> str:
        if not self.photos:
            return "upload"
        if self.open_jobs or not self.is_grouped:
            return "progress"
        return "review"


def standings(batches: Sequence[Batch]) -> list[Standing]:
    photos, jobs = _photos(batches), _jobs(batches)
    return [
        Standing(batch, *photos.get(batch.pk, (0, 0, 0)), *jobs.get(batch.pk, (0, False)))
        for batch in batches
    ]


def new_batch(tenant: Tenant, user: User | None, name: str = "") -> Batch:
    """Named after the moment when nobody gives it a name."""
    return Batch.objects.create(tenant=tenant, created_by=user, name=name.strip()[:120] or _named())


def _named() -> str:
    moment = localtime(now())
    return f"Batch of {moment.day} {moment:%b %H:%M}"


def _photos(batches: Sequence[Batch]) -> dict[UUID, tuple[int, int, int]]:
    """Batch -> (all, ready, not usable)."""
    bad = Q(state__in=[Photo.State.REJECTED, Photo.State.FAILED])
    rows = (
        Photo.objects.live()
        .filter(batch__in=batches)
        .values_list("batch")
        .annotate(
            all=Count("pk"),
            ready=Count("pk", filter=Q(state=Photo.State.READY)),
            bad=Count("pk", filter=bad),
        )
    )
    return {batch: (photos, ready, troubles) for batch, photos, ready, troubles in rows}


def _jobs(batches: Sequence[Batch]) -> dict[UUID, tuple[int, bool]]:
    """Batch -> (open jobs, whether it was grouped)."""
    going = Q(state__in=[Job.State.PENDING, Job.State.PROCESSING])
    grouped = Q(kind="group", state=Job.State.COMPLETED)
    rows = (
        Job.objects.filter(batch__in=batches)
        .values_list("batch")
        .annotate(open=Count("pk", filter=going), grouped=Count("pk", filter=grouped))
    )
    return {batch: (jobs, grouped > 0) for batch, jobs, grouped in rows}
