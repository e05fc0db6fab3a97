"""A guess at the condition from the defects that were seen.

A photo cannot show that something is like new, or that its tags are real, so a guess is modest:
"very good" at best, and never more than half sure.
"""

from collections.abc import Iterable
from dataclasses import dataclass

WEIGHTS = {"minor": 1.0, "moderate": 2.5, "major": 6.0}
SERIOUS = {"hole": 2.0, "tear": 2.0, "crack": 2.0}
STEPS = ((0.5, "very_good"), (2.5, "good"), (7.0, "fair"))
ORDER = ("new_with_tags", "like_new", "very_good", "good", "fair", "poor")


@dataclass(frozen=True)
class Seen:
    """A defect as far as condition goes. `confidence` 0..1; 1 for what staff confirmed."""

    kind: str
    severity: str
    confidence: float


@dataclass(frozen=True)
class Guess:
    value: str
    confidence: float
    why: str


def guess(defects: Iterable[Seen], photos: int = 1) -> Guess:
    """The condition of an item shown in `photos` photos with these defects."""
    seen = list(defects)
    damage = sum(
        WEIGHTS[defect.severity] * SERIOUS.get(defect.kind, 1.0) * defect.confidence
        for defect in seen
    )
    value = next((name for limit, name in STEPS if damage <= limit), "poor")
    if not seen:
        return Guess(value, round(min(0.4, 0.2 + 0.05 * photos), 2), "No damage was seen.")
    certain = max(defect.confidence for defect in seen)
    named = ", ".join(sorted({f"{defect.severity} {defect.kind}" for defect in seen}))
    return Guess(value, round(0.2 + 0.3 * certain, 2), f"Seen: {named}.")


def worse(one: str, other: str) -> str:
    """The lower of two conditions; an empty one counts for nothing."""
    known = [value for value in (one, other) if value in ORDER]
    return max(known, key=ORDER.index, default="")
