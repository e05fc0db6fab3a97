"""Plots drawn on the server as SVG: no script, and the page's own colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 480, 140
TOP, BOTTOM, RIGHT = 8, 18, 44
"""Room for the words: the hours below, the highest value and zero at the right."""
LAST_X, FLOOR = WIDTH - RIGHT, HEIGHT - BOTTOM


@dataclass(frozen=True)
class Point:
    at: datetime
    value: float


def line(points: Sequence[Point], title: str, second: Sequence[Point] = ()) -> SafeString:
    """A line over time, from 0 to the highest value, and a second, broken one on its scale.

    Empty for fewer than two points.
    """
    if len(points) < 2:
        return SafeString("")
    highest = max(point.value for point in (*points, *second)) or 1.0
    first, last = points[0].at, points[-1].at
    drawn = _path(points, highest, (first, last), "line")
    if len(second) > 1:
        drawn += _path(second, highest, (first, last), "line second")
    words = _words(highest, _moment(first, last, first), _moment(first, last, last))
    label = f"{title}: highest {short(highest)}, last {short(points[-1].value)}"
    return _svg(label, drawn + words)


def bars(values: Sequence[tuple[str, float]], title: str) -> SafeString:
    """One bar a name, side by side, each with its own tooltip. Empty where all are zero."""
    highest = max((value for _, value in values), default=0.0)
    if not highest:
        return SafeString("")
    step = min(LAST_X / len(values), 40.0)
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}: {}</title></rect>',
        (_bar(n, step, value / highest, name, value) for n, (name, value) in enumerate(values)),
    )
    words = _words(highest, values[0][0], values[-1][0] if len(values) > 1 else "")
    return _svg(f"{title}: highest {short(highest)}", drawn + words)


def short(value: float) -> str:
    """At most four characters for most values: 950, 1.2k, 3.4M."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def _bar(index: int, step: float, share: float, name: str, value: float) -> tuple[str, ...]:
    tall = share * (FLOOR - TOP)
    return (
        f"{index * step + 1:.1f}",
        f"{FLOOR - tall:.1f}",
        f"{max(1.0, step - 2):.1f}",
        f"{tall:.1f}",
        name,
        f"{value:g}",
    )


def _path(
    points: Sequence[Point], highest: float, span: tuple[datetime, datetime], kind: str
) -> SafeString:
    places = " ".join(
        f"{_x(point.at, *span):.1f},{FLOOR - point.value / highest * (FLOOR - TOP):.1f}"
        for point in points
    )
    return format_html('<polyline class="{}" points="{}"/>', kind, places)


def _x(at: datetime, first: datetime, last: datetime) -> float:
    return (at - first).total_seconds() / ((last - first).total_seconds() or 1.0) * LAST_X


def _moment(first: datetime, last: datetime, at: datetime) -> str:
    """The hour within a day, the date beyond it."""
    return f"{at:%H:%M}" if (last - first).total_seconds() < 36 * 3600 else f"{at:%d %b}"


def _words(highest: float, left: str, right: str) -> SafeString:
    return format_html(
        '<line x1="0" x2="{0}" y1="{1}" y2="{1}"/><line class="top" x1="0" x2="{0}" y1="{2}"'
        ' y2="{2}"/><text x="{3}" y="{4}">{5}</text><text x="{3}" y="{1}">0</text>'
        '<text x="0" y="{6}">{7}</text><text class="end" x="{0}" y="{6}">{8}</text>',
        *(LAST_X, FLOOR, TOP, LAST_X + 6, TOP + 6, short(highest), HEIGHT - 4, left, right),
    )


def _svg(label: str, drawn: SafeString) -> SafeString:
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        drawn,
    )
