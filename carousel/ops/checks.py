"""What can be wrong, one check each: it yields (subject, detail) for every wrong thing it finds."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils.timezone import now

from carousel import wiring
from carousel.events.models import DeadLetter
from carousel.ops import samples
from carousel.ops.heartbeat import SILENCE
from carousel.ops.models import Heartbeat, Schedule
from carousel.tenants.models import KEY_AGE, ApiKey

Found = Iterator[tuple[str, str]]

ERRORS, ERROR_WINDOW = 5, timedelta(minutes=5)
TEMPORARY_LIMIT = 5 * 1024**3
"""Bytes under temp/ above which staff are told: 5 GB, seed of row 304."""


def dead_letters() -> Found:
    counts = DeadLetter.objects.open().values("tenant__name").annotate(n=Count("pk"))
    for row in counts.order_by("tenant__name"):
        yield row["tenant__name"], f"{row['n']} waiting to be replayed or closed."


def errors() -> Found:
    recent = DeadLetter.objects.filter(buried_at__gt=now() - ERROR_WINDOW).count()
    if recent > ERRORS:
        yield "", f"{recent} in the last 5 minutes."


def throttled() -> Found:
    recent = DeadLetter.objects.filter(
        buried_at__gt=now() - ERROR_WINDOW, error__icontains="throttl"
    ).count()
    if recent:
        yield "", f"{recent} calls were throttled in the last 5 minutes."


def overdue() -> Found:
    """A schedule counts as overdue after three of its periods, a daily one after 25 hours."""
    rows = {row.name: row for row in Schedule.objects.all()}
    for name, timing in wiring.SCHEDULE.items():
        patience = timedelta(seconds=max(3 * timing.every, 60)) if timing.every else DAILY
        row = rows.get(name)
        if row and row.succeeded_at and row.succeeded_at < now() - patience:
            yield name, f"Last succeeded {row.succeeded_at:%Y-%m-%d %H:%M} UTC. {row.note}"


DAILY = timedelta(hours=25)


def silent_workers() -> Found:
    last = Heartbeat.objects.order_by("-seen_at").first()
    if last and last.seen_at < now() - SILENCE:
        yield "", f"{last.worker} was last heard of at {last.seen_at:%H:%M:%S} UTC."


def temporary_store() -> Found:
    size = samples.stored(samples.TEMPORARY)
    if size > TEMPORARY_LIMIT:
        yield "", f"{size / 1024**3:.1f} GB of photos are waiting to be accepted or to expire."


def old_keys() -> Found:
    for key in ApiKey.objects.live().filter(created_at__lt=now() - KEY_AGE).order_by("created_at"):
        yield str(key), "Make a second key, move the program to it, then revoke this one."
