"""Which photos are one item: the whole proposal, from vectors, shooting order and decisions.

First the stream is cut into runs of one item (runs.py), then what came back later is joined
(joining.py). Pure and deterministic: the same facts give the same proposal.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from grouping import similarity
from grouping.calibration import Calibration
from grouping.joining import Rules, joined, table
from grouping.order import Moment, shooting_order
from grouping.scoring import Method, Stream, pair_scores
from grouping.similarity import Band

Floats = npt.NDArray[np.float64]
Link = tuple[str, str]

TAG_CUTS = 60.0
"""Nats: nothing that photos look like outweighs a tag between them."""
NO_TAG = -6.0
"""Nats for a new item where no tag stands, in a batch whose items are parted by tags."""
ITEM_OF_A_TAG = 12
"""A stretch between two tags with more photos than this is a consignor's, not one item's."""


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
    """`floor` is the least score of a pair in a group, `largest` the most photos of one group.

    `strictness` 0..1: .5 as calibrated, 1 joins only the surest. With `tags_part_items` a tag
    stands between any two items; else it only stands between consignors. `method` is for measuring
    what each ingredient brings; its order, strictness and length are taken from here.
    """

    use_order: bool = True
    floor: float = similarity.POSSIBLY
    same: float = similarity.SAME
    likely: float = similarity.LIKELY
    largest: int = 60
    strictness: float = 0.5
    tags_part_items: bool = True
    method: Method = field(default_factory=Method)


@dataclass(frozen=True)
class Pair:
    """Two photos and their score 0..1."""

    a: str
    b: str
    score: float


@dataclass(frozen=True)
class ProposedGroup:
    """Photos of one item in shooting order.

    `confidence` is the mean score of its pairs, 1 if alone; `rule` one of alone, run (one stretch
    of the order), alike, decided (by staff); `max_time_gap` the longest pause between two of its
    photos in seconds, None where unknown.
    """

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
    neighbours: Mapping[str, Mapping[str, float]] | None = None,
) -> Proposal:
    """Groups of photos that show one item. Raises `similarity.MixedModels`.

    `must` and `cannot` are pairs of ids that staff put together or apart; where they contradict
    each other, apart wins. `neighbours` gives each photo's nearest with their cosines, for batches
    of many thousands; without it all pairs of a batch are looked at.
    """
    options = options or ClusterOptions()
    similarity.one_model(photo.model for photo in photos if not photo.is_tag)
    order = shooting_order([Moment(p.index, p.sequence, p.taken_at) for p in photos])
    walk = _Walk([photos[at] for at in order.sequence], order.boundary(), options)
    tags = tuple(photo.id for photo in walk.photos if photo.is_tag)
    if not walk.items:
        return Proposal((), (), tags)
    place = {photo.id: at for at, photo in enumerate(walk.items)}
    rules = Rules(options.floor, options.largest, _placed(must, place), _placed(cannot, place))
    near = _sparse(neighbours, place) if neighbours is not None else None
    scores = pair_scores(walk.stream(), calibration, _method(options), near)
    members = joined(scores, rules)
    describe = _Describer(walk, scores, options, _ties(rules))
    groups = tuple(describe.group(group) for group in members)
    return Proposal(groups, _suggestions(members, scores, rules, options), tags)


class _Walk:
    """The photos in shooting order, tags taken out: which part each lies in, and whose it is."""

    def __init__(
        self, photos: Sequence[PhotoFacts], boundary: Floats, options: ClusterOptions
    ) -> None:
        self.photos = photos
        self.items = [photo for photo in photos if not photo.is_tag]
        self._pauses = [
            nats for photo, nats in zip(photos, boundary, strict=True) if not photo.is_tag
        ]
        self._options = options
        self.part, self.consignors = self._parts()

    def stream(self) -> Stream:
        vectors = np.stack([np.asarray(photo.vector, np.float32) for photo in self.items])
        return Stream(vectors, self._boundary(), self.part)

    def _parts(self) -> tuple[npt.NDArray[np.int64], list[str | None]]:
        part, parts, consignors = 0, [], []
        consignor: str | None = None
        for photo in self.photos:
            if photo.is_tag:
                part, consignor = part + 1, photo.consignor
            else:
                parts.append(part)
                consignors.append(photo.consignor or consignor)
        return np.asarray(parts, np.int64), consignors

    def _boundary(self) -> Floats:
        sizes = np.bincount(self.part)[self.part]
        begins = np.diff(self.part, prepend=self.part[:1]) != 0
        by_tag = self._options.tags_part_items and self.part.max(initial=0) > 0
        inside = np.where(by_tag & (self.part > 0) & (sizes <= ITEM_OF_A_TAG), NO_TAG, 0.0)
        return np.where(begins, TAG_CUTS, np.asarray(self._pauses) + inside)


class _Describer:
    """Says of each group how sure it is, and why."""

    def __init__(
        self, walk: _Walk, scores: csr_matrix, options: ClusterOptions, tied: set[int]
    ) -> None:
        self.walk, self.scores, self.options, self.tied = walk, scores, options, tied

    def group(self, members: list[int]) -> ProposedGroup:
        ids = tuple(self.walk.items[at].id for at in members)
        consignor = next(filter(None, (self.walk.consignors[at] for at in members)), None)
        if len(members) == 1:
            return ProposedGroup(ids, 1.0, None, None, None, "alone", consignor, None)
        rows, columns = np.triu_indices(len(members), 1)
        values = table(self.scores, members, members)[rows, columns]
        weakest, strongest = (
            Pair(ids[rows[at]], ids[columns[at]], float(values[at]))
            for at in (int(values.argmin()), int(values.argmax()))
        )
        confidence = float(values.mean())
        return ProposedGroup(
            ids=ids,
            confidence=confidence,
            weakest=weakest,
            strongest=strongest,
            band=self._band(confidence),
            rule=self._rule(members),
            consignor=consignor,
            max_time_gap=self._longest_pause(members),
        )

    def _band(self, confidence: float) -> Band:
        band = similarity.band(
            confidence, self.options.same, self.options.likely, self.options.floor
        )
        return Band.POSSIBLY if band is Band.APART else band

    def _rule(self, members: list[int]) -> str:
        if self.tied & set(members):
            return "decided"
        in_one_go = members == list(range(members[0], members[0] + len(members)))
        return "run" if self.options.use_order and in_one_go else "alike"

    def _longest_pause(self, members: list[int]) -> float | None:
        times = [taken for at in members if (taken := self.walk.items[at].taken_at)]
        if len(times) < len(members):
            return None
        return max((b - a).total_seconds() for a, b in pairwise(sorted(times)))


def _suggestions(
    members: list[list[int]], scores: csr_matrix, rules: Rules, options: ClusterOptions
) -> tuple[Suggestion, ...]:
    """Pairs of groups that the floor or the size kept apart though photos of theirs are alike.

    Each photo of the smaller group counts with its best partner in the other.
    """
    group_of = {photo: at for at, group in enumerate(members) for photo in group}
    pairs = scores.tocoo()
    close = (pairs.data >= options.floor) & (pairs.row < pairs.col)
    near = {
        (min(a, b), max(a, b))
        for a, b in (
            (group_of[i], group_of[j])
            for i, j in zip(pairs.row[close], pairs.col[close], strict=True)
        )
        if a != b
    }
    barred = {tuple(sorted((group_of[a], group_of[b]))) for a, b in rules.cannot}
    found = []
    for a, b in sorted(near - barred):
        score = _likeness(table(scores, members[a], members[b]))
        if score >= options.floor:
            band = similarity.band(score, options.same, options.likely, options.floor)
            found.append(Suggestion(a, b, score, band))
    return tuple(sorted(found, key=lambda each: (-each.score, each.a, each.b)))


def _likeness(between: Floats) -> float:
    across = between if between.shape[0] <= between.shape[1] else between.T
    return float(across.max(axis=1).mean())


def _method(options: ClusterOptions) -> Method:
    return replace(
        options.method,
        use_order=options.use_order,
        strictness=options.strictness,
        longest=options.largest,
    )


def _placed(links: Collection[Link], place: Mapping[str, int]) -> list[tuple[int, int]]:
    return sorted((place[a], place[b]) for a, b in links if a in place and b in place)


def _ties(rules: Rules) -> set[int]:
    return {photo for pair in rules.must for photo in pair}


def _sparse(neighbours: Mapping[str, Mapping[str, float]], place: Mapping[str, int]) -> csr_matrix:
    found = [
        (place[a], place[b], cosine)
        for a, others in neighbours.items()
        for b, cosine in others.items()
        if a in place and b in place and a != b
    ]
    rows, columns, cosines = zip(*found, strict=True) if found else ((), (), ())
    return csr_matrix((cosines, (rows, columns)), shape=(len(place), len(place)))
