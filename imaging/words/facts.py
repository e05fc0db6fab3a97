"""What is known about an item when it is described. Nothing else may be said."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DefectFact:
    """`kind` and `severity` as in models.Defect; `place` from `place_of`; `photo` counts from 1."""

    kind: str
    severity: str = "moderate"
    place: str = ""
    photo: int | None = None


@dataclass(frozen=True)
class Measure:
    """One measured length; `kind` is a key of phrases.MEASURES, `unit` cm, mm or m."""

    kind: str
    value: float
    unit: str = "cm"


@dataclass(frozen=True)
class Facts:
    """Keys of the glossary; empty where nothing is known. `seed` picks the sentence pattern."""

    item: str = ""
    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    pattern: str = ""
    audience: str = ""
    brand: str = ""
    size: str = ""
    condition: str = ""
    features: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    defects: tuple[DefectFact, ...] = ()
    seed: str = ""


def place_of(x: float, y: float, width: float, height: float) -> str:
    """Which of nine fields of the photo the middle of a box lies in: "top left", ..., "middle"."""
    across = _third(x + width / 2, "left", "right")
    down = _third(y + height / 2, "top", "bottom")
    return f"{down} {across}".strip() or "middle"


def _third(middle: float, low: str, high: str) -> str:
    return low if middle < 1 / 3 else high if middle > 2 / 3 else ""
