"""What can be wrong with telling the partners, for the alarms."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, F, Min
from django.utils.timesince import timesince
from django.utils.timezone import now

from carousel.events.models import Delivery, Event

Found = Iterator[tuple[str, str]]

HANDED_OUT, DELIVERED = timedelta(minutes=2), timedelta(minutes=15)
"""How long an event may wait for the relay, and then for a receiver."""


def late() -> Found:
    yield from _not_handed_out()
    yield from _not_delivered()


def _not_handed_out() -> Found:
    """Nothing is relayed: the schedule, or whoever works for it, stands still."""
    waits = Event.objects.unsent().order_by().aggregate(n=Count("pk"), since=Min("created_at"))
    if waits["since"] and now() - waits["since"] > HANDED_OUT:
        since = timesince(waits["since"])
        yield "", f"{waits['n']} events are not handed out, the oldest for {since}."


def _not_delivered() -> Found:
    """Receivers that have not taken something for long. Those switched off are not waited for."""
    waiting = Delivery.objects.waiting().filter(destination__is_active=True)
    rows = waiting.values(
        shop=F("tenant__name"), name=F("destination__name"), which=F("destination")
    ).annotate(n=Count("pk"), since=Min("event__created_at"))
    for row in rows.filter(since__lt=now() - DELIVERED).order_by("shop", "name", "which"):
        since = timesince(row["since"])
        yield (
            f"{row['shop']}: {row['name']} ({str(row['which'])[:8]})",
            f"{row['n']} events are not delivered, the oldest for {since}.",
        )
