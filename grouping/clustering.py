"""Which photos are one item: the whole proposal, from vectors, shooting order and decisions.

First the stream is cut into runs of one item (`runs.py`), then what came back later is joined
(`joining.py`). Pure and deterministic: the same facts give the same proposal.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from grouping import neighbourhood, runs, similarity
from grouping.calibration import Calibration, logit, sigmoid
from grouping.joining import Rules, joined
from grouping.order import Moment, ShootingOrder, shooting_order
from grouping.similarity import Band, Matrix

Floats = npt.NDArray[np.float64]
Link = tuple[str, str]

MATES = 2.5
"""Other photos of the same item to expect for each photo: without order, the odds are MATES in N."""


@dataclass(frozen=True)
class PhotoFacts:
    """What grouping knows of a photo. `vector` (D,) comes from `model`; `index` counts from 0."""

    id: str
    vector: npt.ArrayLike
    model: str
    index: int
    sequence: str = ""
    taken_at: datetime | None = None
    is_tag: bool = False
    consignor: str | None = None


@dataclass(frozen=True)
class ClusterOptions:
    """`floor` is the least score of a pair in a group; `largest` the most photos of one group.

    `strictness` 0..1 moves all evidence: .5 as fitted, 1 joins only the surest.
    """

    use_order: bool = True
    floor: float = similarity.POSSIBLY
    same: float = similarity.SAME
    likely: float = similarity.LIKELY
    largest: int = 60
    strictness: float = 0.5


@dataclass(frozen=True)
class Pair:
    """Two photos and their score 0..1."""

    a: str
    b: str
    score: float


@dataclass(frozen=True)
class ProposedGroup:
    """Photos of one item in shooting order. `confidence` is the mean score of its pairs, 1 if alone;
    `max_time_gap` the longest pause between two of them in seconds, None where unknown."""

    ids: tuple[str, ...]
    confidence: float
    weakest: Pair | None
    strongest: Pair | None
    band: Band | None
    rule: str
    consignor: str | None
    max_time_gap: float | None


@dataclass(frozen=True)
class Suggestion:
    """Two groups, by their places in the proposal, that may be one item."""

    a: int
    b: int
    score: float
    band: Band


@dataclass(frozen=True)
class Proposal:
    """Groups in shooting order; `tags` are the ids of the photos that only mark a boundary."""

    groups: tuple[ProposedGroup, ...]
    suggestions: tuple[Suggestion, ...]
    tags: tuple[str, ...]


def propose(
    photos: Sequence[PhotoFacts],
    *,
    calibration: Calibration,
    options: ClusterOptions | None = None,
    must: Collection[Link] = (),
    cannot: Collection[Link] = (),
) -> Proposal:
    """Groups of photos that show one item. Raises `similarity.MixedModels`."""
    options = options or ClusterOptions()
    similarity.one_model([p.model for p in photos if not p.is_tag])
    order = shooting_order([Moment(p.index, p.sequence, p.taken_at) for p in photos])
    stream = [photos[at] for at in order.sequence]
    items = [p for p in stream if not p.is_tag]
    if not items:
        return Proposal((), (), tuple(p.id for p in stream))
    place = {p.id: at for at, p in enumerate(items)}
    rules = Rules(options.floor, options.largest, _placed(must, place), _placed(cannot, place))
    scores = pair_scores(items, order, calibration, options)
    members = joined(scores, rules)
    groups = tuple(_group(items, group, scores, options) for group in members)
    return Proposal(groups, (), tuple(p.id for p in stream if p.is_tag))


def pair_scores(
    items: Sequence[PhotoFacts],
    order: ShootingOrder,
    calibration: Calibration,
    options: ClusterOptions,
) -> Floats:
    """Scores 0..1 (N, N) of all pairs of photos in shooting order."""
    cosines = similarity.cosine_matrix(np.stack([np.asarray(p.vector) for p in items]))
    strictness = (options.strictness - 0.5) * 4
    if calibration.is_direct:
        return np.asarray(sigmoid(logit(cosines) - strictness), np.float64)
    shared = neighbourhood.shared(cosines)
    base = np.log(MATES / max(len(items) - 1, 1))
    later = calibration.shared.at(np.log(0.02 + shared)) - strictness + base * 0.5
    if not options.use_order:
        return sigmoid(later)
    evidence = calibration.contrast.at(neighbourhood.contrast(cosines)) - strictness
    together = _along(evidence, options.largest)
    return 1 - (1 - together) * (1 - sigmoid(later))


def _along(evidence: Floats, largest: int) -> Floats:
    photos = len(evidence)
    longest = min(largest, photos)
    band = np.zeros((photos, longest))
    for gap in range(1, longest):
        band[: photos - gap, gap] = np.diagonal(evidence, gap)
    chances = runs.chances(band, np.zeros(photos))
    together = np.eye(photos)
    for gap in range(1, longest):
        at = np.arange(photos - gap)
        together[at, at + gap] = together[at + gap, at] = chances[: photos - gap, gap]
    return together


def _placed(links: Collection[Link], place: dict[str, int]) -> list[tuple[int, int]]:
    return sorted((place[a], place[b]) for a, b in links if a in place and b in place)


def _group(
    items: Sequence[PhotoFacts], members: list[int], scores: Floats, options: ClusterOptions
) -> ProposedGroup:
    ids = tuple(items[at].id for at in members)
    if len(members) == 1:
        return ProposedGroup(ids, 1.0, None, None, None, "alone", items[members[0]].consignor, None)
    rows, columns = np.triu_indices(len(members), 1)
    values = scores[np.ix_(members, members)][rows, columns]
    weakest, strongest = (
        Pair(ids[rows[at]], ids[columns[at]], float(values[at]))
        for at in (int(values.argmin()), int(values.argmax()))
    )
    confidence = float(values.mean())
    band = similarity.band(confidence, options.same, options.likely, options.floor)
    return ProposedGroup(ids, confidence, weakest, strongest, band, "alike", None, None)
