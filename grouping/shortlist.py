"""Each photo's nearest in a batch of many thousands, without all numbers of all pairs. Pure.

Candidates come from the directions in which the batch differs most, a sixteenth of the numbers;
true cosines put them in order. On batches like ours every nearest photo is among them.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from sklearn.neighbors import NearestNeighbors

from grouping.similarity import Matrix

DIRECTIONS = 64
CANDIDATES = 12
SAMPLE = 2000
"""Photos that show the directions."""
CHUNK = 512

Places = npt.NDArray[np.int64]


def nearest(rows: Matrix, wanted: int) -> list[list[int]]:
    """For each of the rows (N, D) of length 1: itself, then the `wanted` - 1 nearest others."""
    short = rows @ _directions(rows)
    search = NearestNeighbors(n_neighbors=max(CANDIDATES, wanted), algorithm="brute").fit(short)
    found: Places = search.kneighbors(return_distance=False)
    return [
        [photo, *others[: wanted - 1]]
        for photo, others in enumerate(one for part in _ranked(rows, found) for one in part)
    ]


def _directions(rows: Matrix) -> Matrix:
    """The main components (D, 64) of a sample."""
    sample = rows[np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)]
    size = rows.shape[1]
    last = [max(0, size - DIRECTIONS), size - 1]
    _, vectors = eigh(sample.T @ sample, subset_by_index=last)
    return np.asarray(vectors, np.float32)


def _ranked(rows: Matrix, found: Places) -> Iterator[list[list[int]]]:
    """The candidates of each photo by their cosine, a tie by their place."""
    for start in range(0, len(rows), CHUNK):
        near = np.sort(found[start : start + CHUNK], axis=1)
        cosines = np.einsum("ij,ikj->ik", rows[start : start + CHUNK], rows[near])
        order = np.argsort(-cosines, axis=1, kind="stable")
        yield np.take_along_axis(near, order, axis=1).tolist()
