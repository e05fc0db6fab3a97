"""The list of batches: how far each is, in three queries however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    photos = {row["batch"]: row for row in _photos(batches)}
    jobs = {row["batch"]: row for row in _jobs(batches)}
    return [
        Standing(
            batch=batch,
            photos=photos.get(batch.pk, {}).get("all", 0),
            ready=photos.get(batch.pk, {}).get("ready", 0),
            troubles=photos.get(batch.pk, {}).get("troubles", 0),
            open_jobs=jobs.get(batch.pk, {}).get("open", 0),
            is_grouped=bool(jobs.get(batch.pk, {}).get("grouped", 0)),
        )
        for batch in batches
    ]


def new_batch(tenant: Tenant, user: User | None, name: str = "") -> Batch:
    """Named after the moment when nobody gives it a name."""
    return Batch.objects.create(tenant=tenant, created_by=user, name=name.strip()[:120] or _named())


def _named() -> str:
    moment = localtime(now())
    return f"Batch of {moment.day} {moment:%b %H:%M}"


def _photos(batches: Sequence[Batch]) -> list[dict[str, int]]:
    bad = Q(state__in=[Photo.State.REJECTED, Photo.State.FAILED])
    return list(
        Photo.objects.live()
        .filter(batch__in=batches)
        .values("batch")
        .annotate(
            all=Count("pk"),
            ready=Count("pk", filter=Q(state=Photo.State.READY)),
            troubles=Count("pk", filter=bad),
        )
    )


def _jobs(batches: Sequence[Batch]) -> list[dict[str, int]]:
    going = Q(state__in=[Job.State.PENDING, Job.State.PROCESSING])
    grouped = Q(kind="group", state=Job.State.COMPLETED)
    return list(
        Job.objects.filter(batch__in=batches)
        .values("batch")
        .annotate(open=Count("pk", filter=going), grouped=Count("pk", filter=grouped))
    )
