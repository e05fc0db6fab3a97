"""The words of the price engine as values: rules, evidence in, suggestion out. Pure.

Prices are minor units of a currency, days count from 1970-01-01 UTC, effects are natural logs.
"""

import math
from dataclasses import dataclass, field

from pricing import rounding

NORMAL_80 = 1.2815515655446004  # z of the 90th percentile: 80 % lie between -z and z


@dataclass(frozen=True, slots=True)
class Rules:
    """A shop's settings. Days, similarities 0-1, spreads in natural logs."""

    currency: str = "ISK"
    window_days: float = 90
    floor: float = 0.70  # a picture must be more similar than this
    described_floor: float = 0.30  # the same for evidence by description
    top: int = 20
    half_life_days: float = 45
    enough: int = 6  # fewer in the category: its parent is asked; fewer pictures: descriptions are
    minimum: int = 3  # comparables in use; with fewer there is no price
    prior_weight: float = 2.0  # what all sales say counts as much as this many perfect comparables
    described_prior: float = 8.0  # the same by description: what it says is in the factors already
    outlier_spreads: float = 3.5
    outlier_least: float = math.log(2)  # never call anything an outlier within a factor of two
    quality_reach: float = 0.05  # the picture's quality moves the price by 5 % at most
    widest: float = 1.1  # with a wider spread than this there is no price
    points: rounding.Points | None = None  # the shop's price points; None = the currency's


@dataclass(frozen=True, slots=True)
class Effects:
    """What moves a price, in natural logs: 0.1 is about 10 % dearer."""

    traits: float = 0.0
    season: float = 0.0
    trend: float = 0.0
    condition: float = 0.0

    @property
    def total(self) -> float:
        return math.fsum((self.traits, self.season, self.trend, self.condition))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A past sale that may stand as a comparable. `price` in minor units, `similarity` 0-1."""

    key: str
    price: int
    currency: str
    day: float
    similarity: float
    effects: Effects = Effects()
    basis: str = "picture"  # or "description"
    struck: str = ""  # why a person took it out; empty = nobody did


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be priced. `quality` of its pictures 0-1, None when it could not be judged."""

    day: float
    effects: Effects = Effects()
    quality: float | None = None
    general: float | None = None  # log price of the shop's typical sale, freed of effects
    sigma: float = 0.45  # spread of log prices that the effects leave unexplained
    seen: dict[str, int] = field(default_factory=dict)  # sales behind each effect


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the backtest: how many spreads below and above hold 80 % of the true prices."""

    low: float = -NORMAL_80
    high: float = NORMAL_80
    curve: tuple[tuple[float, float], ...] = ()  # (said, was right) pairs, both rising
    sales: int = 0


STANDARD = Rules()
UNCALIBRATED = Calibration()


@dataclass(frozen=True, slots=True)
class Weighed:
    """A comparable after weighing. `share` of all weights; `adjusted` in minor units, unrounded."""

    key: str
    price: int
    day: float
    similarity: float
    basis: str
    recency: float = 0.0
    weight: float = 0.0
    share: float = 0.0
    adjusted: float | None = None
    excluded: str = ""  # struck, currency, price, window, similarity, beyond, outlier
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the waterfall: `after` = the one before x `factor`, minor units; from n sales."""

    name: str
    factor: float
    after: float
    n: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A price with its evidence, or no price and why. Prices in minor units of `currency`."""

    currency: str
    comparables: tuple[Weighed, ...]
    price: int | None = None
    low: int | None = None
    high: int | None = None
    unrounded: float | None = None
    confidence: float = 0.0  # chance that the sale lies within 25 % of the price
    spread: float = 0.0  # expected error, natural log, one standard deviation
    effective: float = 0.0  # how many equally weighted comparables this evidence is worth
    lines: tuple[Line, ...] = ()
    silence: str = ""  # no_category, no_sales, too_few, too_wide; empty when there is a price
    basis: str = ""  # picture, description, mixed

    @property
    def used(self) -> list[Weighed]:
        return [each for each in self.comparables if not each.excluded]
