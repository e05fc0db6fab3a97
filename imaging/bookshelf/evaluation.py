"""`manage.py evaluate books FOLDER [--catalogue CSV] [--strings CSV]`: how well spines are read.

FOLDER holds photos and truth.json: photo -> list of {title, author, isbn, legible}. `--strings`
also measures the matching alone, on a CSV of texts with their books. Needs no database.
"""

import csv
import json
import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rapidfuzz import fuzz

from imaging.bookshelf import isbn, matching, ocr
from imaging.bookshelf.candidates import LEAST, Candidate, candidates
from imaging.bookshelf.folding import fold
from imaging.bookshelf.library import Book, MemoryCatalogue, main_title, rarity, read_csv
from imaging.pixels.opening import open_safely

SAME_TITLE = 80.0
"""Of 100: read and true title, or their main parts, agree to this as sorted words or letters."""
SEED = 20240601


@dataclass(frozen=True)
class Counted:
    """Over all photos. `legible`: true books that can be read; `claimed`: titles we stand by."""

    legible: int
    found: int
    claimed: int
    right: int
    with_isbn: int
    isbn_right: int


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def command(folder: Path, arguments: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Evaluate one folder. Raises OSError and ValueError with a sentence."""
    options = _options(arguments)
    catalogue = MemoryCatalogue(read_csv(options.catalogue)) if options.catalogue else None
    result: dict[str, Any] = {}
    if options.strings and catalogue:
        result |= of_strings(options.strings, catalogue, options.sample)
    if (folder / "truth.json").exists() and not options.only_strings:
        truth = json.loads((folder / "truth.json").read_text("utf-8"))
        result |= of_photos(folder, truth, catalogue, options, say)
    for name, value in result.items():
        say(f"{name}: {value}")
    return result


def of_photos(
    folder: Path,
    truth: Mapping[str, Sequence[Mapping[str, str]]],
    catalogue: MemoryCatalogue | None,
    options: Namespace,
    say: Callable[[str], None],
) -> dict[str, Any]:
    counts, seconds = [], []
    for name, books in truth.items():
        started = time.perf_counter()
        photo = open_safely(folder / name, ocr.MAX_SIDE)
        found = candidates(ocr.read(photo, options.threads), catalogue, options.least)
        seconds.append(time.perf_counter() - started)
        counts.append(counted(found, books, _isbns(found, catalogue)))
        say(f"{name}: {counts[-1]}")
    return _rates(counts) | {"seconds_per_photo": round(sum(seconds) / max(1, len(seconds)), 2)}


def counted(
    found: Sequence[Candidate], books: Sequence[Mapping[str, str]], numbers: Sequence[str]
) -> Counted:
    """Each true book is found at most once, each claim right at most once.

    A claim of a book that is on the shelf but not legible is neither right nor wrong.
    """
    claims = [(c, number) for c, number in zip(found, numbers, strict=True) if not c.aside]
    free = list(books)
    legible = [book for book in books if _is_legible(book)]
    right = claimed = hits = isbn_right = 0
    for claim, number in claims:
        book = next((each for each in free if same_title(claim.title, each["title"])), None)
        if book is None:
            claimed += 1
            continue
        free.remove(book)
        if not _is_legible(book):
            continue
        claimed, right, hits = claimed + 1, right + 1, hits + 1
        isbn_right += bool(number) and number == isbn.first_in(book.get("isbn", ""))
    known = sum(bool(isbn.first_in(book.get("isbn", ""))) for book in legible)
    return Counted(len(legible), hits, claimed, right, known, isbn_right)


def same_title(read: str, true: str) -> bool:
    """Whole titles agree, or their main parts do; letter by letter, wherever the spaces are."""
    pairs = [(read, true), (main_title(read), main_title(true)), (read, main_title(true))]
    return any(_agree(fold(a), fold(b)) for a, b in pairs)


def _agree(read: str, true: str) -> bool:
    joined = fuzz.ratio(read.replace(" ", ""), true.replace(" ", ""))
    return max(joined, fuzz.token_sort_ratio(read, true)) >= SAME_TITLE


def of_strings(path: Path, catalogue: MemoryCatalogue, sample: int) -> dict[str, Any]:
    """The rows with an ISBN: how many are found, how many of the certain answers are right.

    `left_out_wrong`: share of rows that got a certain answer once their book was taken away.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if isbn.first_in(row["isbn"])]
    if sample and sample < len(rows):
        rows = random.Random(SEED).sample(rows, sample)
    started = time.perf_counter()
    found = [matching.match(row["ocr"], catalogue) for row in rows]
    seconds = time.perf_counter() - started
    right = [_right(match, row) for match, row in zip(found, rows, strict=True)]
    certain = [ok for match, ok in zip(found, right, strict=True) if match.is_certain]
    without = [matching.match(row["ocr"], _Without(catalogue, row["title"])) for row in rows]
    return {
        "strings": len(rows),
        "strings_first": round(sum(right) / len(rows), 4),
        "strings_recall": round(sum(certain) / len(rows), 4),
        "strings_precision": round(sum(certain) / max(1, len(certain)), 4),
        "strings_left_out_wrong": round(sum(m.is_certain for m in without) / len(rows), 4),
        "strings_seconds": round(seconds, 2),
    }


