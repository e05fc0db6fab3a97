"""How far the work on one subject is, for pages that may not know what a step is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Avg
from django.utils.timezone import now

from imaging.jobs import pipeline
from imaging.jobs.models import Job, Step

STUCK = timedelta(minutes=5)
"""A step that is due and has waited this long is called stuck."""
LATELY = timedelta(hours=1)


@dataclass(frozen=True)
class Stage:
    """One step as staff see it. `state` is waiting, running, done or dead; `ms` its duration."""

    name: str
    state: str
    error: str = ""
    model: str = ""
    ms: int | None = None


@dataclass(frozen=True)
class Work:
    """The latest job of a subject. `is_open`: something may still change by itself."""

    is_open: bool
    has_failed: bool
    stages: tuple[Stage, ...]


def work_on(subject_id: UUID, kind: str) -> Work | None:
    """None if no such work was ever asked for."""
    job = Job.objects.filter(subject_id=subject_id, kind=kind).order_by("-created_at").first()
    if job is None:
        return None
    stages = tuple(
        Stage(step.kind, step.state, step.error, step.model, step.duration_ms)
        for step in job.steps.order_by("created_at")
    )
    is_open = job.state in (Job.State.PENDING, Job.State.PROCESSING)
    return Work(is_open, job.state == Job.State.FAILED, stages)


def state_of(job: Job, steps: Collection[Step]) -> str:
    """The job's state; `waiting_storage` while the storage is away."""
    is_open = job.state in (Job.State.PENDING, Job.State.PROCESSING)
    away = is_open and any(step.waits_for == "storage" for step in steps)
    return "waiting_storage" if away else job.state


def is_stuck(steps: Collection[Step]) -> bool:
    """Whether one of them is due, or was left by its worker, longer than STUCK."""
    return any(_due_since(step) < now() - STUCK for step in steps)


def _due_since(step: Step) -> datetime:
    if step.state == Step.State.WAITING:
        return step.run_after
    if step.state == Step.State.RUNNING and step.lease_until:
        return step.lease_until
    return now()


def seconds_left(job: Job, steps: Sequence[Step]) -> int | None:
    """How long the open steps of one job take by themselves; None when none ran lately.

    The time in the queue is not in it: a batch's page counts the queue.
    """
    left = set(pipeline.steps_of(job.kind)) - {s.kind for s in steps if s.state == Step.State.DONE}
    took = usual_ms(left)
    return round(sum(took.values()) / 1000) if left and left == took.keys() else None


def usual_ms(kinds: Collection[str]) -> dict[str, float]:
    """Kind of step -> its mean duration in the last hour."""
    done = Step.objects.filter(
        kind__in=kinds, state=Step.State.DONE, finished_at__gt=now() - LATELY
    ).exclude(duration_ms=None)
    return dict(done.values_list("kind").annotate(ms=Avg("duration_ms")))
