"""The figures of a replay: how far off, which way, how often close, and against rules of thumb.

Pure. Errors are shares: 0.2 is 20 % off. MdAPE is the median of |suggested - sold| / sold.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from pricing.replay import Outcome
from pricing.traits import leaf

BASELINES = ("category", "brand_category", "overall")
BANDS = ((0.25, "lowest quarter"), (0.5, "second quarter"), (0.75, "third quarter"))
MOST_GROUPS = 12
FEWEST_IN_GROUP = 10
TENTHS = 10


@dataclass(frozen=True)
class Figures:
    """The result of a backtest. Money never enters it: every figure is a share or a count."""

    sales: int
    priced: int
    mdape: float | None = None
    bias: float | None = None  # median of (suggested - sold) / sold
    within_10: float | None = None
    within_25: float | None = None
    coverage_80: float | None = None
    width_80: float | None = None  # median of (high - low) / suggested
    baselines: dict[str, float | None] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Group:
    """The same figures for one category, brand or price band."""

    name: str
    figures: Figures


@dataclass(frozen=True)
class Tenth:
    """Of the suggestions that claimed `said` on average, this share was within 25 %."""

    said: float
    was: float
    count: int


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Of these outcomes. The baselines are judged on the same sales that were priced."""
    priced = [each for each in outcomes if each.suggestion.price]
    if not priced:
        return Figures(len(outcomes), 0, baselines=dict.fromkeys(BASELINES))
    errors = np.array([_error(each.suggestion.price or 0, each) for each in priced])
    inside = [_covers(each) for each in priced]
    widths = [_width(each) for each in priced]
    return Figures(
        sales=len(outcomes),
        priced=len(priced),
        mdape=_median(np.abs(errors)),
        bias=_median(errors),
        within_10=_rounded(np.mean(np.abs(errors) <= 0.10)),
        within_25=_rounded(np.mean(np.abs(errors) <= 0.25)),
        coverage_80=_rounded(np.mean(inside)),
        width_80=_median(widths),
        baselines={name: _baseline(name, priced) for name in BASELINES},
    )


def _error(price: float, outcome: Outcome) -> float:
    return price / outcome.sale.price - 1


def _covers(outcome: Outcome) -> bool:
    low, high = outcome.suggestion.low or 0, outcome.suggestion.high or 0
    return low <= outcome.sale.price <= high


def _width(outcome: Outcome) -> float:
    said = outcome.suggestion
    return ((said.high or 0) - (said.low or 0)) / (said.price or 1)


def _baseline(name: str, priced: Iterable[Outcome]) -> float | None:
    errors = [
        abs(_error(each.baselines[name], each)) for each in priced if each.baselines.get(name)
    ]
    return _median(errors) if errors else None


def _median(values: Any) -> float:
    return _rounded(np.median(values))


def _rounded(value: Any) -> float:
    return round(float(value), 4)


def by_category(outcomes: Sequence[Outcome]) -> list[Group]:
    return _grouped(outcomes, lambda each: leaf(each.sale.traits.category) or "no category")


def by_brand(outcomes: Sequence[Outcome]) -> list[Group]:
    return _grouped(outcomes, lambda each: each.sale.traits.brand or "no brand")


def by_price(outcomes: Sequence[Outcome]) -> list[Group]:
    """In four bands of what was truly paid, each currency by itself."""
    prices: dict[str, list[int]] = defaultdict(list)
    for each in outcomes:
        prices[each.suggestion.currency].append(each.sale.price)
    limits = {
        currency: [(float(np.quantile(found, share)), name) for share, name in BANDS]
        for currency, found in prices.items()
    }

    def band(each: Outcome) -> str:
        steps = limits[each.suggestion.currency]
        found = (name for limit, name in steps if each.sale.price <= limit)
        return next(found, "highest quarter")

    return _grouped(outcomes, band)


def _grouped(outcomes: Sequence[Outcome], name: Callable[[Outcome], str]) -> list[Group]:
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for each in outcomes:
        groups[name(each)].append(each)
    largest = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST_GROUPS]
    return [Group(name, figures(each)) for name, each in largest if len(each) >= FEWEST_IN_GROUP]


def reliability(outcomes: Sequence[Outcome]) -> list[Tenth]:
    """What confidence claimed against what happened, in ten equal parts."""
    said = sorted(
        (each.suggestion.confidence, abs(_error(each.suggestion.price or 0, each)) <= 0.25)
        for each in outcomes
        if each.suggestion.price
    )
    if len(said) < 2 * TENTHS:
        return []
    parts = [said[i * len(said) // TENTHS : (i + 1) * len(said) // TENTHS] for i in range(TENTHS)]
    return [
        Tenth(
            _rounded(np.mean([claim for claim, _ in part])),
            _rounded(np.mean([hit for _, hit in part])),
            len(part),
        )
        for part in parts
    ]


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Everything the page and the command show, as JSON."""
    groups = {"category": by_category, "brand": by_brand, "price": by_price}
    return figures(outcomes).as_dict() | {
        "by": {
            name: [{"name": each.name} | each.figures.as_dict() for each in made(outcomes)]
            for name, made in groups.items()
        },
        "reliability": [asdict(each) for each in reliability(outcomes)],
    }
