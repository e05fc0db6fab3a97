"""Which shots of an item are still missing, said while it lies on the table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NEEDS: dict[str, tuple[str, ...]] = {
    "footwear": ("front", "back", "label", "sole"),
    "bags": ("front", "back", "label", "inside"),
    "furniture": ("front", "back", "detail"),
    "jewellery": ("front", "detail"),
    "electronics": ("front", "back", "label"),
    "kitchen": ("front", "underside"),
    "books": ("front", "back"),
    "toys": ("front", "back"),
    "home": ("front", "detail"),
    "other": ("front", "back"),
}
CLOTHING = ("front", "back", "label")
SHOTS = {
    "front": "Take one photo of the whole item.",
    "back": "No back view: turn it round and take one more.",
    "label": "No label close-up: brand, size and material stand there.",
    "detail": "No close-up: show the surface.",
    "sole": "No photo of the soles.",
    "inside": "No photo of the inside.",
    "underside": "No photo of the underside: maker's marks stand there.",
    "defect": "No close-up of the damage that was confirmed.",
}
CLOSE_UPS = ("label", "detail", "sole", "inside", "underside", "defect")


@dataclass(frozen=True)
class Shot:
    """`view` is what staff or a model called it, or ""; `is_close`: the item fills the frame."""

    is_close: bool
    view: str = ""


@dataclass(frozen=True)
class Missing:
    shot: str
    sentence: str


def missing(
    category: str, shots: Sequence[Shot], *, has_damage: bool = False
) -> tuple[Missing, ...]:
    """What the item's kind needs and these photos do not show.

    A view that nobody named counts by its framing: whole views stand for front, then back;
    close-ups for the close-ups in the order in which they are needed.
    """
    needed = (*NEEDS.get(category, CLOTHING), *(("defect",) if has_damage else ()))
    left = [shot for shot in needed if shot not in {each.view for each in shots}]
    unnamed = [shot for shot in shots if not shot.view]
    left = _without(left, sum(not shot.is_close for shot in unnamed), ("front", "back"))
    left = _without(left, sum(shot.is_close for shot in unnamed), CLOSE_UPS)
    return tuple(Missing(shot, SHOTS[shot]) for shot in left)


def _without(needed: Iterable[str], shots: int, kinds: tuple[str, ...]) -> list[str]:
    """Strike off the first `shots` of these kinds."""
    left = []
    for shot in needed:
        if shot in kinds and shots > 0:
            shots -= 1
        else:
            left.append(shot)
    return left
