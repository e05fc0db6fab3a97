"""How the exchange of events is going: what came and what became of it, how fast, what waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, F, Min, Q, QuerySet, Sum, UUIDField
from django.db.models.aggregates import Aggregate
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.timezone import now
from prometheus_client.core import GaugeMetricFamily

from carousel.events.models import DeadLetter, Delivery, Event, InboxEvent
from carousel.tenants.models import Tenant

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Percentile(Aggregate):
    """Half, or 95 of 100, took at most this long."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Received:
    """Events of one kind in the last 24 hours, by what became of them."""

    kind: str
    applied: int
    unchanged: int
    open: int
    dead: int
    duplicates: int


@dataclass(frozen=True)
class Latency:
    """Seconds from accepting an event to its effect, of those applied in the last hour.

    Without those that waited for a person among the dead letters.
    """

    count: int
    median: float | None
    p95: float | None


@dataclass(frozen=True)
class Waiting:
    """Something that waits, and for how many seconds the oldest of it has."""

    name: str
    count: int
    since: datetime | None

    @property
    def seconds(self) -> float:
        return max(0.0, (now() - self.since).total_seconds()) if self.since else 0.0


def received(tenant: Tenant | None = None) -> list[Received]:
    states = {
        "applied": Q(state=InboxEvent.State.APPLIED),
        "unchanged": Q(state=InboxEvent.State.UNCHANGED),
        "open": Q(state__in=[InboxEvent.State.WAITING, InboxEvent.State.PARKED]),
        "dead": Q(state=InboxEvent.State.DEAD),
    }
    counts = {name: Count("pk", filter=rule) for name, rule in states.items()}
    came = _inbox(tenant).filter(created_at__gt=now() - DAY)
    rows = came.values("kind").annotate(**counts, again=Sum("duplicates")).order_by("kind")
    names = ("kind", *states, "again")
    return [Received(*found) for found in rows.values_list(*names)]


def latency(tenant: Tenant | None = None) -> Latency:
    took = F("applied_at") - F("created_at")
    recent = _inbox(tenant).filter(created_at__gt=now() - DAY, applied_at__gt=now() - HOUR)
    recent = recent.exclude(pk__in=_replayed())
    found = recent.aggregate(
        count=Count("pk"), median=Percentile(took, share=0.5), p95=Percentile(took, share=0.95)
    )
    median, p95 = (
        found[name].total_seconds() if found[name] is not None else None
        for name in ("median", "p95")
    )
    return Latency(found["count"], median, p95)


def _replayed() -> QuerySet[DeadLetter, Any]:
    """The received events that a person had tried again in the last hour."""
    letters = DeadLetter.objects.filter(replayed_at__gt=now() - HOUR, payload__has_key="inbox")
    return letters.values(row=Cast(KT("payload__inbox"), UUIDField()))


def waiting(tenant: Tenant | None = None) -> list[Waiting]:
    """Received and not applied; happened and not handed out; handed out and not delivered."""
    of_tenant = Q(tenant=tenant) if tenant else Q()
    queues: dict[str, tuple[QuerySet[InboxEvent] | QuerySet[Event] | QuerySet[Delivery], str]] = {
        "inbox": (InboxEvent.objects.open(), "created_at"),
        "outbox": (Event.objects.unsent().order_by(), "created_at"),
        "deliveries": (Delivery.objects.waiting(), "event__created_at"),
    }
    found = []
    for name, (rows, time) in queues.items():
        row = rows.filter(of_tenant).aggregate(n=Count("pk"), oldest=Min(time))
        found.append(Waiting(name, row["n"], row["oldest"]))
    return found


def collect() -> Iterator[GaugeMetricFamily]:
    """The same for Prometheus, of all tenants."""
    came = GaugeMetricFamily(
        "carousel_events_received", "Events of the last 24 h", labels=["kind", "outcome"]
    )
    for row in received():
        for outcome in ("applied", "unchanged", "open", "dead", "duplicates"):
            came.add_metric([row.kind, outcome], getattr(row, outcome))
    yield came
    took = latency()
    family = GaugeMetricFamily(
        "carousel_sync_seconds", "Accepted to applied, last hour", labels=["quantile"]
    )
    family.add_metric(["0.5"], took.median or 0)
    family.add_metric(["0.95"], took.p95 or 0)
    yield family
    counts = GaugeMetricFamily("carousel_events_waiting", "Events that wait", labels=["where"])
    ages = GaugeMetricFamily("carousel_events_oldest_seconds", "Oldest of them", labels=["where"])
    for one in waiting():
        counts.add_metric([one.name], one.count)
        ages.add_metric([one.name], one.seconds)
    yield counts
    yield ages


def _inbox(tenant: Tenant | None) -> QuerySet[InboxEvent]:
    return InboxEvent.objects.filter(tenant=tenant) if tenant else InboxEvent.objects.all()
