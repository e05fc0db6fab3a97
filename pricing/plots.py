"""Places on the small pictures of a price: its range, and its comparables over time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 320, 120, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """Places 0-100 on the range bar."""

    left: float
    width: float
    point: float
    ticks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One comparable: x from long ago to today, y from dear to cheap, in the plot's units."""

    x: float
    y: float
    r: float
    is_out: bool
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    dots: tuple[Dot, ...]
    top: float
    height: float
    level: float
    highest: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A comparable as the plot needs it: price in minor units, share of the weight 0-1."""

    days_ago: float
    price: float
    share: float
    is_out: bool
    label: str


def bar(low: float, price: float, high: float, others: Sequence[float]) -> Bar:
    """The range on a scale from 0 to a little above its end."""
    end = 1.15 * max(high, price)
    places = tuple(round(100 * min(other / end, 1), 1) for other in others)
    return Bar(
        round(100 * low / end, 1),
        round(100 * (high - low) / end, 1),
        round(100 * price / end, 1),
        places,
    )


def over_time(marks: Sequence[Mark], low: float, price: float, high: float, window: float) -> Plot:
    """Comparables over the window, with the range as a band and the price as a line."""
    highest = 1.1 * max([high, *(min(mark.price, 2 * high) for mark in marks)])

    def y(value: float) -> float:
        share = min(value / highest, 1)
        return round(HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share, 1)

    dots = [
        Dot(
            round(WIDTH - MARGIN - (WIDTH - 2 * MARGIN) * min(mark.days_ago / window, 1), 1),
            y(mark.price),
            round(2.5 + 10 * mark.share**0.5, 1),
            mark.is_out,
            mark.label,
        )
        for mark in marks
    ]
    return Plot(tuple(dots), y(high), round(y(low) - y(high), 1), y(price), highest)
