"""Plots drawn on the server as SVG: no script, and the page's own colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, MARGIN = 480, 120, 4


@dataclass(frozen=True)
class Point:
    at: datetime
    value: float


def line(points: Sequence[Point], title: str) -> SafeString:
    """A line over time, from 0 to the highest value. Empty for fewer than two points."""
    if len(points) < 2:
        return SafeString("")
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in _places(points))
    highest = max(point.value for point in points)
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}: highest {}, last {}">'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>',
        WIDTH,
        HEIGHT,
        title,
        f"{highest:g}",
        f"{points[-1].value:g}",
        path,
    )


def bars(values: Sequence[tuple[str, float]], title: str) -> SafeString:
    """One bar a name, side by side, each with its own tooltip."""
    if not values:
        return SafeString("")
    highest = max(value for _, value in values) or 1.0
    step = WIDTH / len(values)
    rects = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" fill="currentColor">'
        "<title>{}: {}</title></rect>",
        (
            (
                f"{index * step + 1:.1f}",
                f"{HEIGHT - value / highest * (HEIGHT - MARGIN):.1f}",
                f"{max(1.0, step - 2):.1f}",
                f"{value / highest * (HEIGHT - MARGIN):.1f}",
                name,
                f"{value:g}",
            )
            for index, (name, value) in enumerate(values)
        ),
    )
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        title,
        rects,
    )


def _places(points: Sequence[Point]) -> list[tuple[float, float]]:
    first, last = points[0].at, points[-1].at
    span = (last - first).total_seconds() or 1.0
    highest = max(point.value for point in points) or 1.0
    room = HEIGHT - 2 * MARGIN
    return [
        (
            (point.at - first).total_seconds() / span * WIDTH,
            HEIGHT - MARGIN - point.value / highest * room,
        )
        for point in points
    ]
