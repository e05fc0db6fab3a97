"""The pieces of the ops page. Each room of the house brings its own, named in wiring.PANELS."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Avg, Count, Max
from django.db.models.functions import TruncHour
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.timezone import now

from carousel import counters, wiring
from carousel.events.models import DeadLetter
from carousel.ops import answers, charts, samples
from carousel.ops.models import Sample


@dataclass(frozen=True)
class Panel:
    """A title, a table, and perhaps a plot above it."""

    title: str
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = field(default_factory=list)
    plot: SafeString = field(default_factory=lambda: SafeString(""))
    nothing: str = "Nothing yet."


def panels() -> list[Panel]:
    return [panel for name in wiring.PANELS for panel in import_string(name)()]


def own() -> list[Panel]:
    return [dead_letters(), stored_bytes(), storage_calls(), slowest()]


def slowest() -> Panel:
    """Where people wait: routes by their p99, since these processes began."""
    rows = [
        (one.route, one.count, one.shown(0.5), one.shown(0.99)) for one in answers.slowest(most=10)
    ]
    return Panel("Answers of the web server", ("Route", "Count", "p50 s", "p99 s"), rows)


def dead_letters() -> Panel:
    counts = (
        DeadLetter.objects.open()
        .values("origin", "category")
        .annotate(n=Count("pk"), last=Max("buried_at"))
        .order_by("-n", "origin")[:20]
    )
    rows = [
        (row["origin"], row["category"], row["n"], f"{row['last']:%d %b %H:%M}") for row in counts
    ]
    return Panel(
        "Dead letters by cause", ("From", "Category", "Open", "Last"), rows, nothing="None open."
    )


def stored_bytes() -> Panel:
    """The whole store, and of it what waits to be accepted or to expire (broken line)."""
    everything, waiting = _points(samples.EVERYTHING), _points("bytes.temp")
    rows = [
        (name, f"{points[-1].value / 1024**2:.1f}")
        for name, points in (("Everything", everything), ("Of it waiting (temp/)", waiting))
        if points
    ]
    plot = charts.line(everything, "Bytes stored", waiting)
    return Panel("Stored, 30 days", ("What", "MB now"), rows, plot)


def _points(name: str) -> list[charts.Point]:
    """An hourly mean, so that a month is some hundred points."""
    readings = (
        Sample.objects.filter(name=name, created_at__gt=now() - timedelta(days=30))
        .annotate(hour=TruncHour("created_at"))
        .values("hour")
        .annotate(mean=Avg("value"))
        .order_by("hour")
    )
    return [charts.Point(row["hour"], row["mean"]) for row in readings]


def storage_calls() -> Panel:
    rows = []
    for name, counter in (("put", "upload"), ("get", "download"), ("delete", "delete")):
        rate = counters.rate(counter)
        rows.append((name, rate.total, rate.failed, f"{rate.share:.1%}"))
    return Panel("Calls to the store, last hour", ("Call", "All", "Failed", "Share"), rows)
