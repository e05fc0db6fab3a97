"""The score of every pair of photos that may be one item, from likeness and shooting order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix

from grouping import runs
from grouping.calibration import Calibration, logit, sigmoid
from grouping.neighbourhood import EXACT, Neighbourhood, neighbourhood
from grouping.similarity import unit

MATES = 2.5
"""Other photos of its item to expect for each photo: in N photos the odds are MATES in N."""
RETURNS = 0.03
"""How much rarer it is, with a shooting order, that an item comes back after others."""
STRICTEST = 2.0
"""Nats by which full strictness lowers the log odds of every pair's score."""
LEAST = 1e-4

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """Photos in shooting order: vectors (N, D); nats (N,) for an item beginning at each; and the
    `part` (N,) of the stream each lies in. Photos of different parts are never one item."""

    vectors: npt.ArrayLike
    boundary: Floats
    part: Places


@dataclass(frozen=True)
class Method:
    """What goes into the scores. The last four are left out only to measure what they bring.

    `mates` are the other photos of its item to expect for each photo.
    """

    use_order: bool = True
    strictness: float = 0.5
    longest: int = 60
    mates: float = MATES
    use_contrast: bool = True
    use_returns: bool = True
    learn_lengths: bool = True
    centred: bool = True


def pair_scores(
    stream: Stream,
    calibration: Calibration,
    method: Method,
    neighbours: csr_matrix | None = None,
) -> csr_matrix:
    """Scores 0..1, sparse and symmetric (N, N); a pair that is missing is two items."""
    if calibration.is_direct:
        found = _direct(stream, method, neighbours)
    else:
        found = _weighed(stream, calibration, method, neighbours)
    apart = stream.part[found.row] != stream.part[found.col]
    found.data[apart] = 0
    upper = found.tocsr()
    upper.eliminate_zeros()
    return (upper + upper.T).tocsr()


def _weighed(
    stream: Stream, calibration: Calibration, method: Method, neighbours: csr_matrix | None
) -> coo_matrix:
    near = neighbourhood(stream.vectors, calibration.background, neighbours, centred=method.centred)
    strictness = STRICTEST * (2 * method.strictness - 1)
    anywhere = _anywhere(near, calibration, method) if method.use_returns else _none(near)
    if method.use_order:
        anywhere = anywhere.maximum(_along(near, stream, calibration, method))
    found = anywhere.tocoo()
    found.data = sigmoid(calibration.scale.at(logit(found.data)) - strictness)
    return found


def _anywhere(near: Neighbourhood, calibration: Calibration, method: Method) -> csr_matrix:
    """Chances, upper triangle, of pairs that share neighbours, wherever they lie."""
    pairs = coo_matrix(near.shared)
    upper = pairs.row < pairs.col
    a, b = pairs.row[upper].astype(np.int64), pairs.col[upper].astype(np.int64)
    nats = calibration.contrast.at(near.contrast(a, b))
    nats = nats + calibration.shared * np.log(0.02 + pairs.data[upper])
    odds = method.mates / max(len(near.rows) - 1, 1) * (RETURNS if method.use_order else 1)
    return csr_matrix((sigmoid(nats + np.log(odds)), (a, b)), shape=near.shared.shape)


def _along(
    near: Neighbourhood, stream: Stream, calibration: Calibration, method: Method
) -> csr_matrix:
    """Chances, upper triangle, of lying in one run of the shooting order."""
    photos = len(near.rows)
    longest = min(method.longest, photos)
    evidence = np.zeros((photos, longest))
    cosines = near.along(longest)
    for gap in range(1, longest):
        at = np.arange(photos - gap)
        if method.use_contrast:
            contrast = near.contrast(at, at + gap, cosines[at, gap])
            evidence[at, gap] = calibration.run.at(contrast)
        else:
            evidence[at, gap] = calibration.cosine.at(cosines[at, gap]) / 2
    learning = runs.LEARNING if method.learn_lengths else 0
    chances = runs.chances(evidence, stream.boundary, learning)
    chances[:, 0] = 0
    first, gaps = np.nonzero(chances > LEAST)
    pairs = first, first + gaps
    return csr_matrix((chances[first, gaps], pairs), shape=(photos, photos))


def _none(near: Neighbourhood) -> csr_matrix:
    return csr_matrix(near.shared.shape)


def _direct(stream: Stream, method: Method, neighbours: csr_matrix | None) -> coo_matrix:
    """The cosines themselves, upper triangle."""
    rows = unit(stream.vectors)
    if neighbours is None or len(rows) <= EXACT:
        a, b = np.triu_indices(len(rows), 1)
        cosines = (rows @ rows.T)[a, b]
        found = coo_matrix((cosines.astype(np.float64), (a, b)), shape=(len(rows), len(rows)))
    else:
        found = coo_matrix(neighbours.maximum(neighbours.T))
        upper = found.row < found.col
        found = coo_matrix(
            (found.data[upper], (found.row[upper], found.col[upper])), shape=found.shape
        )
    found.data = np.clip(found.data, 0, 1)
    if method.strictness != 0.5:
        shift = STRICTEST * (2 * method.strictness - 1)
        found.data = sigmoid(logit(found.data) - shift)
    return found


def parts_of(cuts: Sequence[bool]) -> Places:
    """The part (N,) each place lies in, where a new part begins at every cut."""
    return np.cumsum(np.asarray(cuts, np.int64)) if len(cuts) else np.zeros(0, np.int64)
