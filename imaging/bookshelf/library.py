"""The books that are known, and how the few that resemble a text are found among many. Pure.

A catalogue is searched by its rarest groups of three letters first, so that a text costs the same
in a large catalogue as in a small one. `catalogue.py` is the same search in PostgreSQL.
"""

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from imaging.bookshelf import isbn
from imaging.bookshelf.folding import LONGEST, fold, trigrams, words

MOST_READ = 4000
"""Postings that one search may read."""
NEAR = 60
COLUMNS = {
    "title": ("title", "titel", "titol", "titulo"),
    "author": ("author", "autor", "authors"),
    "isbn": ("isbn", "isbn13", "isbn_13"),
    "shelf_mark": ("tag", "shelf_mark", "call_number", "signatur"),
    "series": ("series", "reihe"),
    "publisher": ("publisher", "verlag"),
    "published": ("published", "year", "publisheddate", "jahr"),
}


@dataclass(frozen=True)
class Book:
    """An edition. `isbn` is 13 digits or ""; `source` says who told us of it."""

    key: str
    title: str
    author: str = ""
    isbn: str = ""
    shelf_mark: str = ""
    series: str = ""
    publisher: str = ""
    published: str = ""
    cover: str = ""
    volume: str = ""
    source: str = "catalogue"

    @cached_property
    def main(self) -> tuple[str, ...]:
        """The words before the colon, the equals sign or the slash."""
        return tuple(words(main_title(self.title)))

    @cached_property
    def rest(self) -> tuple[str, ...]:
        return tuple(words(self.title)[len(self.main) :])

    @cached_property
    def authors(self) -> tuple[str, ...]:
        return tuple(word for word in words(self.author) if not word.isdigit())

    @cached_property
    def series_words(self) -> tuple[str, ...]:
        return tuple(words(self.series))

    @cached_property
    def mark(self) -> str:
        return fold(self.shelf_mark)

    @property
    def text(self) -> str:
        """What a search looks at."""
        return " ".join([*self.main, *self.rest, *self.authors, *self.series_words])


class Catalogue(Protocol):
    """`rarities`: word -> natural logarithm of (books / books with it); absent words are rarest."""

    @property
    def size(self) -> int: ...

    def rarities(self, wanted: Iterable[str]) -> Mapping[str, float]: ...

    def marks(self, wanted: Iterable[str]) -> Mapping[str, float]:
        """Those of the folded shelf marks that exist, and their rarity."""
        ...

    def near(self, found: Sequence[str], mark: str) -> list[Book]: ...


def main_title(title: str) -> str:
    for sign in (" : ", " = ", " / ", ": "):
        title = title.partition(sign)[0]
    return title.strip()


def rarity(size: int, count: int) -> float:
    return math.log(max(size, 1) / max(count, 1))


def rarest(counts: Mapping[str, int]) -> list[str]:
    """The terms to look up: from the rarest on, while their postings together stay few."""
    read = 0
    chosen: list[str] = []
    for term, count in sorted(counts.items(), key=lambda each: (each[1], each[0])):
        if chosen and read + count > MOST_READ:
            break
        read += count
        chosen.append(term)
    return chosen


@dataclass
class MemoryCatalogue:
    """A catalogue for commands and tests, without a database."""

    books: Sequence[Book]
    _postings: dict[str, list[int]] = field(init=False)
    _words: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        postings: dict[str, list[int]] = defaultdict(list)
        self._words = Counter()
        for place, book in enumerate(self.books):
            self._words.update(set(book.text.split()))
            for term in [*trigrams(book.text), f"#{book.mark}"]:
                postings[term].append(place)
        self._postings = dict(postings)

    @property
    def size(self) -> int:
        return len(self.books)

    def rarities(self, wanted: Iterable[str]) -> Mapping[str, float]:
        return {w: rarity(self.size, self._words[w]) for w in wanted if w in self._words}

    def marks(self, wanted: Iterable[str]) -> Mapping[str, float]:
        counts = {mark: len(self._postings.get(f"#{mark}", ())) for mark in wanted if mark}
        return {mark: rarity(self.size, count) for mark, count in counts.items() if count}

    def marked(self, mark: str) -> list[Book]:
        return [self.books[place] for place in self._postings.get(f"#{mark}", ())]

    def near(self, found: Sequence[str], mark: str) -> list[Book]:
        terms = {
            t: len(self._postings[t]) for t in trigrams(" ".join(found)) if t in self._postings
        }
        scores: Counter[int] = Counter()
        for term in [*rarest(terms), *([f"#{mark}"] if mark else [])]:
            places = self._postings.get(term, [])
            weight = rarity(self.size, len(places))
            for place in places:
                scores[place] += weight  # type: ignore[assignment]
        return [self.books[place] for place, _ in scores.most_common(NEAR)]


def read_csv(path: Path) -> list[Book]:
    """The books of a CSV file with at least a title column. ValueError with a sentence."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        names = _names(reader.fieldnames or [])
        if "title" not in names:
            raise ValueError(f"{path.name} needs a column called title.")
        return [
            book for number, row in enumerate(reader) if (book := _book(str(number), row, names))
        ]


def _names(header: Iterable[str]) -> dict[str, str]:
    plain = {fold(name).replace(" ", "_"): name for name in header}
    found = {ours: next((n for n in theirs if n in plain), "") for ours, theirs in COLUMNS.items()}
    return {ours: plain[theirs] for ours, theirs in found.items() if theirs}


def _book(key: str, row: Mapping[str, str | None], names: Mapping[str, str]) -> Book | None:
    given = {ours: " ".join((row[theirs] or "").split()) for ours, theirs in names.items()}
    if not given["title"]:
        return None
    given["isbn"] = isbn.first_in(given.get("isbn", ""))
    return Book(key=key, **{name: value[:LONGEST] for name, value in given.items()})
