"""From a model's cosine to the chance that two photos show one item.

Every model spreads its cosines differently, so each has its own numbers. They are weights of
evidence in nats (natural log of the likelihood ratio, even odds assumed); `fitted` learns them
from pairs that staff have decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """Evidence = slope x value + intercept, in nats."""

    slope: float
    intercept: float

    def at(self, values: npt.ArrayLike) -> Floats:
        return self.slope * np.asarray(values, np.float64) + self.intercept


@dataclass(frozen=True)
class Calibration:
    """How much a model's similarities say.

    `cosine` weighs a bare cosine; `contrast` how far a pair stands out from the rest of its batch
    (`neighbourhood.contrast`), used along the shooting order; `shared` the neighbours two photos
    have in common (`neighbourhood.shared`, 0..1, its logarithm), used everywhere else.
    With `is_direct` the cosine itself is the score, as the bands of Titan are meant.
    """

    model: str
    cosine: Line
    contrast: Line
    shared: Line
    source: str
    is_direct: bool = False

    def score(self, cosines: npt.ArrayLike) -> Floats:
        """The chance 0..1 that pairs of these cosines show one item, when both are as likely."""
        if self.is_direct:
            return np.clip(np.asarray(cosines, np.float64), 0, 1)
        return sigmoid(self.cosine.at(cosines))


def sigmoid(nats: npt.ArrayLike) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(nats, -60, 60))), np.float64)


def logit(chances: npt.ArrayLike) -> Floats:
    clipped = np.clip(np.asarray(chances, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


DESCRIPTOR = Calibration(
    model="carousel-descriptor-1",
    cosine=Line(12.0, -8.4),
    contrast=Line(1.35, -1.2),
    shared=Line(1.6, 2.5),
    source="fitted on two public photo sets, clothing and groceries",
)
TITAN = replace(
    DESCRIPTOR, model="amazon.titan-embed-image-v1", is_direct=True, source="bands as given"
)
DEFAULTS = {each.model: each for each in (DESCRIPTOR, TITAN)}


def default_for(model: str) -> Calibration:
    """The stored numbers of a known model; else those that do not depend on a model's scale."""
    return DEFAULTS.get(model) or replace(
        DESCRIPTOR, model=model, source="not fitted to this model yet"
    )


def fitted(
    calibration: Calibration, cosines: Sequence[float], same: Sequence[bool], weight: float = 20.0
) -> Calibration:
    """`calibration` with its cosine line learned from decided pairs.

    The old line stands in for `weight` pairs, so that a few decisions move it only a little.
    Unchanged when all decisions are alike.
    """
    truth = np.asarray(same, bool)
    if truth.all() or not truth.any():
        return calibration
    values = np.asarray(cosines, np.float64)
    anchors = np.linspace(values.min(), values.max(), 21)
    chances = sigmoid(calibration.cosine.at(anchors))
    share = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum()) * len(truth)
    model = LogisticRegression(C=1e4).fit(
        np.concatenate([values, anchors, anchors])[:, None],
        np.concatenate([truth, np.ones(21, bool), np.zeros(21, bool)]),
        np.concatenate([share, weight / 21 * chances, weight / 21 * (1 - chances)]),
    )
    line = Line(float(model.coef_[0, 0]), float(model.intercept_[0]))
    return replace(calibration, cosine=line, source=f"{len(truth)} pairs decided by staff")
