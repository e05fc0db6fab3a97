"""Which known book a spine's text belongs to, and how sure that is. Pure.

Every word of the text is evidence: found in the book it speaks for it by its rarity, not found it
speaks against it; so do the words of the title that were not read. The sums are log-likelihoods
against "some book that is not known", and the probability of a book is its share of them all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rapidfuzz.distance import Indel

from imaging.bookshelf.folding import words
from imaging.bookshelf.library import Book, Catalogue
from imaging.bookshelf.titles import SMALL

CERTAIN = 0.8
"""From this probability on a match is believed; below it staff are asked."""
LONGEST_MARK = 5
LEAST_LIKE = 0.7


@dataclass(frozen=True)
class Weights:
    """In nats. `nobody` is what the evidence must outweigh before any book is believed."""

    nobody: float = 10.0
    unread: float = -1.3
    unknown: float = -1.3
    no_author: float = -1.0
    no_title: float = -12.0
    most: float = 8.0
    most_small: float = 1.5
    subtitle: float = 0.7
    series: float = 0.6
    same_mark: float = 0.8
    other_mark: float = -6.0


WEIGHTS = Weights()


@dataclass(frozen=True)
class Scored:
    """A book and how probable it is, 0..1, that the spine is this one."""

    book: Book
    probability: float
    evidence: float


@dataclass(frozen=True)
class Match:
    """The books in question, the most probable first. `evidence`: nats above "not known"."""

    scored: tuple[Scored, ...]

    @property
    def best(self) -> Scored | None:
        return self.scored[0] if self.scored else None

    @property
    def is_certain(self) -> bool:
        return bool(self.scored) and self.scored[0].probability >= CERTAIN

    @property
    def evidence(self) -> float:
        return self.scored[0].evidence if self.scored else -math.inf


NOTHING = Match(())


def match(text: str, catalogue: Catalogue, weights: Weights = WEIGHTS) -> Match:
    """The known books that the text of one spine, in any order, may come from."""
    read = words(text)
    mark, rest = split_mark(read, catalogue)
    if not rest and not mark:
        return NOTHING
    books = catalogue.near(rest, mark)
    if not books:
        return NOTHING
    known = catalogue.rarities(set(rest) | set(chain.from_iterable(map(_title_words, books))))
    judge = _Judge(rest, mark, _mark_rarity(mark, catalogue), known, catalogue.size, weights)
    return _shared([(judge.evidence(book), book) for book in books], weights)


def split_mark(read: Sequence[str], catalogue: Catalogue) -> tuple[str, list[str]]:
    """The shelf mark among the words, if the catalogue has one like it, and the other words."""
    spans = {
        " ".join(read[at : at + length]): (at, length)
        for length in range(2, LONGEST_MARK + 1)
        for at in range(len(read) - length + 1)
    }
    found = catalogue.marks(spans)
    if not found:
        return "", list(read)
    mark = max(found, key=lambda each: (spans[each][1], found[each], each))
    at, length = spans[mark]
    return mark, [*read[:at], *read[at + length :]]


def _mark_rarity(mark: str, catalogue: Catalogue) -> float:
    return catalogue.marks([mark]).get(mark, 0.0) if mark else 0.0


def _title_words(book: Book) -> Sequence[str]:
    return (*book.main, *book.rest, *book.authors, *book.series_words)


def _shared(found: list[tuple[float, Book]], weights: Weights) -> Match:
    """Each book's share of the likelihood, with "nobody we know" among them."""
    found.sort(key=lambda each: (-each[0], each[1].key))
    top = max(found[0][0], weights.nobody)
    total = sum(math.exp(e - top) for e, _ in found) + math.exp(weights.nobody - top)
    return Match(
        tuple(
            Scored(book, math.exp(evidence - top) / total, evidence - weights.nobody)
            for evidence, book in found[:8]
        )
    )


class _Judge:
    """Weighs one text against one book after another; remembers which words are alike."""

    def __init__(
        self,
        read: Sequence[str],
        mark: str,
        mark_rarity: float,
        known: Mapping[str, float],
        size: int,
        weights: Weights,
    ) -> None:
        self.read, self.mark, self.mark_rarity = read, mark, mark_rarity
        self.known, self.most, self.weights = known, math.log(max(size, 2)), weights
        self.likeness: dict[tuple[str, str], float] = {}

    def evidence(self, book: Book) -> float:
        met: set[str] = set()
        total = sum(self._of_word(word, book, met) for word in self.read)
        total += sum(self._unread(word) for word in book.main if word not in met)
        if book.authors and met.isdisjoint(book.authors):
            total += self.weights.no_author
        return total + self._of_mark(book) + self._without_title(book, met)

    def _without_title(self, book: Book, met: set[str]) -> float:
        """An author and a mark alone are any of the author's books: half the title must be seen."""
        whole = sum(self._rarity(word) for word in book.main)
        seen = sum(self._rarity(word) for word in book.main if word in met)
        share = seen / whole if whole else 0.0
        return self.weights.no_title * max(0.0, 1 - 2 * share)

    def _of_word(self, word: str, book: Book, met: set[str]) -> float:
        best, where = 0.0, ""
        for known, share in self._places(book):
            like = self._like(word, known)
            gain = share * self._rarity(known) * like * like
            if gain > best:
                best, where = gain, known
        if where:
            again = where in met
            met.add(where)
            return 0.0 if again else best
        heard = 1.0 if word in self.known else 0.5
        return self.weights.unknown * min(1.0, len(word) / 5) * heard

    def _places(self, book: Book) -> Sequence[tuple[str, float]]:
        return (
            *((word, 1.0) for word in (*book.main, *book.authors)),
            *((word, self.weights.subtitle) for word in book.rest),
            *((word, self.weights.series) for word in book.series_words),
        )

    def _unread(self, word: str) -> float:
        return self.weights.unread * min(1.0, len(word) / 5) * min(self._rarity(word), 4) / 2

    def _of_mark(self, book: Book) -> float:
        if not self.mark or not book.mark:
            return 0.0
        if book.mark == self.mark:
            return self.weights.same_mark * self.mark_rarity
        return self.weights.other_mark

    def _rarity(self, word: str) -> float:
        """Small words are never rare, however few a small catalogue has of them."""
        most = self.weights.most_small if word in SMALL else self.weights.most
        return min(most, self.known.get(word, self.most))

    def _like(self, read: str, known: str) -> float:
        found = self.likeness.get((read, known))
        if found is None:
            found = self.likeness[read, known] = like(read, known)
        return found


def like(read: str, known: str) -> float:
    """How alike two words are, 0..1; a word cut off at a label or an edge is nearly whole."""
    if read == known:
        return 1.0
    short, long = sorted((read, known), key=len)
    if len(short) < 3:
        return 0.0
    found: float = Indel.normalized_similarity(read, known, score_cutoff=LEAST_LIKE)
    if len(short) >= 4 and (long.startswith(short) or long.endswith(short)):
        found = max(found, 0.55 + 0.45 * len(short) / len(long))
    return found if found >= LEAST_LIKE else 0.0
