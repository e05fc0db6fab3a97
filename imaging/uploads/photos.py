"""What a photo's job means for the photo: ready, or failed with a sentence."""

from carousel.events.outbox import record
from imaging.jobs.models import Job
from imaging.uploads.models import Photo


def completed(job: Job) -> None:
    """Every step is done: the photo is ready, and the outside may know. Same transaction."""
    moved = Photo.objects.filter(
        pk=job.subject_id, state__in=[Photo.State.RECEIVED, Photo.State.PROCESSING]
    ).update(state=Photo.State.READY, reason="")
    if moved:
        record(
            job.tenant,
            "CarouselImageProcessed",
            subject=job.subject_id,
            job=str(job.pk),
            batch=str(job.batch_id),
        )


def failed(job: Job, error: str) -> None:
    """A photo that a step rejected keeps that reason; any other failure gets the step's words."""
    Photo.objects.filter(pk=job.subject_id).exclude(state=Photo.State.REJECTED).update(
        state=Photo.State.FAILED, reason=error
    )
