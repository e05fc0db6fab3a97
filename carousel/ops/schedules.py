"""Periodic work: what runs when is in wiring.SCHEDULE; how it ran is a row that staff can read."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import messages, tracing, wiring
from carousel.errors import Refused
from carousel.ops.models import Schedule

log = logging.getLogger(__name__)

LOCK = 7002


@dataclass(frozen=True)
class Entry:
    """One line of the schedule as staff see it. Times in UTC."""

    name: str
    when: str
    next_at: datetime | None
    last: Schedule | None


def run(name: str) -> bool:
    """Do it now, unless it is being done: one at a time in the whole system. False if it was."""
    with _alone(name) as alone:
        if not alone:
            return False
        row, _ = Schedule.objects.get_or_create(name=name)
        Schedule.objects.filter(pk=row.pk).update(started_at=now(), runs=F("runs") + 1)
        trace = tracing.traced(tracing.current() or tracing.accept(None), schedule=name)
        with trace, tracing.stage(f"schedule {name}"):
            _finish(row, *_call(name))
    return True


def ask(name: str) -> None:
    """Have a worker run it now. Refused for a name that is not in the schedule, Retry when no
    worker can be asked."""
    if name not in wiring.SCHEDULE:
        raise Refused("There is no such scheduled work.")
    messages.ask("carousel.ops.tasks.run_scheduled", [name], wiring.SCHEDULE[name].queue)


def entries() -> list[Entry]:
    """Every scheduled work with its last and next run."""
    rows = {row.name: row for row in Schedule.objects.all()}
    return [
        Entry(name, timing.words, next_run(timing, rows.get(name)), rows.get(name))
        for name, timing in wiring.SCHEDULE.items()
    ]


def next_run(timing: wiring.Timing, last: Schedule | None) -> datetime | None:
    if timing.every:
        started = last.started_at if last else None
        return started + timedelta(seconds=timing.every) if started else None
    hour, minute = map(int, timing.at.split(":"))
    today = datetime.now(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > datetime.now(UTC) else today + timedelta(days=1)


def _call(name: str) -> tuple[bool, str]:
    try:
        note = import_string(wiring.SCHEDULE[name].call)()
    except Exception as error:
        # A schedule that fails must not stop the clock; its row and an alert tell of it.
        log.exception("The scheduled work %s failed", name)
        return False, f"{type(error).__name__}: {error}"
    return True, "" if note is None else str(note)


def _finish(row: Schedule, is_ok: bool, note: str) -> None:  # noqa: FBT001
    moment = now()
    changes = {"finished_at": moment, "is_ok": is_ok, "note": note[:2000]}
    if is_ok:
        changes["succeeded_at"] = moment
    Schedule.objects.filter(pk=row.pk).update(**changes)


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """A session lock: it ends with the connection, so a killed worker does not keep it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK, name])
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK, name])
