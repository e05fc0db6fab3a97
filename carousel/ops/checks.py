"""What can be wrong, one check each: it yields (subject, detail) for every wrong thing it finds."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils.timezone import now

from carousel import counters, wiring
from carousel.events.models import DeadLetter
from carousel.ops import heartbeat, samples
from carousel.ops.models import Heartbeat, Schedule
from carousel.tenants.key_sets import COUNTER
from carousel.tenants.models import KEY_AGE, ApiKey

Found = Iterator[tuple[str, str]]

ERRORS, ERROR_WINDOW = 5, timedelta(minutes=5)
TEMPORARY_LIMIT = 5 * 1024**3
"""Bytes under temp/ above which staff are told: 5 GB, seed of row 304."""
UPLOAD_LIMIT, DOWNLOAD_LIMIT = 0.05, 0.5
"""Shares of calls to the store that may fail (rows 306, 307)."""
RATE_MINUTES, FEWEST = 15, 20
"""A share says something only of so many calls in so many minutes."""
CLOCK = "heartbeat"
"""The schedule that runs most often: when it is overdue, everything is."""


def dead_letters() -> Found:
    counts = DeadLetter.objects.open().values("tenant__name").annotate(n=Count("pk"))
    for row in counts.order_by("tenant__name"):
        yield row["tenant__name"], f"{row['n']} waiting to be replayed or closed."


def errors() -> Found:
    """Work that was given up, and answers of ours that were errors."""
    buried = DeadLetter.objects.filter(buried_at__gt=now() - ERROR_WINDOW).count()
    answers = counters.rate("answer", minutes=5).failed
    if buried + answers > ERRORS:
        yield "", f"{buried} works given up and {answers} answers failed in the last 5 minutes."


def uploads() -> Found:
    yield from _share("upload", UPLOAD_LIMIT, "writes to the store")


def downloads() -> Found:
    yield from _share("download", DOWNLOAD_LIMIT, "reads from the store")


def messages() -> Found:
    """A message above 10 KB is refused when it is sent; one above 100 KB is also a mistake."""
    if huge := counters.rate("large-message").failed:
        yield "", f"{huge} messages above 100 KB were refused in the last hour."


def issuer() -> Found:
    """Once is enough: a process asks again after half a minute, and no new key opens till then."""
    if failed := counters.rate(COUNTER, minutes=RATE_MINUTES).failed:
        yield "", f"The issuer's keys could not be read {failed} times in {RATE_MINUTES} minutes."


def overdue() -> Found:
    """A schedule counts as overdue after three of its periods, a daily one after 25 hours."""
    late = dict(_late())
    if CLOCK in late:
        yield "", f"No scheduled work has run: is the clock there, and a worker? {late[CLOCK]}"
    else:
        yield from late.items()


def silent_workers() -> Found:
    """Queues that no living worker takes work from."""
    last = Heartbeat.objects.order_by("-seen_at").first()
    if last is None:
        return
    for queue in sorted(heartbeat.needed() - heartbeat.served()):
        heard = f"{last.worker} was last heard of at {last.seen_at:%H:%M:%S} UTC"
        yield queue, f"No worker serves the queue {queue}; {heard}."


def temporary_store() -> Found:
    size = samples.stored(samples.TEMPORARY)
    if size > TEMPORARY_LIMIT:
        yield "", f"{size / 1024**3:.1f} GB of photos are waiting to be accepted or to expire."


def old_keys() -> Found:
    for key in ApiKey.objects.live().filter(created_at__lt=now() - KEY_AGE).order_by("created_at"):
        yield str(key), "Make a second key, move the program to it, then revoke this one."


DAILY = timedelta(hours=25)


def patience(timing: wiring.Timing) -> timedelta:
    """How long a scheduled work may be silent: three of its periods, or a day and an hour."""
    return timedelta(seconds=max(3 * timing.every, 60)) if timing.every else DAILY


def _late() -> Found:
    rows = {row.name: row for row in Schedule.objects.all()}
    for name, timing in wiring.SCHEDULE.items():
        row = rows.get(name)
        if row and row.succeeded_at and row.succeeded_at < now() - patience(timing):
            yield name, f"Last succeeded {row.succeeded_at:%Y-%m-%d %H:%M} UTC. {row.note}"


def _share(counter: str, limit: float, what: str) -> Found:
    rate = counters.rate(counter, minutes=RATE_MINUTES)
    if rate.total >= FEWEST and rate.share > limit:
        yield "", f"{rate.failed} of {rate.total} {what} failed in {RATE_MINUTES} minutes."
