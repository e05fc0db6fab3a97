"""A pair among its batch: how far it stands out, and how many neighbours it shares.

A cosine of .6 says much among coats of all colours and nothing among milk cartons. Both measures
are read off the batch itself and need no labels, so they carry over to goods never seen.
"""

import numpy as np
import numpy.typing as npt

from grouping.similarity import Matrix

COHORT = 0.2
"""The share of the batch that counts as a photo's look-alikes."""
SPREAD = 0.02
NEAREST = 4
EXPANDED = 3

Floats = npt.NDArray[np.float64]


def contrast(cosines: Matrix) -> Floats:
    """How many spreads a pair's cosine (N, N) lies above what both photos have with look-alikes.

    The symmetric score normalisation of speaker recognition (adaptive S-norm).
    """
    mean, spread = _cohort(cosines)
    by_row = (cosines - mean[:, None]) / spread[:, None]
    return np.asarray((by_row + by_row.T) / 2, np.float64)


def _cohort(cosines: Matrix) -> tuple[Floats, Floats]:
    others = cosines.astype(np.float64)
    np.fill_diagonal(others, -1)
    size = min(max(5, len(others) // 5), max(1, len(others) - 1))
    top = -np.partition(-others, size - 1, axis=1)[:, :size]
    return top.mean(axis=1), top.std(axis=1) + SPREAD


def shared(cosines: Matrix, nearest: int = NEAREST, expanded: int = EXPANDED) -> Floats:
    """Overlap 0..1 (N, N) of the neighbourhoods of two photos.

    k-reciprocal encoding and Jaccard overlap of Zhong et al., "Re-ranking Person
    Re-identification with k-reciprocal Encoding" (2017).
    """
    order = np.argsort(-_with_diagonal(cosines, 2), axis=1, kind="stable")
    encoded = _encoded(cosines, order, nearest)
    encoded = np.stack([encoded[row[:expanded]].mean(axis=0) for row in order])
    overlap = np.stack([np.minimum(row, encoded).sum(axis=1) for row in encoded])
    return np.asarray(overlap / (2 - overlap), np.float64)


def _with_diagonal(matrix: Matrix, value: float) -> Matrix:
    filled = matrix.copy()
    np.fill_diagonal(filled, value)
    return filled


def _encoded(cosines: Matrix, order: npt.NDArray[np.int64], nearest: int) -> Floats:
    """Each photo as weights on the photos that have it among their own nearest, rows sum to 1."""
    wide, narrow = _reciprocal(order, nearest), _reciprocal(order, nearest // 2)
    encoded = np.zeros(cosines.shape)
    for photo, near in enumerate(wide):
        members = set(near)
        for other in near:
            if 3 * len(narrow[other] & near) > 2 * len(narrow[other]):
                members |= narrow[other]
        columns = sorted(members)
        weights = np.exp(6 * cosines[photo, columns].astype(np.float64))
        encoded[photo, columns] = weights / weights.sum()
    return encoded


def _reciprocal(order: npt.NDArray[np.int64], nearest: int) -> list[set[int]]:
    lists = [set(row[: nearest + 1].tolist()) for row in order]
    return [{other for other in near if photo in lists[other]} for photo, near in enumerate(lists)]
