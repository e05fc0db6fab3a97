"""The edits a person can make to a board. Pure: a board and what is wanted in, a board out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from statistics import fmean
from uuid import UUID

from carousel.errors import Refused
from grouping.board import (
    ACCEPTED,
    LIKELY,
    MANUAL,
    MERGED,
    OPEN,
    REJECTED,
    SINGLE,
    Board,
    Card,
)

LONGEST_NAME = 120
MERGED_NAME = "Merged: "


def rename(board: Board, group: UUID, name: str) -> Board:
    clean = " ".join(name.split())
    if not clean:
        raise Refused("A group needs a name.")
    if len(clean) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} letters; this one has {len(clean)}.")
    card = board.card(group)
    return board.with_cards(card if clean == card.name else replace(card, name=clean, named=True))


def split_off(board: Board, group: UUID, photos: Sequence[UUID], new: UUID) -> Board:
    """Take some photos out of a group, into a new group right after it."""
    card = board.card(group)
    chosen = [photo for photo in card.photos if photo in photos]
    if len(chosen) != len(set(photos)):
        raise Refused("Those photos are not all in this group any more.")
    if not chosen or len(chosen) == len(card.photos):
        raise Refused("Choose some of the group's photos, but not all of them.")
    return form(board, chosen, new)


def split_up(board: Board, group: UUID, ids: Callable[[], UUID]) -> Board:
    """Make each photo of a group a group of its own: "{name} - Image {n}"."""
    card = board.card(group)
    if len(card.photos) < 2:
        raise Refused("This group has only one photo.")
    places = _places(board, card, len(card.photos))
    singles = [
        _made_by_hand(ids(), image_name(card, n), (photo,), places[n - 1], card)
        for n, photo in enumerate(card.photos, start=1)
    ]
    return board.with_cards(replace(card, photos=()), *singles)


def form(board: Board, photos: Sequence[UUID], new: UUID) -> Board:
    """Put photos, from wherever they lie, into a new group beside the first one's old place."""
    _need(photos)
    source = board.holder(photos[0])
    if source is None:
        card = _made_by_hand(new, "New group", (), _end(board), None)
    else:
        name = image_name(source, source.photos.index(photos[0]) + 1)
        card = _made_by_hand(new, name, (), _places(board, source, 1)[0], source)
    return _put(board, photos, card, index=None)


def move(board: Board, photos: Sequence[UUID], group: UUID, index: int | None = None) -> Board:
    """Move photos to a place in a group, counted without themselves; to its end without `index`."""
    _need(photos)
    return _put(board, photos, board.card(group), index)


def set_aside(board: Board, photos: Sequence[UUID]) -> Board:
    """Take photos out of their groups and keep them in the tray. Nothing is deleted."""
    _need(photos)
    left = [_changed(card, _minus(card, photos)) for card in _holders(board, photos)]
    return replace(board.with_cards(*left), aside=board.aside | frozenset(photos))


def merge(board: Board, groups: Sequence[UUID]) -> Board:
    """Put all photos into the first group, which keeps its id, place, cover and given name."""
    cards = [board.card(group) for group in dict.fromkeys(groups)]
    if len(cards) < 2:
        raise Refused("Choose at least two groups to merge.")
    first, *others = cards
    photos = tuple(photo for card in cards for photo in card.photos)
    _check_room(board, len(photos))
    merged = replace(
        _changed(first, photos),
        name=_merged_name(cards),
        kind=MERGED,
        confidence=fmean(card.confidence for card in cards),
        weakest=min((card.weakest for card in cards if card.weakest is not None), default=None),
        consignor=next((card.consignor for card in cards if card.consignor), ""),
    )
    return board.with_cards(merged, *(replace(card, photos=()) for card in others))


def set_cover(board: Board, group: UUID, photo: UUID) -> Board:
    card = board.card(group)
    if photo not in card.photos:
        raise Refused("That photo is not in this group any more.")
    return board.with_cards(replace(card, cover=photo))


def accept(board: Board, groups: Iterable[UUID]) -> Board:
    """Accept groups. Accepting an accepted group changes nothing, so a burst of keys is safe."""
    return _become(board, groups, ACCEPTED)


