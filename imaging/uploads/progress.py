"""How far a batch is, counted from its rows: nothing here is remembered or guessed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import wiring
from carousel.tenants import walls
from imaging.jobs.models import Batch, Job, Step
from imaging.uploads.models import Photo

WINDOW = timedelta(seconds=60)
"""The speed shown is that of the last minute."""
LATE = timedelta(seconds=75)
"""Longer than two rounds of the sweeper: somebody should be told that work does not move."""
PHASES = {
    "Checked": ("inspect",),
    "Cut out": ("cutout",),
    "Compared": ("embed",),
    "Described": ("classify", "attributes", "defects"),
}
RECENT = 12
NAMED_TROUBLES = 100


@dataclass(frozen=True)
class Phase:
    name: str
    done: int
    total: int

    @property
    def is_done(self) -> bool:
        return self.done >= self.total


@dataclass(frozen=True)
class Progress:
    """`percent` 0..100 of all photo work; `photos_a_minute`, `seconds_left`: None if unknown."""

    photos: int
    ready: int
    rejected: int
    failed: int
    waiting: int
    percent: int
    phases: tuple[Phase, ...]
    is_running: bool
    is_grouping: bool
    has_groups: bool
    photos_a_minute: float | None
    seconds_left: int | None
    delay: str = ""

    @property
    def time_left(self) -> str:
        """In words: "less than a minute left", "about 3 min left"; "" when nobody knows."""
        if self.seconds_left is None:
            return ""
        minutes = round(self.seconds_left / 60)
        return f"about {minutes} min left" if minutes else "less than a minute left"

    @property
    def troubles(self) -> int:
        return self.rejected + self.failed


def versions(batches: Iterable[UUID]) -> dict[UUID, int]:
    """What live pages compare: it grows with every visible change of a batch. One query.

    It is asked once for the pages of all tenants, and answers no more than numbers.
    """
    with walls.crossing():
        return dict(Batch.objects.filter(pk__in=batches).values_list("pk", "version"))


def progress(batch: Batch) -> Progress:
    """Some dozen small queries, whatever the number of photos."""
    photos = _photo_counts(batch)
    everything = sum(photos.values())
    waiting = photos[Photo.State.RECEIVED] + photos[Photo.State.PROCESSING]
    done, total = _steps(batch, everything - photos["refused"])
    jobs = dict(batch.jobs.open().values_list("kind").annotate(jobs=Count("pk")))
    pace = _steps_a_second(batch)
    length = len(wiring.PIPELINES["photo"])
    left = max(total - done, 0)
    return Progress(
        photos=everything,
        ready=photos[Photo.State.READY],
        rejected=photos[Photo.State.REJECTED] + photos["refused"],
        failed=photos[Photo.State.FAILED],
        waiting=waiting,
        percent=done * 100 // total if total else 0,
        phases=_phases(batch, usable=photos[Photo.State.READY] + waiting),
        is_running=bool(jobs),
        is_grouping="group" in jobs,
        has_groups=_is_grouped(batch),
        photos_a_minute=pace * 60 / length if pace else None,
        seconds_left=round(left / pace) if pace and left else None,
        delay=_delay(batch) if jobs else "",
    )


def _delay(batch: Batch) -> str:
    """Why nothing may be moving just now, in a sentence; "" when all goes well."""
    waiting = Step.objects.filter(job__batch=batch, state=Step.State.WAITING)
    facts = waiting.aggregate(
        away=Count("pk", filter=Q(waits_for="storage")), oldest=Min("run_after")
    )
    if facts["away"]:
        return (
            f"The photo storage does not answer: {facts['away']} steps wait for it, and go on by"
            " themselves. Nothing is lost."
        )
    late = now() - facts["oldest"] if facts["oldest"] else timedelta(0)
    if late < LATE:
        return ""
    minutes = round(late.total_seconds() / 60)
    return (
        f"Processing is delayed: the next step has waited for {minutes or 1} min. The photos are"
        " stored; their work goes on by itself."
    )


def recent(batch: Batch) -> list[Photo]:
    """The photos that last got a picture of themselves, newest first."""
    seen = batch.photos.live().filter(files__has_key="160")
    done = Step.objects.filter(job__batch=batch, kind="inspect", state=Step.State.DONE)
    newest = list(done.order_by("-finished_at").values_list("job__subject_id", flat=True)[:RECENT])
    photos = seen.in_bulk(newest)
    return [photos[pk] for pk in newest if pk in photos]


def troubles(batch: Batch) -> list[Photo]:
    """Photos that will not become part of an item as they are, with their reasons."""
    bad = batch.photos.live().filter(state__in=[Photo.State.REJECTED, Photo.State.FAILED])
    return list(bad.order_by("index", "id")[:NAMED_TROUBLES])


def _photo_counts(batch: Batch) -> dict[str, int]:
    counts = dict.fromkeys([*Photo.State.values, "refused"], 0)
    live = batch.photos.live()
    for state, photos in live.exclude(original="").values_list("state").annotate(n=Count("pk")):
        counts[state] = photos
    counts["refused"] = live.filter(original="").count()
    return counts


def _without_jobs(jobs: QuerySet[Job], photos: int) -> int:
    """Of so many photos, those whose jobs are finished and forgotten (see KEEP_HOURS_JOBS)."""
    known = jobs.aggregate(n=Count("subject_id", distinct=True))
    return max(0, photos - int(known["n"]))


def _steps(batch: Batch, stored: int) -> tuple[int, int]:
    """(done, total) steps of the photos; what a failed photo will not do counts as done."""
    length = len(wiring.PIPELINES["photo"])
    known = batch.jobs.filter(kind="photo")
    jobs = known.aggregate(all=Count("pk"), failed=Count("pk", filter=Q(state=Job.State.FAILED)))
    settled = _without_jobs(known, stored)
    done = Step.objects.filter(job__batch=batch, job__kind="photo", state=Step.State.DONE)
    going = done.exclude(job__state=Job.State.FAILED).count()
    over = (jobs["failed"] + settled) * length
    return going + over, (jobs["all"] + settled) * length


def _phases(batch: Batch, usable: int) -> tuple[Phase, ...]:
    """Of the usable photos alone: what was rejected or has failed never gets to the end of one."""
    jobs = batch.jobs.filter(kind="photo").exclude(state=Job.State.FAILED)
    settled = _without_jobs(jobs, usable)
    steps = Step.objects.filter(job__in=jobs, state=Step.State.DONE)
    done = dict(steps.values_list("kind").annotate(steps=Count("pk")))
    return tuple(
        Phase(name, min(done.get(kind, 0) for kind in kinds) + settled, usable)
        for name, kinds in PHASES.items()
    )


def _steps_a_second(batch: Batch) -> float | None:
    """Over the last minute, or since the first step when that is less long ago."""
    done = Step.objects.filter(job__batch=batch, job__kind="photo", state=Step.State.DONE)
    lately = done.filter(finished_at__gte=Now() - WINDOW)
    count = lately.count()
    if count < 2:
        return None
    first = lately.order_by("finished_at").values_list("finished_at", flat=True).first()
    seconds = (now() - first).total_seconds() if first else 0
    return count / seconds if seconds > 1 else None


def _is_grouped(batch: Batch) -> bool:
    done = batch.jobs.filter(kind="group", state=Job.State.COMPLETED).exists()
    if done or not batch.photos.exists():
        return done
    groups = import_string(wiring.FIGURES)([batch]).get(batch.pk)
    return bool(groups and groups.groups)
