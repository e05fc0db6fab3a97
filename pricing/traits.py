"""What is known about a thing besides its picture, and how that becomes columns of numbers.

Pure values: a sale in the database, a row of a file and an item on the page all become `Traits`.
"""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

# Best first. The order is the promise that a better condition never costs less.
CONDITIONS = ("new_with_tags", "like_new", "very_good", "good", "fair", "poor")

# log of the price relative to `very_good`, before the shop's own sales say otherwise.
DEFAULT_OFFSETS = {
    "new_with_tags": math.log(1.30),
    "like_new": math.log(1.12),
    "very_good": 0.0,
    "good": math.log(0.86),
    "fair": math.log(0.66),
    "poor": math.log(0.42),
}
UNKNOWN_CONDITION = "good"

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
YEAR = 365.25
EPOCH = dt.date(1970, 1, 1).toordinal()

Cell = tuple[str, str, float]  # group, name, value: ("brand", "acme", 1.0)


@dataclass(frozen=True, slots=True)
class Traits:
    """The described side of one item. Empty text means unknown; `category` is a path `a/b/c`."""

    category: str = ""
    brand: str = ""
    condition: str = ""
    title: str = ""
    colour: str = ""
    material: str = ""
    size: str = ""


def plain(text: str) -> str:
    """Lower case, one space between words, composed: so that `Wool ` and `wool` are one name."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@lru_cache(50_000)
def ancestors(category: str) -> list[str]:
    """The path and its parents, nearest first: `a/b/c` -> [`a/b/c`, `a/b`, `a`]."""
    steps = [part for part in (plain(p) for p in re.split(r"[/>]", category)) if part]
    return ["/".join(steps[:n]) for n in range(len(steps), 0, -1)]


def root(category: str) -> str:
    return (ancestors(category) or [""])[-1]


def leaf(category: str) -> str:
    return (ancestors(category) or [""])[0]


def words(text: str) -> list[str]:
    """Distinct words of a title, sorted; single letters say too little and are left out."""
    return sorted({w for w in WORD.findall(plain(text)) if len(w) > 1 or w.isdigit()})


def pairs(text: str) -> list[str]:
    """Distinct neighbouring words: `silver ring` means something else than silver and ring."""
    found = [w for w in WORD.findall(plain(text)) if len(w) > 1 or w.isdigit()]
    return sorted({f"{a} {b}" for a, b in pairwise(found)})


def several(text: str) -> list[str]:
    """Names joined by commas, slashes or `&`: `Wool, Silk` -> [`silk`, `wool`]."""
    return sorted({part for p in re.split(r"[,;/&+]", text) if (part := plain(p))})


def condition_of(traits: Traits) -> str:
    return traits.condition if traits.condition in DEFAULT_OFFSETS else UNKNOWN_CONDITION


@lru_cache(200_000)  # a replay asks for the same sales again and again
def standing(traits: Traits) -> tuple[Cell, ...]:
    """Columns that hold at any time and in any condition."""
    return tuple(_standing(traits))


def _standing(traits: Traits) -> Iterator[Cell]:
    paths, brand = ancestors(traits.category), plain(traits.brand)
    yield from (("category", path, 1.0) for path in paths)
    if brand:
        yield "brand", brand, 1.0
        yield from (("brand_category", f"{brand}|{path}", 1.0) for path in paths[:2])
    yield from _parts("material", several(traits.material), paths)
    yield from _parts("colour", several(traits.colour), [])
    yield from _parts("size", several(traits.size), paths)
    yield from _title(traits.title, brand)


def _parts(group: str, names: list[str], paths: list[str]) -> Iterator[Cell]:
    value = 1 / math.sqrt(len(names) or 1)
    for name in names:
        yield group, name, value
        if paths:
            yield f"{group}_category", f"{name}|{paths[0]}", value


def _title(title: str, brand: str) -> Iterator[Cell]:
    for word in words(title):
        yield "word", word, 1.0
        if brand and word not in brand:
            yield "brand_word", f"{brand}|{word}", 1.0
    yield from (("pair", pair, 1.0) for pair in pairs(title))


def timed(traits: Traits, day: float) -> Iterator[Cell]:
    """Columns of the calendar: the season, by quarter and as a smooth year; per root category."""
    top = root(traits.category)
    quarter = f"q{quarter_of(day)}"
    angle = 2 * math.pi * (day % YEAR) / YEAR
    for name, value in ((quarter, 1.0), ("sin", math.sin(angle)), ("cos", math.cos(angle))):
        yield "season", name, value
        yield "season_category", f"{name}|{top}", value


def quarter_of(day: float) -> int:
    """1-4 for a day counted from 1970-01-01."""
    return (dt.date.fromordinal(EPOCH + math.floor(day)).month + 2) // 3
