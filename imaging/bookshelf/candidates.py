"""From lines of text to books: which lines are one spine, and what it says. Pure.

The walls seen in the picture and the books of a catalogue vote together: lines are joined as is
most probable for the whole shelf. Without a catalogue the walls decide alone.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from imaging.bookshelf import familiar, matching, titles
from imaging.bookshelf.folding import fold
from imaging.bookshelf.library import Catalogue
from imaging.bookshelf.matching import Match
from imaging.bookshelf.reading import Column, Line, Reading, hull, sides

MOST_COLUMNS = 4
"""Columns of text that one spine may have."""
STRONGEST = 4.0
"""Nats that a wall or its absence can weigh."""
TWO_LABELS = 20.0
DOUBT = 0.75
LEAST = 0.5
"""Candidates below this confidence are kept aside. `BOOKS_LEAST_CONFIDENCE` changes it."""


@dataclass(frozen=True)
class Candidate:
    """A book as it was read, before anybody was asked.

    `confidence` 0..1 is the reader's: see titles.say; with a certain match in the catalogue it is
    the match's probability where that is higher. `inferred` names what was completed and not read.
    """

    title: str
    author: str
    confidence: float
    read_title: str
    read_author: str
    label: str
    text: str
    lines: tuple[int, ...]
    box: tuple[float, float, float, float]
    inferred: tuple[str, ...] = ()
    aside: bool = False
    matched: bool = False


def candidates(
    reading: Reading, catalogue: Catalogue | None = None, least: float = LEAST
) -> tuple[Candidate, ...]:
    """One candidate for each spine that says anything, in shelf order."""
    books = _Books(reading, catalogue)
    runs: list[tuple[Column, ...]] = []
    for shelf in sorted({column.shelf for column in reading.columns}):
        row = [column for column in reading.columns if column.shelf == shelf]
        runs += [tuple(row[a:b]) for a, b in _parted(row, books)]
    shared = familiar.phrases(map(books.texts, runs))
    found = [books.candidate(run, shared) for run in runs]
    return tuple(weighed([each for each in found if each.title], least))


def from_texts(
    texts: Sequence[str], catalogue: Catalogue | None = None, least: float = LEAST
) -> tuple[Candidate, ...]:
    """The same from bare lines in the order in which they were read, without places."""
    return candidates(unplaced(texts), catalogue, least)


def unplaced(texts: Sequence[str]) -> Reading:
    step = 1 / max(1, len(texts))
    lines = tuple(
        Line(text, 1.0, ((x := n * step, 0.0), (x + step, 0.0), (x + step, 1.0), (x, 1.0)))
        for n, text in enumerate(texts)
    )
    columns = tuple(Column((n,), 0, 1.0 if n == 0 else 0.5) for n in range(len(lines)))
    return Reading(lines, columns, 1000, 1000, "given")


def _parted(row: Sequence[Column], books: "_Books") -> list[tuple[int, int]]:
    """Where to cut the row into spines: the cut with the largest sum of what speaks for it."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(row) + 1):
        options = [
            (best[start][0] + books.worth(tuple(row[start:end])), start)
            for start in range(max(0, end - books.most), end)
        ]
        best.append(max(options))
    cuts, end = [], len(row)
    while end:
        cuts.append((best[end][1], end))
        end = best[end][1]
    return cuts[::-1]


class _Books:
    """What runs of columns say and are worth; each is looked up once."""

    def __init__(self, reading: Reading, catalogue: Catalogue | None) -> None:
        self.reading, self.catalogue = reading, catalogue
        self.most = MOST_COLUMNS if reading.model != "given" else 6
        self.match = cache(self._match)

    def worth(self, run: tuple[Column, ...]) -> float:
        """Nats for the run being one spine."""
        walls = sum(_together(column.wall) for column in run[1:])
        labels = sum(any(map(titles.is_label, self.texts([column]))) for column in run)
        if labels > 1:
            return -TWO_LABELS * (labels - 1)
        found = self.match(run)
        return walls + (max(0.0, found.evidence) if found.scored else 0.0)

    def candidate(self, run: tuple[Column, ...], shared: frozenset[str]) -> Candidate:
        pieces, numbers = self._pieces(run)
        match = self.match(run)
        certain = match.best.book.authors if match.best and match.is_certain else ()
        said = titles.say(pieces, frozenset(certain), shared)
        candidate = Candidate(
            title=said.title or said.author,
            author=said.author if said.title else "",
            confidence=said.confidence,
            read_title=said.title or said.author,
            read_author=said.author if said.title else "",
            label=said.label,
            text=" ".join(piece.text for piece in pieces),
            lines=numbers,
            box=hull([self.reading.lines[number].box for number in numbers]),
        )
        return completed(candidate, match)

    def _match(self, run: tuple[Column, ...]) -> Match:
        text = " ".join(self.texts(run))
        if self.catalogue is None or len(fold(text)) < 4:
            return matching.NOTHING
        return matching.match(text, self.catalogue)

    def texts(self, run: Sequence[Column]) -> list[str]:
        return [self.reading.lines[number].text for column in run for number in column.lines]

    def _pieces(self, run: Sequence[Column]) -> tuple[list[titles.Piece], tuple[int, ...]]:
        """In the order of reading: text that runs up is read from its lower end."""
        numbers = [number for column in run for number in column.lines]
        lines = self.reading.lines
        turned = Counter(lines[n].turned for n in numbers).most_common(1)[0][0]
        columns = run[::-1] if turned == 90 else run
        ordered = [
            number
            for column in columns
            for number in (column.lines[::-1] if turned == 270 else column.lines)
        ]
        size = (self.reading.width, self.reading.height)
        pieces = [
            titles.Piece(lines[n].text, lines[n].confidence, sides(lines[n].box, *size)[1])
            for n in ordered
        ]
        if self.reading.model == "given":
            pieces = [replace(piece, size=0.0) for piece in pieces]
        return pieces, tuple(ordered)


def _together(wall: float) -> float:
    held = min(max(wall, 1e-4), 1 - 1e-4)
    return max(-STRONGEST, min(STRONGEST, math.log((1 - held) / held)))


def completed(candidate: Candidate, match: Match) -> Candidate:
    """With the catalogue's title and author, when the match is certain."""
    best = match.best
    if best is None or not match.is_certain:
        return candidate
    title, author = best.book.title, best.book.author
    inferred = [
        name
        for name, full, read in (
            ("title", title, candidate.text),
            ("author", author, candidate.text),
        )
        if full and not set(fold(full).split()) <= set(fold(read).split())
    ]
    return replace(
        candidate,
        title=title,
        author=author or candidate.author,
        confidence=max(candidate.confidence, round(match.certainty, 3)),
        inferred=tuple(inferred),
        matched=True,
    )


def weighed(found: Sequence[Candidate], least: float) -> list[Candidate]:
    """The better the catalogue knows this shelf, the likelier is what it does not know misread."""
    share = sum(each.matched for each in found) / max(1, len(found))
    weighed = [
        each
        if each.matched
        else replace(each, confidence=round(each.confidence * (1 - DOUBT * share), 3))
        for each in found
    ]
    return [replace(each, aside=each.confidence < least) for each in weighed]
