"""Run one step: claim it, call it, and write down how it ended. The only `except Exception`."""

import logging
import time
from datetime import timedelta
from random import uniform
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from carousel import counters, tracing, wiring
from carousel.errors import GiveUp, Refused, Retry
from carousel.models import DeadLetter
from carousel.storage import Away
from carousel.tenants import walls
from imaging.jobs import pipeline, queue
from imaging.jobs.models import Batch, Job, Step
from imaging.jobs.queue import enqueue

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
PAUSES = (1, 2, 4)
"""Seconds before the second, third and fourth try; up to half as much again, at random."""
STORAGE_PAUSE = 15
"""Seconds before a step looks again whether the storage is back; up to half as much again."""
TOO_LONG, TRACEBACK = "It took too long.", "Traceback (most recent call last)"
YOUNG = 0.05
"""A task goes on with its job for this share of the seconds that it has."""


def run(step_id: UUID | str) -> None:
    """Do the step if it is due and nobody else has it. Safe to call twice and at once."""
    step = Step.objects.claim(UUID(str(step_id)))
    if step is None:
        return
    if step.attempts > MAX_ATTEMPTS:
        bury(step, f"Its worker died {MAX_ATTEMPTS} times.")
        return
    job = step.job
    facts = {"tenant": step.tenant_id, "job": job.pk, job.kind: job.subject_id, "step": step.kind}
    trace = tracing.traced(job.request_id or tracing.accept(None), **facts)
    with trace, tracing.stage(f"step {step.kind}", **facts), walls.inside(step.tenant_id):
        _call(step)


def run_on(step_id: UUID | str) -> None:
    """The step, and at once those of its job that it opens for the same queue: what one step has
    opened and read is still at hand for the next, and nobody is sent for.

    A task that has taken a while leaves them to others, so that each step has nearly all of the
    seconds that a task has.
    """
    step = Step.objects.filter(pk=step_id).first()
    if step is None:
        return
    until = time.monotonic() + YOUNG * settings.SOFT_LIMIT
    with queue.following(step) as opened:
        run(step.pk)
        while opened and time.monotonic() < until:
            run(opened.popleft().pk)


def _call(step: Step) -> None:
    _begin(step)
    started = time.monotonic()
    try:
        import_string(wiring.STEPS[step.kind])(step)
    except (GiveUp, Refused) as error:
        bury(step, str(error))
    except Away as error:
        put_off(step, str(error))
    except Retry as error:
        again(step, str(error))
    except Exception as error:
        if _is_out_of_time(error):
            again(step, TOO_LONG)
        else:
            log.exception("Step %s of %s failed", step.kind, step.job)
            again(step, _said(error))
    else:
        step.duration_ms = round((time.monotonic() - started) * 1000)
        if pipeline.finish(step):
            counters.count("step", failed=False)
            log.info("%s complete in %s ms", step.kind, step.duration_ms)


def _is_out_of_time(error: BaseException | None) -> bool:
    """Also when a library caught the limit and raised an error of its own: the text reader does."""
    while error is not None:
        if isinstance(error, SoftTimeLimitExceeded):
            return True
        error = error.__cause__ or error.__context__
    return False


def _said(error: Exception) -> str:
    """For the photo's page. A library may say a whole traceback: its last line is the error."""
    words = str(error).strip()
    return words.splitlines()[-1] if TRACEBACK in words else f"{type(error).__name__}: {words}"


def again(step: Step, error: str) -> None:
    """Put the step back for later, or bury it after the last attempt."""
    if step.attempts >= MAX_ATTEMPTS:
        bury(step, error, category=DeadLetter.Category.RETRYABLE)
        return
    pause = PAUSES[min(step.attempts, len(PAUSES)) - 1] * uniform(1, 1.5)
    with transaction.atomic():
        back = Step.objects.held(step).update(
            state=Step.State.WAITING,
            run_after=Now() + timedelta(seconds=pause),
            lease_until=None,
            error=error[:2000],
        )
        if back:
            Batch.objects.touch(step.job.batch_id)
            enqueue(step, delay=pause)


def put_off(step: Step, why: str) -> None:
    """The storage is away: the step waits for it, however long, and the attempt does not count."""
    pause = STORAGE_PAUSE * uniform(1, 1.5)
    with transaction.atomic():
        back = Step.objects.held(step).update(
            state=Step.State.WAITING,
            attempts=step.attempts - 1,
            waits_for="storage",
            run_after=Now() + timedelta(seconds=pause),
            lease_until=None,
            error=why[:2000],
        )
        if back:
            Batch.objects.touch(step.job.batch_id)
            enqueue(step, delay=pause)


@transaction.atomic
def bury(step: Step, error: str, category: str = DeadLetter.Category.PERMANENT) -> None:
    """Give the step up for good: a dead letter, a failed job, a sentence for the page."""
    pipeline.locked(step)
    dead = Step.objects.held(step).update(
        state=Step.State.DEAD, finished_at=Now(), error=error[:2000]
    )
    if not dead:
        return
    DeadLetter.objects.create(
        tenant=step.tenant,
        origin=f"step:{step.kind}",
        subject=step.job.subject_id,
        category=category,
        payload={"step": str(step.pk), "job": str(step.job_id)},
        error=error[:2000],
        attempts=step.attempts,
    )
    pipeline.fail(step.job, error[:2000])
    counters.count("step", failed=category != DeadLetter.Category.PERMANENT)


def drain(limit: int = 10_000) -> int:
    """Run everything that is due, here and now. For tests and commands; returns how many ran."""
    ran = 0
    while ran < limit:
        # Only tests wait for nothing: what is put off is brought forward.
        Step.objects.filter(state=Step.State.WAITING).update(run_after=Now())
        step = Step.objects.due().order_by("created_at").first()
        if step is None:
            break
        run(step.pk)
        ran += 1
    return ran


def _begin(step: Step) -> None:
    if step.job.state != Job.State.PENDING:
        return
    Job.objects.filter(pk=step.job_id, state=Job.State.PENDING).update(
        state=Job.State.PROCESSING, started_at=Now()
    )
