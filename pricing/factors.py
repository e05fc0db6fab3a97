"""What a shop's own sales say about brand, season, condition and the rest, shrunk by sample size.

Pure: `learn` takes sales and returns `Factors`, a value that answers questions in natural logs.
A factor nobody has evidence for is 0 (times 1.0); condition falls back to `DEFAULT_OFFSETS`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pricing import ranks, ridge
from pricing.evidence import Effects
from pricing.traits import (
    CONDITIONS,
    DEFAULT_OFFSETS,
    YEAR,
    Cell,
    Traits,
    condition_of,
    plain,
    quarter_of,
    root,
    standing,
    timed,
)

Array = npt.NDArray[np.float64]
Column = tuple[str, str]

MONTH = 30.0
TIMED = {"season", "season_category", "trend", "trend_category"}
CONDITIONAL = {"condition", "condition_category"}
YEAR_SEEN = 330.0  # days of history before a season is told from a trend
# Rows that a column needs. One sale of a brand already says something, and how much is learned;
# rarer crossings would repeat what its brand says, and make the table long.
RAREST = {"category": 1, "brand": 1, "brand_category": 2, "word": 2}
FEWEST = 30  # sales; below this nothing is learned and every factor is neutral


@dataclass(frozen=True, slots=True)
class Sold:
    """One past sale. `price` in minor units of the shop's currency; `day` since 1970-01-01, UTC."""

    key: str
    day: float
    price: int
    traits: Traits


@dataclass(frozen=True)
class Factors:
    """Natural-log effects with the number of sales behind each. The default knows nothing."""

    effects: dict[Column, float] = field(default_factory=dict)
    counts: dict[Column, int] = field(default_factory=dict)
    intercept: float | None = None  # log of minor units; None = the general level is unknown
    sigma: float = 0.45  # spread of log prices once all is accounted for
    conditions: dict[str, dict[str, float]] = field(default_factory=lambda: {"": DEFAULT_OFFSETS})
    importance: dict[str, float] = field(default_factory=dict)
    sales: int = 0

    def level(self, traits: Traits) -> float:
        """What category, brand, material, words ... add up to, without time and condition."""
        own = [*standing(traits), *ranks.cells(traits, self.rank(traits.brand))]
        return math.fsum(self.effects.get((g, n), 0.0) * v for g, n, v in own)

    def rank(self, brand: str) -> float:
        """How dear the brand is by itself; 0 for an unknown one."""
        return self.effects.get((ranks.RANK, plain(brand)), 0.0)

    def of(self, traits: Traits, day: float) -> Effects:
        return Effects(
            traits=self.level(traits),
            season=self.season(traits, day),
            trend=self.trend(traits, day),
            condition=self.condition(traits),
        )

    def season(self, traits: Traits, day: float) -> float:
        return math.fsum(self.effects.get((g, n), 0.0) * v for g, n, v in timed(traits, day))

    def trend(self, traits: Traits, day: float) -> float:
        months, quarters = self._steps
        top = root(traits.category)
        ours = [(start, effect) for name, start, effect in quarters if name == top]
        return math.fsum(
            [effect * _ramp(day, start, MONTH) for start, effect in months]
            + [effect * _ramp(day, start, 3 * MONTH) for start, effect in ours]
        )

    @cached_property
    def _steps(self) -> tuple[list[tuple[float, float]], list[tuple[str, float, float]]]:
        months = [(float(n), e) for (g, n), e in self.effects.items() if g == "trend"]
        split = [
            (n.rsplit("|", 1), e) for (g, n), e in self.effects.items() if g == "trend_category"
        ]
        return months, [(top, float(start), e) for (top, start), e in split]

    def condition(self, traits: Traits) -> float:
        """Relative to `very_good`; never rises as the condition gets worse."""
        table = self.conditions.get(root(traits.category)) or self.conditions[""]
        return table[condition_of(traits)]

    def behind(self, group: str, name: str) -> int:
        """How many sales are behind one effect."""
        return self.counts.get((group, name), 0)

    def behind_season(self, traits: Traits, day: float) -> int:
        return self.behind("season_category", f"q{quarter_of(day)}|{root(traits.category)}")

    def behind_condition(self, traits: Traits) -> int:
        return self.behind("condition_category", f"{condition_of(traits)}|{root(traits.category)}")


NEUTRAL = Factors()


def _ramp(day: float, start: float, width: float) -> float:
    return min(max((day - start) / width, 0.0), 1.0)


