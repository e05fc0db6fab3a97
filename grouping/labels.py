"""What the log and the toast call an edit, worked out from what it changed. Pure."""

from collections.abc import Callable, Mapping
from uuid import UUID

from grouping.board import ACCEPTED, Card, Edit

TITLES = {
    "accept": "Group Accepted",
    "apart": "Kept Apart",
    "attach": "Added To An Item",
    "relist": "Listed Again",
    "aside": "Set Aside",
    "clear": "All Rejected",
    "group": "Photos Grouped",
    "merge": "Groups Merged",
    "regroup": "Photos Grouped",
    "reject": "Group Rejected",
    "reopen": "Group Reopened",
    "split": "Group Split",
}
"""Any other kind of edit is called "Group Updated"."""
DECISIONS = {"accept", "reject", "reopen"}


def toast(kind: str, label: str) -> str:
    title = TITLES.get(kind, "Group Updated")
    if kind in DECISIONS and label.endswith(" groups"):
        title = title.replace("Group ", "Groups ")
    return f"{title}: {label}"


def label(kind: str, edit: Edit) -> str:
    """A sentence for the log."""
    return SENTENCES.get(kind, _changed)(edit)


def _renamed(edit: Edit) -> str:
    was, now = _one(edit.before), _one(edit.after)
    return f"{was.name} is now {now.name}" if was and now else _changed(edit)


def _merged(edit: Edit) -> str:
    kept = _one(edit.after)
    return f"{len(edit.before)} groups into {kept.name}" if kept else _changed(edit)


def _split(edit: Edit) -> str:
    return f"Split into {len(edit.after)} groups"


def _moved(edit: Edit) -> str:
    before = {photo: card.id for card in edit.before.values() for photo in card.photos}
    gained = {
        card.id: [photo for photo in card.photos if before.get(photo) != card.id]
        for card in edit.after.values()
    }
    target = max(gained, key=lambda id_: len(gained[id_]), default=None)
    if target is None or not gained[target]:
        return "Photos put in another order"
    return f"{_photos(len(gained[target]))} moved to {edit.after[target].name}"


def _covered(edit: Edit) -> str:
    card = _one(edit.after)
    return f"New first picture of {card.name}" if card else _changed(edit)


def _laid_aside(edit: Edit) -> str:
    return f"{_photos(len(edit.aside_after))} set aside, nothing deleted"


def _accepted(edit: Edit) -> str:
    return _named([card for card in edit.after.values() if card.state == ACCEPTED])


def _decided(edit: Edit) -> str:
    return _named(list(edit.after.values()))


def _cleared(edit: Edit) -> str:
    return f"{_groups(len(edit.before))} cleared, no photo deleted"


def _apart(edit: Edit) -> str:
    return "These two stay two items"


def _changed(edit: Edit) -> str:
    return _named(list((edit.after or edit.before).values()))


def _named(cards: list[Card]) -> str:
    return cards[0].name if len(cards) == 1 else _groups(len(cards))


def _one(cards: Mapping[UUID, Card]) -> Card | None:
    return next(iter(cards.values()), None)


def _photos(number: int) -> str:
    return "1 photo" if number == 1 else f"{number} photos"


def _groups(number: int) -> str:
    return "1 group" if number == 1 else f"{number} groups"


SENTENCES: dict[str, Callable[[Edit], str]] = {
    "accept": _accepted,
    "apart": _apart,
    "aside": _laid_aside,
    "clear": _cleared,
    "cover": _covered,
    "merge": _merged,
    "move": _moved,
    "reject": _decided,
    "rename": _renamed,
    "reopen": _decided,
    "split": _split,
}
