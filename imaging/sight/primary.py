"""Which photo comes first in the listing, and why.

A first photo shows the whole item, sharp and well lit inside its mask, cleanly cut out. A shop's
own choices shift the weights: `learned` counts how often staff preferred each merit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WEIGHTS = {"whole": 0.35, "sharp": 0.25, "lit": 0.15, "clean": 0.15, "large": 0.10}
REASONS = {
    "whole": "the whole item is in the picture",
    "sharp": "the item is sharp",
    "lit": "the light is good",
    "clean": "the cut-out is clean",
    "large": "the item fills the picture well",
}
EARLY = 0.02
"""The first shot of an item is usually its front: worth this much more than the next."""
GOOD = 0.7


@dataclass(frozen=True)
class Look:
    """How one photo presents the item; every value 0..1. `key` is the caller's."""

    key: str
    whole: float
    sharp: float
    lit: float
    clean: float
    large: float

    @property
    def quality(self) -> float:
        return float(sum(WEIGHTS[name] * getattr(self, name) for name in WEIGHTS))


@dataclass(frozen=True)
class Choice:
    key: str
    score: float
    reasons: tuple[str, ...]


def choose(looks: Sequence[Look], learned: Mapping[str, int] | None = None) -> Choice | None:
    """The best of the photos in shooting order; None when there are none."""
    weights = _shifted(learned or {})
    scored = [
        (sum(weights[name] * getattr(look, name) for name in weights) - EARLY * place, look)
        for place, look in enumerate(looks)
    ]
    if not scored:
        return None
    score, best = max(scored, key=lambda pair: pair[0])
    merits = sorted(weights, key=lambda name: -weights[name] * getattr(best, name))
    reasons = tuple(REASONS[name] for name in merits if getattr(best, name) >= GOOD)
    return Choice(best.key, round(score, 3), reasons or ("it is the best of these photos",))


def merits(chosen: Look, passed_over: Look) -> tuple[str, ...]:
    """In what the photo that staff chose was better than the one we had put first."""
    return tuple(name for name in WEIGHTS if getattr(chosen, name) > getattr(passed_over, name))


def _shifted(learned: Mapping[str, int]) -> dict[str, float]:
    """Twenty remembered choices weigh as much as our own weights do."""
    total = sum(learned.values())
    trust = total / (total + 20)
    return {
        name: (1 - trust) * weight + trust * (learned.get(name, 0) / total if total else 0)
        for name, weight in WEIGHTS.items()
    }
