"""What a person can do about work in progress: stop it, or have it tried again."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from carousel.errors import Refused
from imaging.jobs import control, pipeline
from imaging.jobs.models import Batch, Job, Step
from imaging.uploads.models import Photo

STOPPED = "Stopped before it was done."
AGAIN = [Photo.State.FAILED, Photo.State.REJECTED]


@transaction.atomic
def stop(batch: Batch) -> int:
    """End the open photo jobs of the batch. What is done stays, and is grouped."""
    jobs = list(batch.jobs.open().filter(kind="photo").order_by("pk").select_for_update())
    if not jobs:
        return 0
    open_steps = Step.objects.filter(
        job__in=jobs, state__in=[Step.State.WAITING, Step.State.RUNNING]
    )
    open_steps.update(state=Step.State.DEAD, error=STOPPED, finished_at=Now())
    *most, last = jobs
    Job.objects.filter(pk__in=[job.pk for job in most]).update(
        state=Job.State.FAILED, error=STOPPED, finished_at=Now()
    )
    Photo.objects.filter(pk__in=[job.subject_id for job in most]).update(
        state=Photo.State.FAILED, reason=STOPPED
    )
    pipeline.fail(last, STOPPED)
    return len(jobs)


@transaction.atomic
def cancel(job: Job) -> None:
    """End one job. What it has done stays; Refused when it is over already."""
    if not Job.objects.open().select_for_update().filter(pk=job.pk).exists():
        raise Refused("This job is over already.")
    running = job.steps.filter(state=Step.State.RUNNING)
    running.update(state=Step.State.DEAD, error=STOPPED, finished_at=Now())
    pipeline.fail(job, STOPPED)


@transaction.atomic
def retry(photo: Photo) -> None:
    """Begin again where the photo's work ended. Refused when there is nothing to work on."""
    if not photo.original:
        raise Refused(f"{photo.filename} was not stored. Upload a whole copy of it.")
    if photo.original_gone_at:
        raise Refused(f"The stored file of {photo.filename} has expired. Upload it again.")
    moved = Photo.objects.filter(pk=photo.pk, state__in=AGAIN).update(
        state=Photo.State.RECEIVED, reason=""
    )
    if not moved:
        raise Refused(f"{photo.filename} is being processed already.")
    _reopen(photo)


def retry_all(batch: Batch) -> int:
    """Try every failed photo again, each in its own transaction. Returns how many."""
    photos = _that_can_be_tried_again(batch)
    for photo in photos:
        retry(photo)
    return len(photos)


def _that_can_be_tried_again(batch: Batch) -> QuerySet[Photo]:
    return (
        batch.photos.live()
        .filter(state=Photo.State.FAILED, original_gone_at=None)
        .exclude(original="")
    )


def _reopen(photo: Photo) -> None:
    """Wake the failed job's dead steps; a photo without one gets a new job."""
    job = _last_job(photo.pk)
    if job is None or not control.retry(job):
        pipeline.start(photo.tenant, "photo", photo.pk, photo.batch)


def _last_job(photo_id: UUID) -> Job | None:
    return Job.objects.filter(kind="photo", subject_id=photo_id).order_by("created_at").last()