def reopen(board: Board, groups: Iterable[UUID]) -> Board:
    return _become(board, groups, OPEN)


def reject(board: Board, groups: Iterable[UUID]) -> Board:
    """Say that groups are nothing to list. Their photos stay where they are."""
    return _become(board, groups, REJECTED)


def clear(board: Board) -> Board:
    """Take back all grouping that is not accepted: the photos wait to be grouped again."""
    return replace(
        board,
        cards={id_: card for id_, card in board.cards.items() if card.state == ACCEPTED},
    )


def image_name(card: Card, n: int) -> str:
    ending = f" - Image {n}"
    return card.name[: LONGEST_NAME - len(ending)] + ending


def joined_name(names: Sequence[str]) -> str:
    """ "Merged: a, b", without "Merged:" inside, each name once, and never too long."""
    flat = [part for name in names for part in name.removeprefix(MERGED_NAME).split(", ")]
    parts = list(dict.fromkeys(flat))
    kept = len(parts)
    while len(_joined(parts, kept)) > LONGEST_NAME and kept > 1:
        kept -= 1
    return _joined(parts, kept)[:LONGEST_NAME]


def _joined(parts: Sequence[str], kept: int) -> str:
    more = f" and {len(parts) - kept} more" if kept < len(parts) else ""
    return MERGED_NAME + ", ".join(parts[:kept]) + more


def _merged_name(cards: Sequence[Card]) -> str:
    """The first card keeps its name, unless nobody gave any of the names."""
    if any(card.named for card in cards):
        return cards[0].name
    return joined_name([card.name for card in cards])


def _put(board: Board, photos: Sequence[UUID], target: Card, index: int | None) -> Board:
    rest = _minus(target, photos)
    at = len(rest) if index is None else max(0, min(index, len(rest)))
    together = (*rest[:at], *dict.fromkeys(photos), *rest[at:])
    _check_room(board, len(together))
    left = [
        _changed(card, _minus(card, photos))
        for card in _holders(board, photos)
        if card.id != target.id
    ]
    aside = board.aside - frozenset(photos)
    return replace(board.with_cards(*left, _changed(target, together)), aside=aside)


def _changed(card: Card, photos: tuple[UUID, ...]) -> Card:
    """The card with other photos, chosen by a person. What was accepted has to be looked at again.

    A change of order alone is not a new choice of photos.
    """
    if set(photos) == set(card.photos) and card.photos:
        return replace(card, photos=photos)
    several = LIKELY if card.band == SINGLE else card.band
    return replace(
        card,
        photos=photos,
        band=several if len(photos) > 1 else SINGLE,
        cover=card.cover if card.cover in photos else None,
        state=OPEN if card.state == ACCEPTED else card.state,
        touched=True,
    )


def _become(board: Board, groups: Iterable[UUID], state: str) -> Board:
    return board.with_cards(*(replace(board.card(group), state=state) for group in groups))


def _made_by_hand(
    new: UUID, name: str, photos: tuple[UUID, ...], position: float, source: Card | None
) -> Card:
    return Card(
        id=new,
        name=name,
        photos=photos,
        kind=MANUAL,
        confidence=1.0,
        position=position,
        consignor=source.consignor if source else "",
        touched=True,
    )


def _places(board: Board, card: Card, number: int) -> list[float]:
    """Evenly spread positions between a card and the one that follows it."""
    end = board.following.get(card.id, card.position + 1)
    step = (end - card.position) / (number + 1)
    return [card.position + step * (n + 1) for n in range(number)]


def _end(board: Board) -> float:
    return max((card.position for card in board.cards.values()), default=0.0) + 1


def _holders(board: Board, photos: Sequence[UUID]) -> list[Card]:
    wanted = set(photos)
    return [card for card in board.cards.values() if wanted & set(card.photos)]


def _minus(card: Card, photos: Sequence[UUID]) -> tuple[UUID, ...]:
    taken = set(photos)
    return tuple(photo for photo in card.photos if photo not in taken)


def _check_room(board: Board, number: int) -> None:
    if number > board.limit:
        raise Refused(f"A group holds at most {board.limit} photos; this would make {number}.")


def _need(photos: Sequence[UUID]) -> None:
    if not photos:
        raise Refused("Choose at least one photo.")
