"""What can be wrong with the jobs, for the alarms."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Min
from django.utils.timezone import now

from imaging.jobs.models import Step

PATIENCE = timedelta(minutes=5)


def stuck() -> Iterator[tuple[str, str]]:
    """Steps that are due and have waited too long, by kind."""
    waiting = (
        Step.objects.filter(state=Step.State.WAITING, created_at__lt=now() - PATIENCE)
        .filter(run_after__lt=now())
        .values("kind")
        .annotate(n=Count("pk"), oldest=Min("created_at"))
    )
    for row in waiting.order_by("kind"):
        yield row["kind"], f"{row['n']} wait, the oldest since {row['oldest']:%H:%M:%S} UTC."


def waiting() -> int:
    return Step.objects.filter(state=Step.State.WAITING).count()
