"""A person wants work tried again that was given up."""

from carousel.errors import GiveUp
from carousel.models import DeadLetter
from imaging.jobs import pipeline
from imaging.jobs.models import Job
from imaging.uploads import control
from imaging.uploads.models import Photo


def revive(letter: DeadLetter) -> str:
    """Says what was done. Harmless when the subject has been worked on since."""
    job = Job.objects.filter(pk=letter.payload.get("job")).select_related("batch", "tenant").first()
    if job is None:
        return _without_job(letter)
    later = Job.objects.filter(
        kind=job.kind, subject_id=job.subject_id, created_at__gt=job.created_at
    )
    if later.exists() or job.state != Job.State.FAILED:
        return "done or started since"
    photo = Photo.objects.filter(pk=job.subject_id).first() if job.kind == "photo" else None
    if photo:
        control.retry(photo)
    else:
        pipeline.start(job.tenant, job.kind, job.subject_id, job.batch)
    return "started again"


def _without_job(letter: DeadLetter) -> str:
    """Its job is finished and forgotten; a photo can begin again all the same."""
    subject = letter.subject
    photo = Photo.objects.live().filter(pk=subject).first() if subject else None
    if photo is None:
        raise GiveUp("its job is gone")
    control.retry(photo)
    return "started again"
