"""The list of batches: how far each is, in four queries however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.utils.module_loading import import_string
from django.utils.timezone import localtime, now

from carousel import wiring
from carousel.models import Tenant, User
from imaging.jobs.models import Batch, Job
from imaging.uploads.models import Photo


@dataclass(frozen=True)
class Groups:
    """`undecided` are neither accepted nor set aside; `to_check` of them are not sure."""

    groups: int = 0
    undecided: int = 0
    to_check: int = 0


@dataclass(frozen=True)
class Standing:
    """A batch and where it stands. `step` is the page that a person wants next."""

    batch: Batch
    photos: int
    ready: int
    troubles: int
    open_jobs: int
    groups: Groups

    @property
    def step(self) -> str:
        if not self.photos:
            return "upload"
        if self.open_jobs or not self.groups.groups:
            return "progress"
        return "review" if self.groups.undecided else "prices"


def standings(batches: Sequence[Batch]) -> list[Standing]:
    photos, jobs = _photos(batches), _jobs(batches)
    groups: dict[UUID, Groups] = import_string(wiring.FIGURES)(batches)
    return [
        Standing(
            batch,
            *photos.get(batch.pk, (0, 0, 0)),
            open_jobs=jobs.get(batch.pk, 0),
            groups=groups.get(batch.pk, Groups()),
        )
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


def _jobs(batches: Sequence[Batch]) -> dict[UUID, int]:
    """Batch -> jobs of its photos that are open."""
    going = Job.objects.open().filter(batch__in=batches, kind__in=["photo", "group"])
    return {
        batch: jobs
        for batch, jobs in going.values_list("batch").annotate(jobs=Count("pk"))
        if batch is not None
    }
