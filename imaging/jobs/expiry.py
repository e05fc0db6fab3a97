"""Finished jobs are forgotten after a day; the photos and the listings they made are not."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from carousel.rows import let_go
from imaging.jobs.models import Job


def forget(limit: int = 500, *, pretend: bool = False) -> int:
    """A job with its steps. What is open stays, however old."""
    age = timedelta(hours=settings.KEEP_HOURS_JOBS)
    late = Job.objects.filter(
        state__in=[Job.State.COMPLETED, Job.State.FAILED], finished_at__lt=Now() - age
    )
    return let_go(late, "finished_at", limit, pretend=pretend)
