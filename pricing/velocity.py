"""How long things take to sell, learned from sales that say when they were listed. Pure.

log(days) is taken as normal around the category's typical time, longer for what is dear for what
it is: an accelerated-failure-time model. Only what did sell is seen, so the times err short.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
FEWEST = 15  # sales with both dates; below this nothing is said
PRIOR_SALES = 30.0  # a category's own pace counts half at this many sales
DEFAULT_ELASTICITY = 1.5  # 10 % dearer takes about 15 % longer
ELASTICITY_RANGE = (0.0, 6.0)
PRIOR_STRENGTH = 4.0
ALL = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """How long one sold thing was listed. `dearness` = log of price over what it should cost."""

    category: str  # the root of its path
    days: float
    dearness: float


@dataclass(frozen=True, slots=True)
class Pace:
    """Days to sell at the expected price: their median and log spread; n sales taught it."""

    median: float
    sigma: float
    elasticity: float
    sales: int

    def sold_by(self, days: float, dearness: float = 0.0) -> float:
        """The chance that it has sold after so many days at one price."""
        return self.after(days * math.exp(-self.elasticity * dearness))

    def after(self, effective_days: float) -> float:
        """The same for days that are already counted at the expected price."""
        if effective_days <= 0:
            return 0.0
        return NORMAL.cdf(math.log(effective_days / self.median) / self.sigma)

    def quantile(self, share: float, dearness: float = 0.0) -> float:
        """Days until this share of such things has sold."""
        stretch = math.exp(self.elasticity * dearness)
        return stretch * self.median * math.exp(self.sigma * NORMAL.inv_cdf(share))


def learn(stays: Sequence[Stay]) -> dict[str, Pace]:
    """The pace of the whole shop ("") and of each root category, shrunk to it by sample size."""
    usable = [stay for stay in stays if math.isfinite(stay.days) and stay.days >= 0]
    if len(usable) < FEWEST:
        return {}
    whole = _pace(usable)
    groups = defaultdict(list)
    for stay in usable:
        groups[stay.category].append(stay)
    return {ALL: whole} | {
        name: _shrunk(_pace(group, whole.elasticity), whole)
        for name, group in groups.items()
        if len(group) >= FEWEST
    }


def _pace(stays: Sequence[Stay], elasticity: float | None = None) -> Pace:
    logs = np.log(np.array([max(stay.days, 0.5) for stay in stays]))
    dear = np.clip(np.array([stay.dearness for stay in stays]), -1, 1)
    slope = _slope(logs, dear) if elasticity is None else elasticity
    rest = logs - slope * dear
    middle = float(np.median(rest))
    sigma = max(float(np.std(rest)), 0.1)
    return Pace(math.exp(middle), sigma, slope, len(stays))


def _slope(logs: "np.ndarray[tuple[int], np.dtype[np.float64]]", dear: object) -> float:
    """Least squares, shrunk to the default as if that had been seen with some spread of prices."""
    x = np.asarray(dear) - np.mean(np.asarray(dear))
    strength = float(x @ x)
    raw = float(x @ (logs - logs.mean())) + DEFAULT_ELASTICITY * PRIOR_STRENGTH
    slope = raw / (strength + PRIOR_STRENGTH)
    return min(max(slope, ELASTICITY_RANGE[0]), ELASTICITY_RANGE[1])


def _shrunk(own: Pace, whole: Pace) -> Pace:
    share = own.sales / (own.sales + PRIOR_SALES)
    median = math.exp(share * math.log(own.median) + (1 - share) * math.log(whole.median))
    sigma = share * own.sigma + (1 - share) * whole.sigma
    return Pace(median, sigma, whole.elasticity, own.sales)


def pace_of(paces: Mapping[str, Pace], category: str) -> Pace | None:
    """The pace of a root category, of the whole shop, or None when nothing is known."""
    return paces.get(category) or paces.get(ALL)


def estimate(pace: Pace | None, dearness: float = 0.0) -> dict[str, float]:
    """Median days to sell with the 80 % interval, and how many sales say so; {} when unknown."""
    if pace is None:
        return {}
    return {
        "median": round(pace.quantile(0.5, dearness)),
        "low": round(pace.quantile(0.1, dearness)),
        "high": round(pace.quantile(0.9, dearness)),
        "sales": pace.sales,
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """How the pace did on sales that it had not seen."""

    sales: int
    coverage_80: float
    median_error_days: float


def backtest(earlier: Sequence[Stay], later: Sequence[Stay]) -> Judged | None:
    """Learn from the earlier stays, judge on the later ones; None when nothing can be judged."""
    paces = learn(earlier)
    pairs = [(stay, pace) for stay in later if (pace := pace_of(paces, stay.category))]
    if not pairs:
        return None
    inside = [
        pace.quantile(0.1, stay.dearness)
        <= max(stay.days, 0.5)
        <= pace.quantile(0.9, stay.dearness)
        for stay, pace in pairs
    ]
    errors = [abs(stay.days - pace.quantile(0.5, stay.dearness)) for stay, pace in pairs]
    return Judged(len(pairs), float(np.mean(inside)), float(np.median(errors)))
