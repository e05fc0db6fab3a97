"""How alike two photos are: the cosine of their vectors, and the three bands staff see."""

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
import numpy.typing as npt

SAME = 0.92
LIKELY = 0.85
POSSIBLY = 0.75

Matrix = npt.NDArray[np.float32]


class Band(StrEnum):
    """What a score means: grouped by itself, proposed, to be looked at, or two items."""

    SAME = "same"
    LIKELY = "likely"
    POSSIBLY = "possibly"
    APART = "apart"


class MixedModels(ValueError):
    """Vectors of different models were about to be compared; their cosine means nothing."""


def band(
    score: float, same: float = SAME, likely: float = LIKELY, possibly: float = POSSIBLY
) -> Band:
    """The band of a calibrated score 0..1; a score on a threshold belongs to the band above it."""
    if score >= same:
        return Band.SAME
    if score >= likely:
        return Band.LIKELY
    return Band.POSSIBLY if score >= possibly else Band.APART


def one_model(models: Iterable[str]) -> str:
    """The one model all vectors come from ("" of none); raises `MixedModels`."""
    names = sorted(set(models))
    if len(names) > 1:
        raise MixedModels(f"Vectors of {' and '.join(names)} are never compared.")
    return names[0] if names else ""


def unit(vectors: npt.ArrayLike) -> Matrix:
    """Rows (N, D) of length 1; a row of zeros stays zero. Raises ValueError on NaN or inf."""
    rows = np.asarray(vectors, np.float32)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise ValueError("Vectors form one finite matrix of shape (photos, dimensions).")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)


def cosine_matrix(vectors: npt.ArrayLike) -> Matrix:
    """Cosines (N, N) of the rows of (N, D), within -1..1."""
    rows = unit(vectors)
    return np.asarray(np.clip(rows @ rows.T, -1, 1), np.float32)
