"""Telling the partners: every event reaches each of its receivers at least once, in order.

Two steps, each safe to be killed at any point. `fan_out` claims events by their state, never by
"after the last one seen", so an event that commits late is not skipped. `deliver` sends what is
due; of one product nothing is sent before what is older. A delivery is claimed for a minute, with
its attempt counted, before anything goes out: who dies in between is overtaken by the next try.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.timezone import now

from carousel.events import posting
from carousel.events.causes import cause_of
from carousel.events.models import DeadLetter, Delivery, Destination, Event
from carousel.events.posting import Answer
from carousel.events.schedule import next_try

CLAIM = timedelta(seconds=60)
BUDGET = 40.0
"""Seconds that one call of `deliver` may go on."""
State = Delivery.State


@transaction.atomic
def fan_out(most: int = 1000) -> int:
    """Make a delivery of each new event for each destination that wants it. Returns the events.

    One relay at a time: two would put the deliveries of one product into the table out of order.
    """
    if not _alone():
        return 0
    events = list(Event.objects.unsent().select_for_update(skip_locked=True)[:most])
    wanting = _destinations(events)
    Delivery.objects.bulk_create(
        (
            Delivery(
                tenant_id=event.tenant_id,
                event=event,
                destination=destination,
                subject=event.subject,
                position=event.position,
            )
            for event in events
            for destination in wanting.get(event.tenant_id, [])
            if destination.wants(event.kind)
        ),
        ignore_conflicts=True,
    )
    Event.objects.filter(pk__in=[event.pk for event in events]).update(sent_at=now())
    return len(events)


def waiting() -> list[UUID]:
    """The destinations that something can be sent to now."""
    return list(Delivery.objects.due().order_by().values_list("destination", flat=True).distinct())


def deliver(destination_id: UUID, most: int = 1000) -> int:
    """Send what is due to one destination until it fails, is done, or the time is up."""
    started, sent = time.monotonic(), 0
    while sent < most and time.monotonic() - started < BUDGET:
        destination = Destination.objects.get(pk=destination_id)
        claimed = _claim(destination)
        if not claimed:
            break
        answers = _send(destination, claimed)
        for delivery, answer in zip(claimed, answers, strict=True):
            _note(delivery, answer)
        _judge(destination, answers)
        sent += len(claimed)
    return sent


def replay(deliveries: QuerySet[Delivery]) -> int:
    """Send these again, whatever became of them. The event keeps its id. Returns how many."""
    return deliveries.update(state=State.WAITING, attempts=0, run_after=now(), answer="")


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(7003)")
        return bool(cursor.fetchone()[0])


def _destinations(events: Sequence[Event]) -> dict[UUID, list[Destination]]:
    found: dict[UUID, list[Destination]] = {}
    tenants = {event.tenant_id for event in events}
    for destination in Destination.objects.filter(is_active=True, tenant__in=tenants):
        found.setdefault(destination.tenant_id, []).append(destination)
    return found


def _claim(destination: Destination) -> list[Delivery]:
    """What may go out now, in order: one webhook call, or one call of ten entries."""
    most = posting.LARGEST_CALL if destination.kind == Destination.Kind.EVENTBRIDGE else 1
    with transaction.atomic():
        due = Delivery.objects.due().filter(destination=destination)
        found = list(due.select_for_update(skip_locked=True, of=("self",))[:most])
        held = Delivery.objects.filter(pk__in=[delivery.pk for delivery in found])
        held.update(attempts=F("attempts") + 1, run_after=now() + CLAIM)
    claimed = held.filter(state=State.WAITING).select_related("event").order_by("position")
    return list(claimed)


def _send(destination: Destination, claimed: Sequence[Delivery]) -> list[Answer]:
    events = [delivery.event for delivery in claimed]
    started = time.monotonic()
    if destination.kind == Destination.Kind.EVENTBRIDGE:
        answers = posting.put(destination, events)
    else:
        answers = [posting.post(destination, event) for event in events]
    for delivery in claimed:
        delivery.duration_ms = round((time.monotonic() - started) * 1000)
    return answers


def _note(delivery: Delivery, answer: Answer) -> None:
    """Write down how this try went, if the claim still stands."""
    held = Delivery.objects.filter(pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts)
    told: dict[str, object] = {
        "status": answer.status,
        "answer": answer.error[:500],
        "duration_ms": delivery.duration_ms,
    }
    again = (
        None if answer.is_final else next_try(delivery.attempts, now(), jitter=_jitter(delivery))
    )
    if answer.is_taken:
        held.update(state=State.SENT, sent_at=now(), **told)
    elif again:
        held.update(run_after=again, **told)
    else:
        _bury(held, delivery, answer, told)


@transaction.atomic
def _bury(
    held: QuerySet[Delivery], delivery: Delivery, answer: Answer, told: dict[str, object]
) -> None:
    if held.update(state=State.DEAD, **told):
        DeadLetter.objects.create(
            tenant_id=delivery.tenant_id,
            origin=f"delivery:{delivery.event.kind}",
            subject=delivery.subject,
            category=DeadLetter.Category.RETRYABLE,
            cause=cause_of(answer.error),
            payload={"delivery": str(delivery.pk), "event": str(delivery.event_id)},
            error=answer.error,
            attempts=delivery.attempts,
        )


def _judge(destination: Destination, answers: Sequence[Answer]) -> None:
    """Leave a receiver in peace that keeps failing; switch off one that says it is gone."""
    breaker = destination.breaker
    for answer in answers:
        breaker = breaker.succeeded() if answer.is_taken else breaker.failed(now())
    destination.keep_breaker(breaker)
    if any(answer.status == 410 for answer in answers):
        Destination.objects.filter(pk=destination.pk).update(is_active=False)


def _jitter(delivery: Delivery) -> float:
    """Between 0 and 1, the same for the same delivery."""
    return delivery.pk.int % 1000 / 1000
