"""Bring a failed job back to life."""

from django.db import transaction
from django.db.models.functions import Now

from imaging.jobs.models import Batch, Job, Step
from imaging.jobs.queue import enqueue


@transaction.atomic
def retry(job: Job) -> bool:
    """Wake the dead steps of a failed job, with all their attempts. False if it did not fail."""
    woken = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
        state=Job.State.PROCESSING, error="", finished_at=None, started_at=Now()
    )
    if not woken:
        return False
    dead = list(job.steps.filter(state=Step.State.DEAD))
    Step.objects.filter(pk__in=[step.pk for step in dead]).update(
        state=Step.State.WAITING, attempts=0, error="", finished_at=None, run_after=Now()
    )
    for step in dead:
        enqueue(step)
    Batch.objects.touch(job.batch_id)
    return True
