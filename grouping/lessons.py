"""Pairs of photos whose truth staff have told, and how right a floor would be about them. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grouping.calibration import Calibration
from grouping.order import Moment, shooting_order
from grouping.scoring import Method, Stream, pair_scores
from imaging.models import Photo

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TELLING = 0.02
"""Pairs of two items that score less than this teach nothing: there are too many of them."""
FLOORS = tuple(round(0.6 + 0.01 * n, 2) for n in range(31))


@dataclass(frozen=True, eq=False)
class Lesson:
    """Scores 0..1 (N,) that pairs of one batch had, and which of them are one item (N,)."""

    scores: Floats
    same: Flags


@dataclass(frozen=True)
class Measured:
    """Of the pairs said to be one item, how many are; of those that are, how many are said."""

    precision: float
    recall: float
    f1: float
    said: int = 0
    right: int = 0
    true: int = 0


def lesson(
    photos: Sequence[Photo],
    vectors: npt.NDArray[np.float32],
    groups: Sequence[Hashable],
    calibration: Calibration,
) -> Lesson | None:
    """What one batch teaches: its photos, their vectors (N, D), the group that each ended in."""
    order = shooting_order([Moment(p.index, p.filename, p.taken_at) for p in photos])
    at = list(order.sequence)
    stream = Stream(vectors[at], order.boundary(), np.zeros(len(at), np.int64))
    scores = pair_scores(stream, calibration, Method())
    numbers = {group: n for n, group in enumerate(dict.fromkeys(groups))}
    items = np.asarray([numbers[groups[each]] for each in at])
    rows, columns = np.triu_indices(len(at), 1)
    found = np.asarray(scores[rows, columns]).ravel()
    same = items[rows] == items[columns]
    telling = same | (found >= TELLING)
    return Lesson(found[telling], same[telling]) if same.any() else None


def measured(taught: Sequence[Lesson], floor: float) -> Measured:
    """How right it is to say "one item" of every pair from `floor` on."""
    said = sum(int((each.scores >= floor).sum()) for each in taught)
    right = sum(int(((each.scores >= floor) & each.same).sum()) for each in taught)
    true = sum(int(each.same.sum()) for each in taught)
    return _measured(said, right, true)


def together(parts: Sequence[Measured]) -> Measured:
    return _measured(
        sum(each.said for each in parts),
        sum(each.right for each in parts),
        sum(each.true for each in parts),
    )


def best_floor(taught: Sequence[Lesson], floor: float) -> float:
    """The floor with the best F1 of pairs; the one of now unless another is truly better."""
    now = measured(taught, floor).f1
    found = max(FLOORS, key=lambda each: (measured(taught, each).f1, -abs(each - floor)))
    return found if measured(taught, found).f1 > now + 0.002 else floor


def _measured(said: int, right: int, true: int) -> Measured:
    precision = right / said if said else 1.0
    recall = right / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Measured(round(precision, 4), round(recall, 4), round(f1, 4), said, right, true)
