"""Workers say that they live; silence is an alarm."""

from datetime import timedelta

from celery import current_task
from django.utils.timezone import now

from carousel.ops.models import Heartbeat

SILENCE = timedelta(minutes=2)
FORGOTTEN = timedelta(days=1)


def beat() -> str:
    """Written by whichever worker takes the schedule's message: the whole road is proven."""
    host = getattr(getattr(current_task, "request", None), "hostname", None) or "this process"
    Heartbeat.objects.update_or_create(worker=str(host), defaults={"seen_at": now()})
    Heartbeat.objects.filter(seen_at__lt=now() - FORGOTTEN).delete()
    return f"{host} is alive"
