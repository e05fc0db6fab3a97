"""Workers say that they live; a queue that nobody has served for two minutes is an alarm."""

from collections.abc import Sequence
from datetime import timedelta

from celery import current_task
from django.utils.timezone import now

from carousel import wiring
from carousel.ops.models import Heartbeat

SILENCE = timedelta(minutes=2)
FORGOTTEN = timedelta(days=1)


def beat() -> str:
    """Written by whichever worker takes the schedule's message: the whole road is proven."""
    host = getattr(getattr(current_task, "request", None), "hostname", None) or "this process"
    Heartbeat.objects.update_or_create(worker=str(host), defaults={"seen_at": now()})
    Heartbeat.objects.filter(seen_at__lt=now() - FORGOTTEN).delete()
    return f"{host} is alive"


def alive(worker: str, queues: Sequence[str]) -> None:
    """The worker says so itself, busy or not, with the queues that it serves."""
    Heartbeat.objects.update_or_create(
        worker=worker, defaults={"seen_at": now(), "queues": sorted(queues)}
    )


def ended(worker: str) -> None:
    """It stopped because it was told to."""
    Heartbeat.objects.filter(worker=worker).delete()


def served() -> set[str]:
    """The queues that a living worker takes work from."""
    living = Heartbeat.objects.filter(seen_at__gt=now() - SILENCE).values_list("queues", flat=True)
    return {queue for queues in living for queue in queues}


def needed() -> set[str]:
    """The queues that work is sent to."""
    return {*wiring.QUEUES.values(), *(timing.queue for timing in wiring.SCHEDULE.values())}
