"""Items that the shop has had before: how far each photo of a batch stands out to a product. Pure.

A re-shoot is much more like its old photos than the shop's other things are. As within a batch,
that is measured in spreads above the mean of the photo's look-alikes, so it holds for any model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from grouping.calibration import Calibration, sigmoid
from grouping.neighbourhood import ANCHOR, COHORT, SPREAD, Background
from grouping.similarity import Matrix, unit

BEST = 3
LEAST = 0.5
COMES_BACK = 0.3
"""How many photos in one show an item that the shop has had before: the odds before looking."""
CHUNK = 512

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """Photos of the shop's products: vectors (M, D), and which product each shows (M,)."""

    vectors: npt.ArrayLike
    products: Sequence[str]


@dataclass(frozen=True)
class Found:
    """A photo (its row), a product it may show, and the chance 0..1 that it does."""

    photo: int
    product: str
    score: float


def recognised(vectors: npt.ArrayLike, known: Known, calibration: Calibration) -> list[Found]:
    """At most BEST products for each photo (N, D), of chance LEAST or more, best first."""
    if not known.products:
        return []
    theirs = unit(known.vectors)
    names, product = np.unique(np.asarray(known.products), return_inverse=True)
    found: list[Found] = []
    rows = unit(vectors)
    for start in range(0, len(rows), CHUNK):
        cosines = rows[start : start + CHUNK] @ theirs.T
        chances = _chances(cosines, product, len(names), calibration)
        found += _best(chances, names, start)
    return found


def _chances(
    cosines: Matrix, product: npt.NDArray[np.int64], products: int, calibration: Calibration
) -> Floats:
    best = np.full((len(cosines), products), -1.0)
    for photo, column in enumerate(product):
        best[:, column] = np.maximum(best[:, column], cosines[:, photo])
    if calibration.is_direct:
        return np.asarray(np.clip(best, 0, 1), np.float64)
    mean, spread = _look_alikes(best, calibration.background)
    nats = calibration.contrast.at((best - mean[:, None]) / spread[:, None])
    return sigmoid(nats + np.log(COMES_BACK / products))


def _look_alikes(best: Floats, background: Background | None) -> tuple[Floats, Floats]:
    """Mean and spread of the products that each photo is most like, the very best left out."""
    size = min(max(5, int(COHORT * best.shape[1])), best.shape[1] - 1)
    usual = background or Background(0.8, 0.06)
    if size < 1:
        return np.full(len(best), usual.mean), np.full(len(best), usual.spread)
    top = -np.partition(-best, size, axis=1)[:, : size + 1]
    top = np.sort(top, axis=1)[:, :-1]
    trust = ANCHOR / (ANCHOR + best.shape[1])
    mean = (1 - trust) * top.mean(axis=1) + trust * usual.mean
    spread = (1 - trust) * (top.std(axis=1) + SPREAD) + trust * usual.spread
    return mean, spread


def _best(chances: Floats, names: npt.NDArray[np.str_], start: int) -> list[Found]:
    wanted = min(BEST, chances.shape[1])
    near = np.argsort(-chances, axis=1, kind="stable")[:, :wanted]
    return [
        Found(start + row, str(names[column]), round(float(chances[row, column]), 4))
        for row, columns in enumerate(near)
        for column in columns
        if chances[row, column] >= LEAST
    ]