class _Without(MemoryCatalogue):
    """The same catalogue with every edition of one title taken away, its shelf marks too."""

    def __init__(self, whole: MemoryCatalogue, title: str) -> None:
        self.whole, self.title = whole, fold(title)
        self.rarities = whole.rarities  # type: ignore[method-assign]

    @property
    def size(self) -> int:
        return self.whole.size

    def marks(self, wanted: Iterable[str]) -> Mapping[str, float]:
        left = {mark: sum(map(self._stays, self.whole.marked(mark))) for mark in wanted}
        return {mark: rarity(self.size, count) for mark, count in left.items() if count}

    def near(self, found: Sequence[str], mark: str) -> list[Book]:
        return [book for book in self.whole.near(found, mark) if self._stays(book)]

    def _stays(self, book: Book) -> bool:
        return fold(book.title) != self.title


def _right(match: matching.Match, row: Mapping[str, str]) -> bool:
    return match.best is not None and match.best.book.isbn == isbn.first_in(row["isbn"])


def _isbns(found: Sequence[Candidate], catalogue: MemoryCatalogue | None) -> list[str]:
    if catalogue is None:
        return ["" for _ in found]
    matches = [matching.match(each.text, catalogue) for each in found]
    return [m.best.book.isbn if m.best and m.is_certain else "" for m in matches]


def _is_legible(book: Mapping[str, object]) -> bool:
    """A title of which only a part can be read counts too; true and false are as good as words."""
    told = str(book.get("legible", "full")).casefold()
    return told not in {"none", "no", "", "false", "0", "illegible", "unreadable"}


def _rates(counts: Sequence[Counted]) -> dict[str, Any]:
    def total(name: str) -> int:
        return sum(getattr(each, name) for each in counts)

    return {
        "title_recall": round(total("found") / max(1, total("legible")), 4),
        "title_precision": round(total("right") / max(1, total("claimed")), 4),
        "isbn_exact": round(total("isbn_right") / max(1, total("with_isbn")), 4),
        "photos": len(counts),
    }


def _options(arguments: Sequence[str]) -> Namespace:
    parser = _Parser(prog="evaluate books")
    parser.add_argument("--catalogue", type=Path, help="CSV of books; without it by text alone")
    parser.add_argument("--strings", type=Path, help="CSV with the columns ocr, title, isbn")
    parser.add_argument("--only-strings", action="store_true", help="do not read photos")
    parser.add_argument("--sample", type=int, default=0, help="of the strings; 0 is all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--least", type=float, default=LEAST, help="confidence to stand by a title")
    return parser.parse_args(list(arguments))
