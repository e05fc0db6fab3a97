"""Whether the English and the Icelandic text of an item say the same.

Numbers, sizes, brand, colours, materials, condition, defects and the thing itself must agree. What
is told in other words on one side only (a place, a courtesy) is no business of this check.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from imaging.analysis.lexicon import Mention, mentions
from imaging.words.glossary import Glossary

KINDS = ("item", "colour", "pattern", "material", "size", "condition", "defect", "number")
NAMES = {
    "item": "the thing itself",
    "colour": "colour",
    "pattern": "pattern",
    "material": "material",
    "size": "size",
    "condition": "condition",
    "defect": "defect",
    "number": "number",
    "brand": "brand",
}


@dataclass(frozen=True)
class Mismatch:
    """What is said only in one of the texts; the other side is empty."""

    kind: str
    english: tuple[str, ...]
    icelandic: tuple[str, ...]

    @property
    def sentence(self) -> str:
        name = NAMES[self.kind].capitalize()
        if self.english and self.icelandic:
            said = f"{' and '.join(self.english)} in English, {' and '.join(self.icelandic)}"
            return f"{name}: {said} in Icelandic."
        where = "English" if self.english else "Icelandic"
        return f"{name}: {' and '.join(self.english or self.icelandic)} only in {where}."


def compare(english: str, icelandic: str, words: Glossary, brand: str = "") -> list[Mismatch]:
    """Every disagreement; empty when the texts say the same."""
    left = mentions(english, "en", words, brand)
    right = mentions(icelandic, "is", words, brand)
    found = [_kind(kind, left, right, words) for kind in KINDS]
    return [each for each in [*found, _brand(brand, english, icelandic)] if each]


def _kind(kind: str, left: list[Mention], right: list[Mention], words: Glossary) -> Mismatch | None:
    ours = [mention.keys for mention in left if mention.kind == kind]
    theirs = [mention.keys for mention in right if mention.kind == kind]
    if kind == "material":
        ours = [keys for keys in ours if not keys & _implied(right, words)]
        theirs = [keys for keys in theirs if not keys & _implied(right, words)]
    only_english = _alone(ours, theirs)
    only_icelandic = _alone(theirs, ours)
    if kind == "item" and ours and theirs and not (only_english and only_icelandic):
        return None
    if only_english or only_icelandic:
        return Mismatch(kind, only_english, only_icelandic)
    return None


def _alone(these: list[frozenset[str]], those: Iterable[frozenset[str]]) -> tuple[str, ...]:
    others = list(those)
    alone = [min(keys) for keys in these if not any(keys & other for other in others)]
    return tuple(dict.fromkeys(name.replace("_", " ") for name in alone))


def _implied(mentioned: list[Mention], words: Glossary) -> set[str]:
    """Materials that an Icelandic name carries in itself: a gallajakki is of denim."""
    items = {key for mention in mentioned if mention.kind == "item" for key in mention.keys}
    return {
        material.key
        for material in words.materials.values()
        for key in items
        if material.prefix and words.items[key].lemma.startswith(material.prefix)
    }


def _brand(brand: str, english: str, icelandic: str) -> Mismatch | None:
    if not brand:
        return None
    here, there = brand.lower() in english.lower(), brand.lower() in icelandic.lower()
    if here == there:
        return None
    return Mismatch("brand", (brand,) if here else (), (brand,) if there else ())
