"""Prices a shop would write on a tag. Whole numbers of minor units; krónur have no decimals."""

from collections.abc import Sequence

from carousel.products.money import DIGITS

Points = Sequence[tuple[int | None, int]]  # (below this many minor units, step); None = no limit

# Each limit is a multiple of the steps on both of its sides, so rounding keeps the order of prices.
POINTS: dict[int, Points] = {
    0: ((1_000, 50), (5_000, 100), (20_000, 500), (None, 1_000)),
    2: ((1_000, 50), (10_000, 100), (50_000, 500), (None, 1_000)),
    3: ((10_000, 500), (100_000, 1_000), (None, 5_000)),
}


def digits(currency: str) -> int:
    return DIGITS.get(currency, 2)


def points_of(currency: str) -> Points:
    return POINTS[digits(currency)]


def nearest(amount: float, points: Points) -> int:
    """The nearest price point, at least the smallest one."""
    step = _step(amount, points)
    return max(int(amount / step + 0.5) * step, points[0][1])


def down(amount: float, points: Points) -> int:
    step = _step(amount, points)
    return int(amount // step) * step


def up(amount: float, points: Points) -> int:
    step = _step(amount, points)
    return -int(-amount // step) * step


def _step(amount: float, points: Points) -> int:
    return next(step for limit, step in points if limit is None or amount < limit)