def columns(sold: Sold, first: float, last: float) -> list[tuple[str, str, float]]:
    """Every column of one sale. The months from `first` to `last` are the trend's steps."""
    condition, top = condition_of(sold.traits), root(sold.traits.category)
    return [
        *standing(sold.traits),
        *(timed(sold.traits, sold.day) if last - first >= YEAR_SEEN else ()),
        ("condition", condition, 1.0),
        ("condition_category", f"{condition}|{top}", 1.0),
        *_trend(sold.day, first, last, MONTH, "trend", ""),
        *_trend(sold.day, first, last, 3 * MONTH, "trend_category", f"{top}|"),
    ]


def _trend(
    day: float, first: float, last: float, width: float, group: str, prefix: str
) -> Iterator[tuple[str, str, float]]:
    """A path of small steps: each month may move the level, and the sum is the trend."""
    start = math.ceil(first / width) * width
    while start < min(day, last):
        yield group, f"{prefix}{start:g}", min((day - start) / width, 1.0)
        start += width


def learn(sales: Sequence[Sold]) -> Factors:
    """Learn every factor from these sales, which must be of one currency.

    A log-linear model of price fitted by `ridge.fit`, twice: the second time with the ranks of the
    brands that the first one found. The order of the sales changes nothing.
    """
    if len(sales) < FEWEST:
        return Factors(sales=len(sales))
    ordered = sorted(sales, key=lambda sale: sale.key)
    days = [sale.day for sale in ordered]
    rows = [columns(sale, min(days), max(days)) for sale in ordered]
    logs = np.log([sale.price for sale in ordered])
    offsets = np.array([DEFAULT_OFFSETS[condition_of(sale.traits)] for sale in ordered])
    return _ranked(ordered, rows, logs - offsets)


def _ranked(sales: Sequence[Sold], rows: list[list[Cell]], logs: Array) -> Factors:
    """Fit, rank the brands by what was found, and fit again with where their rank counts."""
    table = ridge.tabulate(rows)
    first = ridge.fit(table, logs, RAREST)
    standings = ranks.without_itself([s.traits.brand for s in sales], table, first, logs)
    pairs = zip(rows, sales, standings, strict=True)
    table_of_both = ridge.tabulate(
        [[*row, *ranks.cells(sale.traits, rank)] for row, sale, rank in pairs]
    )
    second = ridge.fit(table_of_both, logs, RAREST)
    return describe(table_of_both, second, ranks.of_brands(table, first), len(sales))


def describe(
    table: ridge.Table, found: ridge.Fit, standings: Mapping[str, float], sales: int
) -> Factors:
    """Name what the regression found."""
    effects, counts = {}, {}
    for column, effect, count in zip(table.columns, found.coefficients, found.counts, strict=True):
        if effect:
            effects[column], counts[column] = float(effect), int(count)
    effects |= {(ranks.RANK, brand): rank for brand, rank in standings.items()}
    factors = Factors(effects, counts, found.intercept, found.sigma, sales=sales)
    return replace(factors, conditions=conditions(factors), importance=importance(table, found))


def conditions(factors: Factors) -> dict[str, dict[str, float]]:
    """Offsets of the six conditions for the whole shop ("") and for each root category."""
    tops = {
        name.split("|", 1)[1] for group, name in factors.effects if group == "condition_category"
    }
    return {top: _offsets(factors, top) for top in {"", *tops}}


def _offsets(factors: Factors, top: str) -> dict[str, float]:
    raw = [
        DEFAULT_OFFSETS[name]
        + factors.effects.get(("condition", name), 0.0)
        + (factors.effects.get(("condition_category", f"{name}|{top}"), 0.0) if top else 0.0)
        for name in CONDITIONS
    ]
    sizes = [1.0 + factors.behind("condition", name) for name in CONDITIONS]
    return dict(zip(CONDITIONS, falling(raw, sizes), strict=True))


def falling(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest sequence that never rises (pool adjacent violators, weighted least squares)."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (a, wa, na), (b, wb, nb) = blocks[-2:]
            blocks[-2:] = [((a * wa + b * wb) / (wa + wb), wa + wb, na + nb)]
    return [mean for mean, _, length in blocks for _ in range(length)]


def importance(table: ridge.Table, found: ridge.Fit) -> dict[str, float]:
    """How much of the price each trait explains: spread of its part over the sales; sums to 1."""
    parts: dict[str, float] = {}
    for group, index in table.groups().items():
        if group in TIMED | CONDITIONAL:
            continue
        part = table.matrix[:, index] @ found.coefficients[index]
        owner = OWNERS.get(group, group)
        parts[owner] = parts.get(owner, 0.0) + float(np.std(part))
    total = sum(parts.values()) or 1.0
    return {group: part / total for group, part in parts.items()}


OWNERS = {
    "brand_category": "brand",
    "brand_word": "title",
    "word": "title",
    "pair": "title",
    "material_category": "material",
    "size_category": "size",
    "rank_category": "brand",
    "rank_word": "brand",
}

__all__ = ["YEAR", "Factors", "Sold", "learn"]
