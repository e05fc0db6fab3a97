"""From likeness to a score that means the same for every model and every batch.

A score of .92 means that at least 95 of 100 such pairs are one item, .75 that joining them is right
more often than not. Weights of evidence are in nats (natural log of the likelihood ratio).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from grouping.neighbourhood import Background
from grouping.similarity import POSSIBLY, SAME

Floats = npt.NDArray[np.float64]

TRUST = 40.0
"""How many decided pairs the numbers a model came with are worth."""
SURE = 0.95


@dataclass(frozen=True)
class Line:
    """slope x value + intercept, in nats."""

    slope: float
    intercept: float

    def at(self, values: npt.ArrayLike) -> Floats:
        return self.slope * np.asarray(values, np.float64) + self.intercept


@dataclass(frozen=True)
class Calibration:
    """How much a model's likenesses say.

    `cosine`: a bare cosine, when there is no batch to compare with. `run`: the contrast of a pair
    (neighbourhood.py) for lying in one run of the shooting order. `contrast` and the logarithm of
    the `shared` neighbours together, for pairs anywhere. `scale`: from the log odds of a pair to
    those of its score. `background`: usual look-alikes, for batches too small to show their own.
    With `is_direct` the cosine itself is the score, as Titan's bands are meant.
    """

    model: str
    cosine: Line
    run: Line
    contrast: Line
    shared: float
    scale: Line
    source: str
    background: Background | None = None
    is_direct: bool = False

    def score(self, cosines: npt.ArrayLike) -> Floats:
        """The score 0..1 of pairs of which only the cosine is known."""
        if self.is_direct:
            return np.clip(np.asarray(cosines, np.float64), 0, 1)
        return sigmoid(self.scale.at(self.cosine.at(cosines)))

    def rescaled(self, scores: npt.ArrayLike, was: "Calibration") -> Floats:
        """The scores that pairs have by this scale, from those that they had by another."""
        nats = (logit(scores) - was.scale.intercept) / was.scale.slope
        return sigmoid(self.scale.at(nats))

    def scaled(self, chances: npt.ArrayLike) -> Floats:
        """The score 0..1 of pairs that are one item with these chances 0..1."""
        return sigmoid(self.scale.at(logit(chances)))


def sigmoid(nats: npt.ArrayLike) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(nats, -60, 60))), np.float64)


def logit(chances: npt.ArrayLike) -> Floats:
    clipped = np.clip(np.asarray(chances, np.float64), 1e-9, 1 - 1e-9)
    return np.asarray(np.log(clipped / (1 - clipped)), np.float64)


DESCRIPTOR = Calibration(
    model="carousel-descriptor-1",
    cosine=Line(16.0, -11.0),
    run=Line(0.77, 0.80),
    contrast=Line(1.04, 4.1),
    shared=0.63,
    scale=Line(0.52, 2.0),
    source="public photos of clothing and groceries, with changes of light, angle and crop",
    background=Background(0.82, 0.055),
)
TITAN = replace(
    DESCRIPTOR,
    model="amazon.titan-embed-image-v1",
    is_direct=True,
    source="the bands as they are given for this model",
)
DEFAULTS = {each.model: each for each in (DESCRIPTOR, TITAN)}


def default_for(model: str) -> Calibration:
    """The stored numbers of a known model. Another model gets those of the descriptor: contrast
    and shared neighbours have no unit, so they hold until staff's decisions say better."""
    return DEFAULTS.get(model) or replace(
        DESCRIPTOR, model=model, source="not fitted to this model yet", background=None
    )


def refitted(
    calibration: Calibration, scores: Sequence[float], same: Sequence[bool]
) -> Calibration:
    """`calibration` so that its scores mean again what they should, learned from decided pairs.

    `scores` are those that `calibration` gave. Its own numbers weigh as much as TRUST pairs.
    Unchanged when all decisions are alike. A direct model keeps its cosines as they are.
    """
    truth = np.asarray(same, bool)
    if calibration.is_direct or len(truth) == 0 or truth.all() or not truth.any():
        return calibration
    own = np.linspace(-2, 4, 25)
    chances = sigmoid(_meant(own))
    model = LogisticRegression(C=1e4).fit(
        np.concatenate([logit(scores), own, own])[:, None],
        np.concatenate([truth, np.ones(25, bool), np.zeros(25, bool)]),
        np.concatenate([np.ones(len(truth)), TRUST / 25 * chances, TRUST / 25 * (1 - chances)]),
    )
    found = Line(float(model.coef_[0, 0]), float(model.intercept_[0]))
    slope = found.slope / MEANT.slope
    shift = (found.intercept - MEANT.intercept) / MEANT.slope
    scale = Line(calibration.scale.slope * slope, calibration.scale.intercept * slope + shift)
    return replace(calibration, scale=scale, source=f"{len(truth)} pairs decided by staff")


def _line_of_meaning() -> Line:
    """Log odds of the truth by those of the score: even at POSSIBLY, SURE at SAME."""
    low, high = float(logit(POSSIBLY)), float(logit(SAME))
    slope = float(logit(SURE)) / (high - low)
    return Line(slope, -slope * low)


MEANT = _line_of_meaning()


def _meant(score_nats: Floats) -> Floats:
    return MEANT.at(score_nats)
