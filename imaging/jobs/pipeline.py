"""Which steps make a job, which come next, and when a job or a batch is through."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from carousel import tracing, wiring
from carousel.models import Tenant
from imaging.jobs.models import Batch, Job, Step
from imaging.jobs.queue import enqueue

SETTLING = 1.0
"""Seconds that a group job waits, so that photos which arrive together are grouped together."""


@transaction.atomic
def start(
    tenant: Tenant, kind: str, subject_id: UUID, batch: Batch | None = None, *, delay: float = 0
) -> Job:
    """A new job, or the one that is already waiting for the same subject."""
    job, made = Job.objects.get_or_create(
        kind=kind,
        subject_id=subject_id,
        state=Job.State.PENDING,
        defaults={"tenant": tenant, "batch": batch, "request_id": tracing.current()},
    )
    if made:
        for first in (step for step, needs in wiring.PIPELINES[kind].items() if not needs):
            _add(job, first, delay=delay)
        Batch.objects.touch(job.batch_id)
    return job


@transaction.atomic
def start_all(tenant: Tenant, kind: str, subjects: Sequence[UUID], batch: Batch) -> None:
    """A job for each subject that has none waiting, in as few queries as one job takes."""
    pending = Job.objects.filter(kind=kind, subject_id__in=subjects, state=Job.State.PENDING)
    waiting = set(pending.values_list("subject_id", flat=True))
    common = {"tenant": tenant, "batch": batch, "kind": kind, "request_id": tracing.current()}
    fresh = [subject for subject in subjects if subject not in waiting]
    jobs = Job.objects.bulk_create(Job(subject_id=subject, **common) for subject in fresh)
    first = [step for step, needs in wiring.PIPELINES[kind].items() if not needs]
    steps = [Step(tenant=tenant, job=job, kind=step) for job in jobs for step in first]
    for step in Step.objects.bulk_create(steps):
        enqueue(step)
    Batch.objects.touch(batch.pk)


def steps_of(kind: str) -> dict[str, list[str]]:
    """The steps of a kind of job; none for a kind that is gone."""
    return wiring.PIPELINES.get(kind, {})


def finish(step: Step) -> bool:
    """Close the step, open what it makes possible. False if the claim no longer stands."""
    with transaction.atomic():
        job = locked(step)
        closed = Step.objects.held(step).update(
            state=Step.State.DONE,
            finished_at=Now(),
            duration_ms=step.duration_ms,
            model=step.model,
            result=step.result,
            error="",
        )
        if job and closed:
            _advance(job)
            _gather(job, done=step.kind)
            Batch.objects.touch(step.job.batch_id)
    return bool(closed)


def locked(step: Step) -> Job | None:
    """The step's job, first: whoever ends work locks the job, its steps, and the batch last.

    None when it was removed with its batch meanwhile.
    """
    job = Job.objects.select_for_update().filter(pk=step.job_id).first()
    if job:
        job.tenant = step.tenant
    return job


def fail(job: Job, error: str) -> None:
    """The job is over without success. Called inside the transaction that buries its step."""
    job.steps.filter(state=Step.State.WAITING).update(state=Step.State.DEAD, error=error)
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, error=error, finished_at=Now())
    _tell(wiring.FAILED, job, error)
    _gather(job)
    Batch.objects.touch(job.batch_id)


def _add(job: Job, kind: str, *, delay: float = 0) -> None:
    """Nobody else adds it meanwhile: the job is new, or its row is locked."""
    due = Now() + timedelta(seconds=delay)
    step = Step.objects.create(job=job, kind=kind, tenant_id=job.tenant_id, run_after=due)
    enqueue(step, delay=delay)


def _advance(job: Job) -> None:
    """Open each step whose needs are met. The job's row is locked, so two finishers agree."""
    steps = dict(job.steps.values_list("kind", "state"))
    done = {kind for kind, state in steps.items() if state == Step.State.DONE}
    pipeline = wiring.PIPELINES[job.kind]
    for kind, needs in pipeline.items():
        if kind not in steps and done.issuperset(needs):
            _add(job, kind)
    if done.issuperset(pipeline):
        Job.objects.filter(pk=job.pk).update(state=Job.State.COMPLETED, finished_at=Now())
        _tell(wiring.COMPLETED, job)


def _tell(listeners: dict[str, str], job: Job, *details: Any) -> None:
    if job.kind in listeners:
        import_string(listeners[job.kind])(job, *details)


def _gather(job: Job, done: str = "") -> None:
    """When every job of a batch has passed the gate (or failed), start the batch's own job.

    `done`: the step that ended well. Only the gate's own may be the last that was waited for; what
    comes after it would start the batch's job again and again.
    """
    gate = wiring.GATHER.get(job.kind)
    if gate is None or job.batch_id is None or done not in ("", gate.step):
        return
    batch = Batch.objects.select_for_update().get(pk=job.batch_id)
    passed = Step.objects.filter(kind=gate.step, state=Step.State.DONE)
    behind = batch.jobs.open().filter(kind=job.kind).exclude(steps__in=passed)
    if not behind.exists() and batch.jobs.filter(kind=job.kind, steps__in=passed).exists():
        start(job.tenant, gate.job, batch.pk, batch, delay=SETTLING)
