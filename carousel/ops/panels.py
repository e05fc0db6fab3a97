"""The pieces of the ops page. Each room of the house brings its own, named in wiring.PANELS."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Max
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.timezone import now

from carousel import wiring
from carousel.events.models import DeadLetter
from carousel.ops import charts
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
    return [dead_letters(), stored_bytes()]


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
    week = now() - timedelta(days=7)
    samples = Sample.objects.filter(name="bytes.temp", created_at__gt=week).order_by("created_at")
    points = [charts.Point(sample.created_at, sample.value) for sample in samples]
    rows = [("temp/", f"{points[-1].value / 1024**2:.1f} MB")] if points else []
    return Panel(
        "Waiting photos, 7 days", ("Where", "Now"), rows, charts.line(points, "MB in temp")
    )
