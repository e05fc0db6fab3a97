"""Which edition a candidate is: the shop's catalogue first, then the services that are set up.

A source that does not answer is named in the notes, and the next one is asked; a book that nobody
knows keeps what was read and is called unverified, never blank.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from rapidfuzz import fuzz

from carousel.models import Tenant
from imaging.bookshelf import matching, remote
from imaging.bookshelf.candidates import Candidate
from imaging.bookshelf.folding import fold
from imaging.bookshelf.library import Book, Catalogue, main_title

ALIKE = 0.85
"""From this likeness of title and author on a service's book is believed."""
SHOWN = 0.05
MOST = 8


@dataclass(frozen=True)
class Edition:
    """A book that this may be; `score` 0..1: the match's probability, or a service's likeness."""

    book: Book
    score: float

    def as_json(self) -> dict[str, object]:
        return asdict(self.book) | {"score": round(self.score, 3)}


@dataclass(frozen=True)
class Found:
    """`best` is None when no edition is believed. `ask`: several fit, a person must choose."""

    best: Edition | None
    editions: tuple[Edition, ...]
    ask: bool
    notes: tuple[str, ...]


def look_up(tenant: Tenant, catalogue: Catalogue | None, candidate: Candidate) -> Found:
    match = matching.match(candidate.text, catalogue) if catalogue else matching.NOTHING
    ours = tuple(Edition(e.book, e.probability) for e in match.scored if e.probability > SHOWN)
    if ours and match.is_certain:
        return _decided(ours, ())
    notes: list[str] = []
    if catalogue is not None and not ours:
        notes.append("Not in the shop's catalogue.")
    for source in settings.BOOK_SOURCES if not candidate.aside else ():
        try:
            books = remote.ask(source, tenant, candidate.read_title, candidate.read_author)
        except remote.Unanswered as no:
            notes.append(str(no))
            continue
        theirs = _alike(candidate, books)
        if theirs and theirs[0].score >= ALIKE:
            return _decided(theirs, tuple(notes))
        notes.append(f"{remote.NAMES[source]} knows no such book.")
    return Found(None, ours[:MOST], bool(ours), tuple(notes))


def _decided(editions: Sequence[Edition], notes: tuple[str, ...]) -> Found:
    """The first; a person is asked when another number fits as well."""
    first = matching.work(editions[0].book)
    same = [each for each in editions if matching.work(each.book) == first]
    numbers = {each.book.isbn for each in same if each.score > 0.6 * same[0].score}
    return Found(editions[0], tuple(editions[:MOST]), len(numbers) > 1, notes)


def _alike(candidate: Candidate, books: Sequence[Book]) -> list[Edition]:
    editions = [Edition(book, likeness(candidate, book)) for book in books]
    return sorted(editions, key=lambda each: (-each.score, not each.book.isbn))


def likeness(candidate: Candidate, book: Book) -> float:
    """0..1: whole or main title as sorted words; a named author that differs takes it down."""
    read = fold(candidate.read_title)
    titles = (fold(book.title), fold(main_title(book.title)))
    title = max(fuzz.token_sort_ratio(read, each) for each in titles) / 100
    if not candidate.read_author or not book.author:
        return 0.97 * title
    author = fuzz.partial_token_set_ratio(fold(candidate.read_author), fold(book.author)) / 100
    return float(title * (0.6 + 0.4 * author))
