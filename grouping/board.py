"""The review page as plain values: cards of photos, and the difference between two boards. Pure.

An edit is the difference it makes, so taking it back is swapping its two sides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from typing import Any
from uuid import UUID

from carousel.errors import Refused

OPEN, ACCEPTED, REJECTED = "open", "accepted", "rejected"
AUTO, MANUAL, MERGED = "auto", "manual", "merged"
SAME, LIKELY, POSSIBLY, SINGLE = "same", "likely", "possibly", "single"

Pair = tuple[UUID, UUID]


@dataclass(frozen=True)
class Card:
    """One group of photos. A person chose its photos if `touched`, its name if `named`."""

    id: UUID
    name: str
    photos: tuple[UUID, ...]
    kind: str = AUTO
    state: str = OPEN
    confidence: float = 1.0
    weakest: float | None = None
    band: str = SINGLE
    cover: UUID | None = None
    position: float = 0.0
    consignor: str = ""
    named: bool = False
    touched: bool = False
    why: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_by_hand(self) -> bool:
        return self.touched or self.named or self.cover is not None or self.state != OPEN

    @property
    def is_sure(self) -> bool:
        return self.state == OPEN and (self.band == SAME or self.touched)


@dataclass(frozen=True)
class Board:
    """Cards by id, and the photos that a person laid aside. May hold only the cards of one edit.

    `limit` is the most photos one card may hold; `following` tells, for some cards, the position
    of the next card on the page, so that a new card finds its place without moving any other.
    """

    cards: Mapping[UUID, Card]
    aside: frozenset[UUID] = frozenset()
    limit: int = 50
    following: Mapping[UUID, float] = field(default_factory=dict)

    def card(self, group: UUID) -> Card:
        if group not in self.cards:
            raise Refused("That group is no longer there.")
        return self.cards[group]

    def holder(self, photo: UUID) -> Card | None:
        return next((card for card in self.cards.values() if photo in card.photos), None)

    def with_cards(self, *cards: Card) -> "Board":
        """The same board with these cards put in, and gone where no photo is left."""
        together = {**self.cards, **{card.id: card for card in cards}}
        return replace(self, cards={id_: card for id_, card in together.items() if card.photos})


@dataclass(frozen=True)
class Edit:
    """What changed: the touched cards on both sides, and the photos laid aside or taken up."""

    before: Mapping[UUID, Card]
    after: Mapping[UUID, Card]
    aside_before: frozenset[UUID] = frozenset()
    aside_after: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return self.before != self.after or self.aside_before != self.aside_after

    @property
    def groups(self) -> frozenset[UUID]:
        return frozenset(self.before) | frozenset(self.after)

    @property
    def photos(self) -> frozenset[UUID]:
        cards = [*self.before.values(), *self.after.values()]
        return frozenset(_photos(cards)) | self.aside_before | self.aside_after

    @property
    def gone(self) -> frozenset[UUID]:
        return frozenset(self.before) - frozenset(self.after)

    def undone(self) -> "Edit":
        return Edit(self.after, self.before, self.aside_after, self.aside_before)

    def without(self, lost: frozenset[UUID]) -> "Edit":
        """The same edit as if the `lost` photos, deleted since, had never been."""
        return Edit(
            _without(self.before, lost),
            _without(self.after, lost),
            self.aside_before - lost,
            self.aside_after - lost,
        )


def difference(old: Board, new: Board) -> Edit:
    touched = [id_ for id_ in {*old.cards, *new.cards} if old.cards.get(id_) != new.cards.get(id_)]
    return Edit(
        before={id_: old.cards[id_] for id_ in touched if id_ in old.cards},
        after={id_: new.cards[id_] for id_ in touched if id_ in new.cards},
        aside_before=old.aside - new.aside,
        aside_after=new.aside - old.aside,
    )


def apply(board: Board, edit: Edit) -> Board:
    """The board after `edit`, or a refusal when its cards are not as the edit found them."""
    current = {id_: card for id_, card in board.cards.items() if id_ in edit.groups}
    kept = {id_: card for id_, card in board.cards.items() if id_ not in edit.before}
    elsewhere = edit.photos & frozenset(_photos(kept.values()))
    if current != dict(edit.before) or not edit.aside_before <= board.aside or elsewhere:
        raise Refused("These groups have changed since.")
    aside = board.aside - edit.aside_before | edit.aside_after
    return replace(board, cards={**kept, **edit.after}, aside=aside)


def decisions(edit: Edit) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """Pairs of photos that the edit brought together, and pairs that it took apart."""
    together_before, together_after = _pairs(edit.before), _pairs(edit.after)
    return together_after - together_before, together_before - together_after


def between(board: Board, groups: Sequence[UUID]) -> frozenset[Pair]:
    """Every pair of photos that lie in two different ones of these groups."""
    cards = [board.card(group) for group in groups]
    return frozenset(
        pair(one, other)
        for first, second in combinations(cards, 2)
        for one in first.photos
        for other in second.photos
    )


def side_to_json(cards: Mapping[UUID, Card], aside: frozenset[UUID]) -> dict[str, Any]:
    return {
        "cards": {str(id_): _card_to_json(card) for id_, card in cards.items()},
        "aside": sorted(str(photo) for photo in aside),
    }


def edit_from_json(before: Mapping[str, Any], after: Mapping[str, Any]) -> Edit:
    return Edit(
        _cards_from_json(before["cards"]),
        _cards_from_json(after["cards"]),
        frozenset(UUID(photo) for photo in before["aside"]),
        frozenset(UUID(photo) for photo in after["aside"]),
    )


def pair(one: UUID, other: UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def _pairs(cards: Mapping[UUID, Card]) -> frozenset[Pair]:
    return frozenset(
        pair(one, other) for card in cards.values() for one, other in combinations(card.photos, 2)
    )


def _photos(cards: Iterable[Card]) -> Iterator[UUID]:
    return (photo for card in cards for photo in card.photos)


def _without(cards: Mapping[UUID, Card], lost: frozenset[UUID]) -> dict[UUID, Card]:
    rest = {}
    for id_, card in cards.items():
        photos = tuple(photo for photo in card.photos if photo not in lost)
        if photos:
            rest[id_] = replace(card, photos=photos, cover=_kept(card.cover, photos))
    return rest


def _kept(cover: UUID | None, photos: tuple[UUID, ...]) -> UUID | None:
    return cover if cover in photos else None


def _card_to_json(card: Card) -> dict[str, Any]:
    return {
        **asdict(card),
        "id": str(card.id),
        "photos": [str(photo) for photo in card.photos],
        "cover": str(card.cover) if card.cover else None,
        "why": dict(card.why),
    }


def _cards_from_json(stored: Mapping[str, Any]) -> dict[UUID, Card]:
    return {UUID(id_): _card_from_json(card) for id_, card in stored.items()}


def _card_from_json(stored: Mapping[str, Any]) -> Card:
    return Card(
        **{
            **stored,
            "id": UUID(stored["id"]),
            "photos": tuple(UUID(photo) for photo in stored["photos"]),
            "cover": UUID(stored["cover"]) if stored["cover"] else None,
        }
    )
