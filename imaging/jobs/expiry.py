"""Finished jobs are forgotten after a day; the photos and the listings they made are not."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from imaging.jobs.models import Job


def forget(limit: int = 500, *, pretend: bool = False) -> int:
    """A job with its steps. What is open stays, however old."""
    age = timedelta(hours=settings.KEEP_HOURS_JOBS)
    late = Job.objects.filter(
        state__in=[Job.State.COMPLETED, Job.State.FAILED], finished_at__lt=Now() - age
    )
    if pretend:
        return late.count()
    ids = list(late.order_by("finished_at").values_list("pk", flat=True)[:limit])
    return Job.objects.filter(pk__in=ids).delete()[1].get("imaging.Job", 0)
