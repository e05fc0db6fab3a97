"""Dead letters, grouped by what went wrong, and the ways to try them again.

Trying is safe: what a letter's work does, it does once. A dry run does all of it and takes it back.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Count, Max, Min, QuerySet, Value
from django.db.models.functions import Coalesce, Left, NullIf
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import wiring
from carousel.errors import GiveUp, Refused, Retry
from carousel.events import inbox, relay
from carousel.events.models import DeadLetter, Delivery
from carousel.events.outbox import record
from carousel.tenants.models import Tenant, User

ANSWER_WITHIN = timedelta(hours=1)
"""Priority 2: somebody should have looked by then."""

LEFT = "left for the next press of the button"
Replayer = Callable[[DeadLetter], str]


@dataclass(frozen=True)
class Cause:
    """Open letters of one origin that failed for one reason."""

    origin: str
    category: str
    reason: str
    count: int
    oldest: datetime
    newest: datetime

    @property
    def due(self) -> datetime:
        return self.oldest + ANSWER_WITHIN

    @property
    def is_overdue(self) -> bool:
        return now() > self.due


@dataclass(frozen=True)
class Tried:
    """What a replay did, or would do. `tally` is a sentence -> how many letters it holds for."""

    tally: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.tally.values())


def causes(tenant: Tenant, category: str = "") -> list[Cause]:
    """The open letters in groups, the largest first."""
    found = _reasoned(DeadLetter.objects.open().filter(tenant=tenant))
    found = found.filter(category=category) if category else found
    rows = found.values("origin", "category", "reason").annotate(
        count=Count("pk"), oldest=Min("buried_at"), newest=Max("buried_at")
    )
    return [Cause(**row) for row in rows.order_by("-count", "origin", "reason")]


def of_cause(tenant: Tenant, origin: str, reason: str) -> QuerySet[DeadLetter]:
    letters = _reasoned(DeadLetter.objects.open().filter(tenant=tenant, origin=origin))
    return letters.filter(reason=reason).order_by("buried_at")


def try_again(
    letters: QuerySet[DeadLetter], by: User | None, *, dry: bool, seconds: float = inf
) -> Tried:
    """Try each letter in its own transaction, so that a killed replay can simply be run again.

    After `seconds` the rest is left, and said to be.
    """
    tally: Counter[str] = Counter()
    until = time.monotonic() + seconds
    for pk in list(letters.values_list("pk", flat=True)):
        tally[_try(pk, by, dry=dry) if time.monotonic() < until else LEFT] += 1
    return Tried(dict(tally))


def set_aside(letters: QuerySet[DeadLetter], by: User | None) -> Tried:
    """Close letters that need nothing more. They stay in the log."""
    closed = 0
    for pk in list(letters.values_list("pk", flat=True)):
        with transaction.atomic():
            closed += _close(pk, by, "set aside")
    return Tried({"set aside": closed})


@transaction.atomic
def _try(pk: UUID, by: User | None, *, dry: bool) -> str:
    letter = DeadLetter.objects.open().select_for_update(skip_locked=True).filter(pk=pk).first()
    if letter is None:
        return "somebody else has it"
    said = _replayed(letter)
    if dry:
        transaction.set_rollback(True)
    elif not said.startswith("refused"):
        _close(pk, by, said)
    return said


def _replayed(letter: DeadLetter) -> str:
    replayer: Replayer | None = _replayer(letter.origin)
    if replayer is None:
        return "refused: only a person can mend this"
    try:
        with transaction.atomic():
            return replayer(letter)
    except (GiveUp, Retry, Refused) as error:
        return f"refused: {error}"


def _replayer(origin: str) -> Replayer | None:
    name = wiring.REPLAY.get(origin.partition(":")[0])
    found: Replayer | None = import_string(name) if name else None
    return found


def _close(pk: UUID, by: User | None, said: str) -> int:
    """Mark the letter done, and write into the log who did what."""
    closed = DeadLetter.objects.open().filter(pk=pk).update(replayed_at=now())
    if closed:
        letter = DeadLetter.objects.select_related("tenant").get(pk=pk)
        record(
            letter.tenant, "deadletter.replayed", subject=letter.subject,
            letter=str(pk), origin=letter.origin, outcome=said, by=str(by.pk) if by else "",
        )  # fmt: skip
    return closed


def _reasoned(letters: QuerySet[DeadLetter]) -> QuerySet[Any]:
    """With `reason`: the cause if one was given, else the beginning of the error."""
    reason = Coalesce(NullIf("cause", Value("")), Left("error", 80), output_field=CharField())
    return letters.annotate(reason=reason)


def replay_inbox(letter: DeadLetter) -> str:
    """Try a received event again, at its age. Says what it became."""
    name = letter.payload.get("inbox")
    if not name:
        raise GiveUp("the event was never stored; the sender must send it again")
    row = inbox.revive(UUID(name))
    return row.get_state_display().lower()


def replay_delivery(letter: DeadLetter) -> str:
    """Send it again, to a receiver that is there and switched on: to others nothing goes."""
    sent = Delivery.objects.filter(pk=letter.payload["delivery"], destination__is_active=True)
    if not relay.replay(sent):
        raise GiveUp("its receiver is gone or switched off")
    return "on its way again"
