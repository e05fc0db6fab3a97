"""How far the work on one subject is, for pages that may not know what a step is."""

from dataclasses import dataclass
from uuid import UUID

from imaging.jobs.models import Job


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
