"""How good a listing is, from 1 to 5, by a formula that staff can read.

rating = 1 + 4 x (0.4 x photos + 0.4 x completeness + 0.2 x condition), to one decimal, where
photos is the mean of sharpness, exposure, framing and cut-out over the photos, less a quarter for
each photo short of three; completeness is the share of the twelve parts that are filled in; and
condition runs from 1 (new with tags) to 0 (poor).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PHOTOS, COMPLETENESS, CONDITION = 0.4, 0.4, 0.2
ENOUGH_PHOTOS = 3
MISSING_PHOTO = 0.25
CONDITIONS = {
    "new_with_tags": 1.0,
    "like_new": 0.9,
    "very_good": 0.75,
    "good": 0.6,
    "fair": 0.3,
    "poor": 0.0,
}
UNKNOWN_CONDITION = 0.5


@dataclass(frozen=True)
class Rating:
    """`value` 1..5 with one decimal; the three parts 0..1; `missing` names the empty parts."""

    value: Decimal
    photos: float
    completeness: float
    condition: float
    missing: tuple[str, ...]

    @property
    def formula(self) -> str:
        return (
            f"1 + 4 x ({PHOTOS} x {self.photos:.2f} photos + {COMPLETENESS} x "
            f"{self.completeness:.2f} completeness + {CONDITION} x {self.condition:.2f} condition)"
            f" = {self.value}"
        )


def rate(qualities: Sequence[float], filled: dict[str, bool], condition: str) -> Rating:
    """`qualities` of the photos, 0..1 each; `filled` says of each part whether it is there."""
    photos = _photos(qualities)
    completeness = sum(filled.values()) / len(filled) if filled else 0.0
    worth = CONDITIONS.get(condition, UNKNOWN_CONDITION)
    sum_ = PHOTOS * photos + COMPLETENESS * completeness + CONDITION * worth
    value = Decimal(str(1 + 4 * sum_)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    missing = tuple(name for name, is_there in filled.items() if not is_there)
    return Rating(value, photos, completeness, worth, missing)


def _photos(qualities: Sequence[float]) -> float:
    if not qualities:
        return 0.0
    short = max(0, ENOUGH_PHOTOS - len(qualities))
    return sum(qualities) / len(qualities) * max(0.0, 1 - MISSING_PHOTO * short)
