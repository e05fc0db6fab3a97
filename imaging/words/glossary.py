"""The shop's words in English and Icelandic, read from `tables/`.

Staff extend it with tables of the same names in the folder that `CAROUSEL_GLOSSARY` points to: a
row there replaces the row of ours with the same first column.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imaging.words.inflection import CASES, Adjective, Case, Gender, Noun, Number, adjective

HERE = Path(__file__).parent / "tables"
GENERIC = "item"


class BadGlossary(Exception):
    """A table holds a row that cannot be read; the message names the row."""


@dataclass(frozen=True)
class Item:
    """A kind of thing. `number` is pl for what is always spoken of in the plural (jeans, shoes)."""

    key: str
    en: str
    en_plural: str
    noun: Noun
    number: Number
    category: str
    is_compound: bool
    aliases: tuple[str, ...]

    @property
    def english(self) -> str:
        return self.en_plural if self.number == "pl" else self.en

    @property
    def lemma(self) -> str:
        return self.noun.form(self.number, "nom")


@dataclass(frozen=True)
class Word:
    """An adjective in both languages: a colour, a pattern, a size, a state."""

    key: str
    en: str
    icelandic: Adjective
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Material:
    """`prefix` makes a compound (leður-taska); empty where Icelandic says it with "úr" only."""

    key: str
    en: str
    prefix: str
    forms: Mapping[Case, str]


@dataclass(frozen=True)
class Damage:
    """A kind of defect. `number` is mass for what cannot be counted (wear)."""

    key: str
    en: str
    en_plural: str
    noun: Noun
    number: str
    weight: int


@dataclass(frozen=True)
class Feature:
    """Something an item has; the Icelandic stands in the dative, after "með"."""

    key: str
    en: str
    icelandic: str


@dataclass(frozen=True)
class Glossary:
    nouns: Mapping[str, Noun]
    items: Mapping[str, Item]
    words: Mapping[str, Word]
    materials: Mapping[str, Material]
    damages: Mapping[str, Damage]
    features: Mapping[str, Feature]
    by_name: Mapping[str, str]
    """Every name and alias of an item, lower case, to its key."""

    def item(self, key: str) -> Item:
        return self.items.get(key) or self.items[GENERIC]

    def find_item(self, name: str) -> str | None:
        """The item that a category path or a title speaks of, or None.

        The last part of a path says most; in it, the longest name that is known.
        """
        for part in reversed(name.split("/")):
            text = f" {part.lower().replace(',', ' ').replace('-', ' ')} "
            found = [known for known in self.by_name if f" {known.replace('-', ' ')} " in text]
            if found:
                return self.by_name[max(found, key=len)]
        return None


@cache
def glossary(extra: Path | None = None) -> Glossary:
    """Ours, with the shop's own rows over it. BadGlossary for a row that cannot be read."""
    nouns = {row["head"]: _noun(row) for row in _rows("heads", extra)}
    items = {row["key"]: _item(row, nouns) for row in _rows("items", extra)}
    return Glossary(
        nouns=nouns,
        items=items,
        words={row["key"]: _word(row) for row in _rows("adjectives", extra)},
        materials={row["key"]: _material(row) for row in _rows("materials", extra)},
        damages={row["key"]: _damage(row, nouns) for row in _rows("defects", extra)},
        features={row["key"]: _feature(row) for row in _rows("features", extra)},
        by_name=dict(_names(items)),
    )


def _rows(table: str, extra: Path | None) -> Iterator[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for folder in (HERE, extra):
        path = folder / f"{table}.csv" if folder else None
        if path and path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    found[next(iter(row.values()))] = row
    yield from found.values()


def _noun(row: dict[str, str]) -> Noun:
    forms: dict[tuple[Number, Case], str] = {}
    columns: tuple[tuple[Number, str], ...] = (("sg", row["singular"]), ("pl", row["plural"]))
    for number, column in columns:
        if column:
            cases = column.split("/")
            if len(cases) != len(CASES):
                raise BadGlossary(f"{row['head']}: {column} needs four forms.")
            forms |= {(number, case): form for case, form in zip(CASES, cases, strict=True)}
    return Noun(_gender(row), forms)


def _gender(row: dict[str, str]) -> Gender:
    genders: dict[str, Gender] = {"m": "m", "f": "f", "n": "n"}
    if row["gender"] not in genders:
        raise BadGlossary(f"{row['head']}: the gender is {row['gender']!r}; say m, f or n.")
    return genders[row["gender"]]


def _item(row: dict[str, str], nouns: Mapping[str, Noun]) -> Item:
    first, bar, head = row["is"].rpartition("|")
    if head not in nouns:
        raise BadGlossary(f"{row['key']}: {head!r} is not in heads.csv.")
    return Item(
        key=row["key"],
        en=row["en"],
        en_plural=row["plural"],
        noun=nouns[head].compound(first),
        number="pl" if row["number"] == "pl" else "sg",
        category=row["category"],
        is_compound=bool(bar),
        aliases=_aliases(row),
    )


def _aliases(row: dict[str, str]) -> tuple[str, ...]:
    """Other names by which the English is understood, if the table has such a column."""
    return tuple(alias.strip() for alias in (row.get("aliases") or "").split(";") if alias.strip())


def _word(row: dict[str, str]) -> Word:
    forms = adjective(row["class"], row["stem"], row["umlaut"] or "")
    return Word(row["key"], row["en"], forms, _aliases(row))


def _material(row: dict[str, str]) -> Material:
    forms = dict(zip(CASES, row["forms"].split("/"), strict=True))
    return Material(row["key"], row["en"], row["prefix"], forms)


def _damage(row: dict[str, str], nouns: Mapping[str, Noun]) -> Damage:
    return Damage(
        row["key"], row["en"], row["plural"], nouns[row["is"]], row["number"], int(row["factor"])
    )


def _feature(row: dict[str, str]) -> Feature:
    return Feature(row["key"], row["en"], row["is"])


def _names(items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    for item in items.values():
        names = {item.en, item.en_plural, item.key.replace("_", " "), *item.aliases}
        names |= {f"{alias}s" for alias in item.aliases}
        forms = {item.noun.form(*slot) for slot in item.noun.forms if slot[1] == "nom"}
        for name in names | forms:
            yield name.lower(), item.key
