"""Events from outside: each counts once, however often and in whatever order it comes.

The key is written first and in the transaction of the effect, so there is nothing to look up before
and nothing to forget after. What comes too early is parked until the listing comes; what fails for
now is tried twice more; what is over an hour old, or will never fit, goes to the dead letters.
"""

import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import wiring
from carousel.errors import GiveUp, Refused, Retry
from carousel.events.causes import cause_of
from carousel.events.envelope import Envelope
from carousel.events.models import DeadLetter, Event, InboxEvent
from carousel.rows import add_once
from carousel.tenants.models import Tenant

log = logging.getLogger(__name__)

RETRIES = 2
PAUSES = (timedelta(seconds=1), timedelta(seconds=2))
OLDEST = timedelta(hours=1)
LOOK_AGAIN = timedelta(seconds=30)
State = InboxEvent.State


class TooEarly(Retry):
    """What this event builds on has not been heard of yet."""


class Outcome(Enum):
    TAKEN = "taken"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery. `event` is the row that counts, the earlier one of a duplicate."""

    outcome: Outcome
    event: InboxEvent


@transaction.atomic
def receive(tenant: Tenant, envelope: Envelope, *, however_old: bool = False) -> Receipt:
    """Take one delivery. A second one with the same id within 24 hours changes nothing."""
    key = key_of(tenant, envelope)
    row = InboxEvent(tenant=tenant, key=key, **_columns(envelope))
    if not add_once(row) and not (_let_go_of_old(key) and add_once(row)):
        return _seen_before(key, envelope)
    process(row, however_old=however_old)
    return Receipt(Outcome.TAKEN, row)


def process(row: InboxEvent, *, however_old: bool = False) -> None:
    """Try the event's effect once and write down how it went. The caller holds the row."""
    if not however_old and now() - row.at > OLDEST:
        bury(row, "It is over an hour old.", DeadLetter.Category.EXPIRED, cause="expired")
        return
    try:
        with transaction.atomic():
            changed = import_string(wiring.INBOX[row.kind])(row.tenant, envelope_of(row))
    except TooEarly as error:
        _write(row, State.PARKED, error=str(error), run_after=now() + LOOK_AGAIN)
    except GiveUp as error:
        bury(row, str(error), DeadLetter.Category.PERMANENT)
    except (Retry, Refused, DatabaseError) as error:
        _again(row, str(error).strip())
    else:
        state = State.APPLIED if changed else State.UNCHANGED
        _write(row, state, attempts=row.attempts + 1, applied_at=now(), error="")


def wake(event: Event) -> None:
    """A listing was heard of, by whichever door: what waited for it can be done now.

    Rows that a sweep holds are left to it: it waits for the product, which we hold.
    """
    parked = InboxEvent.objects.parked(event.subject).filter(tenant=event.tenant_id)
    for row in parked.select_for_update(skip_locked=True).order_by("at", "created_at"):
        process(row)


def sweep(most: int = 500) -> int:
    """Try what is due again, each in its own transaction. Returns how many were tried."""
    due = InboxEvent.objects.open().filter(run_after__lte=now()).order_by("run_after")
    tried = 0
    for pk in list(due.values_list("pk", flat=True)[:most]):
        with transaction.atomic():
            open_now = InboxEvent.objects.open().filter(pk=pk, run_after__lte=now())
            row = open_now.select_for_update(skip_locked=True).first()
            if row is not None:
                process(row)
                tried += 1
    return tried


def forget() -> int:
    """Drop the keys that have lived their 24 hours, in one statement. The log stays."""
    old = InboxEvent.objects.filter(key__isnull=False, created_at__lt=now() - InboxEvent.KEY_LIVES)
    return old.update(key=None)


@transaction.atomic
def revive(row_id: UUID) -> InboxEvent:
    """A person wants a buried event tried again, at its age. Applied ones are left as they are."""
    row = InboxEvent.objects.select_for_update().get(pk=row_id)
    if row.state == State.DEAD:
        row.attempts = 0
        process(row, however_old=True)
    return row


def bury(row: InboxEvent, error: str, category: str, cause: str = "") -> None:
    _write(row, State.DEAD, error=error[:2000])
    DeadLetter.objects.create(
        tenant_id=row.tenant_id,
        origin=f"inbox:{row.kind}",
        subject=row.subject,
        category=category,
        cause=cause or cause_of(error),
        payload={"inbox": str(row.pk), "id": row.event_id, "data": row.data},
        error=error[:2000],
        attempts=max(1, row.attempts),
    )


def key_of(tenant: Tenant, envelope: Envelope) -> str:
    return f"IDEM#{tenant.pk}#{envelope.kind}#{envelope.id}"


def envelope_of(row: InboxEvent) -> Envelope:
    return Envelope(row.event_id, row.kind, row.source, row.at, row.data, row.fingerprint)


def lock_subject(subject: UUID) -> None:
    """One event of a subject at a time, even while the subject has no row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7004, hashtext(%s))", [str(subject)])


def _again(row: InboxEvent, error: str) -> None:
    row.attempts += 1
    if row.attempts > RETRIES:
        bury(row, error, DeadLetter.Category.RETRYABLE)
        return
    pause = PAUSES[row.attempts - 1] * random.uniform(1, 1.25)
    _write(row, State.WAITING, attempts=row.attempts, error=error[:2000], run_after=now() + pause)


def _write(row: InboxEvent, state: str, **fields: object) -> None:
    for name, value in (fields | {"state": state}).items():
        setattr(row, name, value)
    row.save(update_fields=["state", *fields])


def _columns(envelope: Envelope) -> dict[str, object]:
    return {
        "event_id": envelope.id,
        "kind": envelope.kind,
        "source": envelope.source,
        "subject": envelope.product,
        "at": envelope.at,
        "data": envelope.data,
        "fingerprint": envelope.fingerprint,
    }


def _let_go_of_old(key: str) -> bool:
    """After 24 hours an id may be used again as a new event."""
    old = InboxEvent.objects.filter(key=key, created_at__lt=now() - InboxEvent.KEY_LIVES)
    return bool(old.update(key=None))


def _seen_before(key: str, envelope: Envelope) -> Receipt:
    first = InboxEvent.objects.get(key=key)
    if first.fingerprint != envelope.fingerprint:
        return _conflict(first, envelope)
    InboxEvent.objects.filter(pk=first.pk).update(duplicates=F("duplicates") + 1)
    log.info("event %s of %s came again and was skipped", envelope.id, envelope.kind)
    return Receipt(Outcome.DUPLICATE, first)


def _conflict(first: InboxEvent, envelope: Envelope) -> Receipt:
    """Two different events under one id: the first stands, a person must look at the second."""
    DeadLetter.objects.create(
        tenant_id=first.tenant_id,
        origin=f"inbox:{envelope.kind}",
        subject=first.subject,
        category=DeadLetter.Category.PERMANENT,
        cause="conflict",
        payload={"id": envelope.id, "at": envelope.at.isoformat(), "data": envelope.data},
        error="Another event with the same id and another body came within 24 hours.",
    )
    return Receipt(Outcome.CONFLICT, first)
