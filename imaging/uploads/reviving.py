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
        raise GiveUp("its job is gone")
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
