"""Why photos are together, where a group would be cut, and which groups may be one item."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from uuid import UUID

import numpy as np

from grouping import comparing, learning
from grouping.board import pair
from grouping.models import Group, GroupPhoto, Link, Review
from grouping.showing import Shown, shown
from grouping.similarity import cosine_matrix
from imaging.models import Batch, Photo

RULES = {
    "alone": "No other photo is like it.",
    "run": "They look alike and were taken one after the other.",
    "alike": "They look alike, though other photos were taken in between.",
    "decided": "Staff put some of them together before.",
}
BY_HAND = "A person put them together."


@dataclass(frozen=True)
class PairShown:
    """Two photos and how alike they are, 0..1."""

    a: Photo
    b: Photo
    score: float

    @property
    def percent(self) -> int:
        return int(self.score * 100)


@dataclass(frozen=True)
class Why:
    """The evidence for a group, as it is now."""

    rule: str
    weakest: PairShown | None
    strongest: PairShown | None
    minutes: float | None
    model: str


@dataclass(frozen=True)
class Match:
    """Two groups that may be one item."""

    a: Shown
    b: Shown
    score: float

    @property
    def ids(self) -> tuple[UUID, UUID]:
        return self.a.group.pk, self.b.group.pk

    @property
    def sides(self) -> tuple[Shown, Shown]:
        return self.a, self.b

    @property
    def percent(self) -> int:
        return int(self.score * 100)


def why(group: Group) -> Why:
    """As the proposal found it; measured now where a person has chosen the photos."""
    photos = _photos(group)
    found = _proposed(group, photos) or _extremes(_pairs(group, photos))
    times = sorted(photo.taken_at for photo in photos if photo.taken_at)
    gaps = [(b - a).total_seconds() / 60 for a, b in pairwise(times)]
    rule = group.why.get("rule", "")
    return Why(
        rule=BY_HAND if group.touched else RULES.get(rule, rule),
        weakest=found[0],
        strongest=found[1],
        minutes=max(gaps, default=None),
        model=group.why.get("model") or comparing.grouped_by(group.batch),
    )


def _proposed(
    group: Group, photos: Sequence[Photo]
) -> tuple[PairShown | None, PairShown | None] | None:
    """The pairs that the proposal named, if the group still is what was proposed."""
    known = {str(photo.pk): photo for photo in photos}
    told = [group.why.get("weakest"), group.why.get("strongest")]
    if group.touched or not all(told) or any({a, b} - known.keys() for a, b, _ in told):
        return None
    weakest, strongest = (PairShown(known[a], known[b], score) for a, b, score in told)
    return weakest, strongest


def _extremes(found: Sequence[PairShown]) -> tuple[PairShown | None, PairShown | None]:
    return (
        min(found, key=lambda each: each.score, default=None),
        max(found, key=lambda each: each.score, default=None),
    )


def weakest_cut(group: Group) -> tuple[UUID, ...]:
    """The smaller side of the group when its strand is cut at the weakest link; () if it has none.

    The strand is the tree of strongest links that holds all photos together.
    """
    photos = _photos(group)
    links = sorted(_pairs(group, photos), key=lambda each: -each.score)
    side = {photo.pk: photo.pk for photo in photos}
    last: PairShown | None = None
    sides_before = dict(side)
    for link in links:
        one, other = side[link.a.pk], side[link.b.pk]
        if one != other:
            last, sides_before = link, dict(side)
            side = {photo: one if of == other else of for photo, of in side.items()}
    if last is None:
        return ()
    return _smaller(photos, sides_before, sides_before[last.b.pk])


def matches_of(batch: Batch, group: Group) -> list[Match]:
    """Other groups that may be the same item, best first."""
    return [found for found in matches(batch) if group.pk in (found.a.group.pk, found.b.group.pk)][
        :6
    ]


def next_match(batch: Batch, skip: int) -> Match | None:
    found = matches(batch)
    return found[skip % len(found)] if found else None


def matches(batch: Batch) -> list[Match]:
    """The proposal's possible matches that are still two groups and not judged apart."""
    review = Review.objects.filter(batch=batch).first()
    stored = [(UUID(a), UUID(b), score) for a, b, score in review.matches] if review else []
    holders = dict(
        GroupPhoto.objects.filter(photo__batch=batch, group__state="open").values_list(
            "photo", "group"
        )
    )
    apart = _judged_apart(batch)
    wanted: dict[tuple[UUID, UUID], float] = {}
    for a, b, score in stored:
        one, other = holders.get(a), holders.get(b)
        if one and other and one != other and pair(a, b) not in apart:
            wanted.setdefault(pair(one, other), score)
    cards = {
        card.group.pk: card for card in shown(list(Group.objects.filter(pk__in=_flat(wanted))))
    }
    return [
        Match(cards[a], cards[b], score)
        for (a, b), score in wanted.items()
        if a in cards and b in cards
    ]


def _photos(group: Group) -> list[Photo]:
    members = GroupPhoto.objects.filter(group=group, photo__deleted_at=None)
    return [member.photo for member in members.select_related("photo").order_by("position", "id")]


def _pairs(group: Group, photos: Sequence[Photo]) -> list[PairShown]:
    model, calibration = learning.in_review(group.batch)
    vectors = comparing.vectors([photo.pk for photo in photos], model)
    known = [photo for photo in photos if photo.pk in vectors]
    if len(known) < 2:
        return []
    cosines = cosine_matrix(np.stack([np.asarray(vectors[photo.pk]) for photo in known]))
    scores = calibration.score(cosines)
    return [
        PairShown(known[a], known[b], float(scores[a, b]))
        for a, b in combinations(range(len(known)), 2)
    ]


def _smaller(photos: Sequence[Photo], side: dict[UUID, UUID], name: UUID) -> tuple[UUID, ...]:
    there = tuple(photo.pk for photo in photos if side[photo.pk] == name)
    rest = tuple(photo.pk for photo in photos if side[photo.pk] != name)
    return min(there, rest, key=len)


def _judged_apart(batch: Batch) -> set[tuple[UUID, UUID]]:
    standing = Link.objects.standing().filter(a__batch=batch)
    said = {(a, b): verdict for a, b, verdict in standing.values_list("a", "b", "verdict")}
    return {both for both, verdict in said.items() if verdict == Link.Verdict.CANNOT}


def _flat(pairs: dict[tuple[UUID, UUID], float]) -> set[UUID]:
    return {group for both in pairs for group in both}
