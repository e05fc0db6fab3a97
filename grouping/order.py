"""The order in which photos were taken: staff shoot item after item.

The order never decides: it is a prior, in nats, that likeness must carry over the line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NUMBERS = re.compile(r"(\d+)")
LONG_PAUSE = 4.0
"""A pause this many times the median counts as a change of item; shorter ones say little."""
MOST_BY_TIME = 1.5


@dataclass(frozen=True)
class Moment:
    """What is known of when a photo was taken. `index` is its place in the upload, from 0."""

    index: int
    name: str = ""
    taken_at: datetime | None = None


@dataclass(frozen=True)
class ShootingOrder:
    """`sequence[k]` is the photo taken k-th; `seconds[k]` the pause before it (NaN: unknown)."""

    sequence: tuple[int, ...]
    seconds: tuple[float, ...]
    source: str

    def boundary(self) -> Floats:
        """Nats for a new item beginning at each place (N,), from the pauses alone."""
        pauses = np.asarray(self.seconds, np.float64)
        known = pauses[np.isfinite(pauses) & (pauses > 0)]
        if len(known) < 3:
            return np.zeros(len(pauses))
        ratio = np.log(np.maximum(pauses, 1) / np.median(known)) / np.log(LONG_PAUSE)
        return np.where(np.isfinite(ratio), np.clip(ratio, -1, 1) * MOST_BY_TIME, 0.0)


def shooting_order(moments: Sequence[Moment]) -> ShootingOrder:
    """Capture time where every photo has one; else numbers in the file names, if they all have
    their own; else the order of the upload. Ties fall back on the next of these."""
    source = _source(moments)
    sequence = sorted(range(len(moments)), key=lambda each: _key(moments[each], source))
    return ShootingOrder(tuple(sequence), tuple(_pauses(moments, sequence)), source)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which IMG_9 comes before IMG_10."""
    parts = NUMBERS.split(name.casefold())
    return tuple((1, int(p), "") if p.isdigit() else (0, 0, p) for p in parts if p)


def _source(moments: Sequence[Moment]) -> str:
    if moments and all(each.taken_at for each in moments):
        return "time"
    names = [each.name for each in moments]
    stems = {NUMBERS.sub("#", name.casefold()) for name in names}
    if len(stems) == 1 and len(set(names)) == len(names) and "#" in stems.pop():
        return "name"
    return "upload"


def _key(moment: Moment, source: str) -> tuple[object, ...]:
    if source == "time" and moment.taken_at is not None:
        return (moment.taken_at.timestamp(), natural(moment.name), moment.index)
    if source == "name":
        return (natural(moment.name), moment.index)
    return (moment.index,)


def _pauses(moments: Sequence[Moment], sequence: Sequence[int]) -> list[float]:
    times = [t.timestamp() if (t := moments[each].taken_at) else np.nan for each in sequence]
    return [np.nan, *(b - a for a, b in pairwise(times))] if times else []
