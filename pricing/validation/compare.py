"""How far the store and the lake are apart. Pure.

The variance of a month is |a - b| / max(a, b) (K-9); above five per cent somebody is called. A
difference of any size is named, row by row.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

ALERT_ABOVE = 0.05


@dataclass(frozen=True, order=True)
class Row:
    """A sale as both sides know it. `price` is in the currency's main unit."""

    sold_at: datetime
    key: str
    price: Decimal


@dataclass(frozen=True)
class Pile:
    """How many sales one side has of a month, and their sum."""

    count: int = 0
    total: Decimal = Decimal(0)


@dataclass(frozen=True)
class MonthlyCount:
    """One month on both sides."""

    year: int
    month: int
    store: Pile
    lake: Pile

    @property
    def variance(self) -> float:
        return variance(self.store.count, self.lake.count)

    @property
    def differs(self) -> bool:
        return self.store != self.lake

    @property
    def alerts(self) -> bool:
        return self.variance > ALERT_ABOVE


@dataclass(frozen=True)
class Spread:
    """The prices of a category on one side: tenth, half and nine tenths lie below."""

    count: int
    low: float
    median: float
    high: float

    def away_from(self, other: "Spread") -> float:
        pairs = zip(
            (self.low, self.median, self.high), (other.low, other.median, other.high), strict=True
        )
        return max(variance(one, two) for one, two in pairs)


@dataclass(frozen=True)
class Difference:
    """What one side has and the other has not, each sale as often as it is missing."""

    missing: tuple[Row, ...]
    extra: tuple[Row, ...]


def variance(one: float, two: float) -> float:
    """|a - b| / max(a, b), and 0 when both are 0. Between 0 and 1 for numbers from 0 up."""
    most = max(one, two)
    return abs(one - two) / most if most else 0.0


def months(
    store: Mapping[tuple[int, int], Pile], lake: Mapping[tuple[int, int], Pile]
) -> list[MonthlyCount]:
    """Every month that either side has, oldest first."""
    return [
        MonthlyCount(*month, store.get(month, Pile()), lake.get(month, Pile()))
        for month in sorted({*store, *lake})
    ]


def difference(store: Iterable[Row], lake: Iterable[Row]) -> Difference:
    here, there = Counter(store), Counter(lake)
    return Difference(
        missing=tuple(sorted((here - there).elements())),
        extra=tuple(sorted((there - here).elements())),
    )


def strayed(store: Mapping[str, Spread], lake: Mapping[str, Spread]) -> list[tuple[str, float]]:
    """Categories whose prices are spread differently on the two sides, worst first."""
    found = [
        (category, store[category].away_from(lake[category]))
        for category in store.keys() & lake.keys()
    ]
    return sorted(((c, v) for c, v in found if v > ALERT_ABOVE), key=lambda pair: -pair[1])
