"""Learn from a backtest what "80 %" and "sure" must mean to be true. Pure.

The range is normalised conformal prediction (Lei et al. 2018): the errors of earlier suggestions,
each divided by the spread that was expected of it, give the multiples of the spread that hold 80 %.
"""

import math
from collections.abc import Sequence

import numpy as np
from sklearn.isotonic import IsotonicRegression

from pricing.engine import CLOSE, said_of
from pricing.evidence import Calibration, Suggestion

FEWEST = 40  # outcomes; below this the normal distribution has to do
FEWEST_FOR_CURVE = 200
KNOTS = 12


def calibrate(outcomes: Sequence[tuple[Suggestion, int]]) -> Calibration:
    """From (suggestion, true price in minor units) pairs; those without a price are left out."""
    priced = [(s, math.log(true / s.unrounded)) for s, true in outcomes if s.unrounded]
    if len(priced) < FEWEST:
        return Calibration(sales=len(priced))
    scores = sorted(error / s.spread for s, error in priced)
    low, high = _tail(scores, 0.10), _tail(scores, 0.90)
    curve = _curve(priced, high - low) if len(priced) >= FEWEST_FOR_CURVE else ()
    return Calibration(min(low, 0.0), max(high, 0.0), curve, len(priced))


def _tail(scores: Sequence[float], share: float) -> float:
    """The conformal quantile: one more than n counts, so that small samples err outwards."""
    n = len(scores)
    rank = math.floor(share * (n + 1)) if share < 0.5 else math.ceil(share * (n + 1))
    return scores[min(max(rank - 1, 0), n - 1)]


def _curve(
    priced: Sequence[tuple[Suggestion, float]], width: float
) -> tuple[tuple[float, float], ...]:
    """Said chance of being close -> share that was close, never falling."""
    said = np.array([said_of(s.spread, width) for s, _ in priced])
    close = np.array([abs(math.exp(-error) - 1) <= CLOSE for _, error in priced], dtype=float)
    smooth = IsotonicRegression(y_min=0.0, y_max=1.0).fit(said, close)
    knots = np.unique(np.quantile(said, np.linspace(0, 1, KNOTS)))
    return tuple((float(x), float(smooth.predict([x])[0])) for x in knots)
