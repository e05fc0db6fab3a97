"""Places on the market's plots: a bar or a dot for each month, and what is said of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pricing.trends import Month

WIDTH, HEIGHT, FOOT, HEAD = 480, 160, 20, 16
"""Of the whole picture, of the line of months below, and of the highest value's label above."""


@dataclass(frozen=True, slots=True)
class Column:
    """One month: `x` is its middle, `y` the top of its value; `label` is said on hovering."""

    x: float
    y: float
    width: float
    height: float
    month: str
    label: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """`line` joins the columns' tops, as SVG points. `words` tell it to who cannot see it."""

    columns: tuple[Column, ...]
    line: str
    highest: str
    words: str


def counts(months: Sequence[Month]) -> Plot:
    """How many sales each month had."""
    values = [(month, float(month.count), f"{month.count:,} sales") for month in months]
    return _plot(values, "Sales")


def medians(months: Sequence[Month], shown: Sequence[str]) -> Plot:
    """Each month's median price; `shown` is how each is written."""
    pairs = zip(months, shown, strict=True)
    return _plot([(month, month.median, text) for month, text in pairs], "Median price")


def _plot(values: Sequence[tuple[Month, float, str]], title: str) -> Plot:
    if not values:
        return Plot((), "", "", f"{title}: none")
    _, highest, written = max(values, key=lambda one: one[1])
    step, room = WIDTH / len(values), HEIGHT - FOOT - HEAD
    columns = tuple(
        _column(place, month, value / highest * room if highest else 0, step, text)
        for place, (month, value, text) in enumerate(values)
    )
    words = f"{title}: {columns[0].month} {values[0][2]}, {columns[-1].month} {values[-1][2]}"
    line = " ".join(f"{column.x:g},{column.y:g}" for column in columns)
    return Plot(columns, line, written, f"{words}, highest {written}")


def _column(place: int, month: Month, height: float, step: float, text: str) -> Column:
    name = f"{date(month.year, month.month, 1):%b}"
    return Column(
        x=round(step * (place + 0.5), 1),
        y=round(HEIGHT - FOOT - height, 1),
        width=round(step * 0.7, 1),
        height=round(height, 1),
        month=f"{name} {month.year}",
        label=text,
        is_named=place % 2 == 0,
    )
