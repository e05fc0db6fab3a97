"""The mark-down ladder: which price on which day, and the chance that it has sold by then. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pricing import rounding
from pricing.velocity import Pace


@dataclass(frozen=True, slots=True)
class Rung:
    """From `day` after listing on the price is `price` (minor units). `sold` by the rung's end."""

    day: int
    price: int
    percent: float  # taken off the first price
    sold: float | None  # chance that it has sold before the next rung; None when unknown


@dataclass(frozen=True, slots=True)
class Ladder:
    """The planned prices. `expected`: revenue in minor units if it is taken off sale at the end."""

    rungs: tuple[Rung, ...]
    end: int
    expected: float | None


Steps = Sequence[tuple[int, float]]  # (days after listing, percent off), rising


def simulate(
    price: int,
    steps: Steps,
    pace: Pace | None,
    points: rounding.Points,
    *,
    dearness: float = 0.0,
    end: int = 120,
) -> Ladder:
    """Walk down the ladder from `price`. `dearness` = log of the first price over the expected one.

    A lower price makes the remaining days count for more (`Pace.elasticity`); a mark-down never
    raises a price.
    """
    planned = sorted(({0: 0.0} | {day: off for day, off in steps if 0 < day < end}).items())
    rungs: list[Rung] = []
    effective, sold_before, revenue, last = 0.0, 0.0, 0.0, price
    for (day, off), until in zip(planned, [*(d for d, _ in planned[1:]), end], strict=True):
        last = min(last, rounding.nearest(price * (1 - off / 100), points) if off else price)
        if pace is not None:
            ratio = dearness + math.log(last / price)
            effective += (until - day) * math.exp(-pace.elasticity * ratio)
            sold = pace.after(effective)
            revenue += (sold - sold_before) * last
            sold_before = sold
        rungs.append(Rung(day, last, off, sold_before if pace else None))
    return Ladder(tuple(rungs), end, revenue if pace else None)
