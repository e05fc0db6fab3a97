"""Which known book a spine's text belongs to, and how sure that is. Pure.

Every word of the text is evidence: found in the book it speaks for it by its rarity, not found it
speaks against it; so do the words of the title that were not read. The sums are log-likelihoods: a
book's share of them says which of the known ones it is, and `certainty` whether it is one at all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rapidfuzz.distance import Indel

from imaging.bookshelf.certainty import CERTAIN, Signs, certainty, lead
from imaging.bookshelf.folding import fold, words
from imaging.bookshelf.library import Book, Catalogue, main_title
from imaging.bookshelf.names import SMALL

LONGEST_MARK = 5
LEAST_LIKE = 0.7
SHOWN = 8
RARE = 6.0
"""Nats from which on a word is as rare as it matters."""


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
    """The books in question, the most probable first. `evidence`: nats above "not known".

    `certainty` is the probability of the first one's work, whichever of its editions it is.
    """

    scored: tuple[Scored, ...]
    certainty: float = 0.0

    @property
    def best(self) -> Scored | None:
        return self.scored[0] if self.scored else None

    @property
    def is_certain(self) -> bool:
        return self.certainty >= CERTAIN

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
    return _weighed(judge, books)


def work(book: Book) -> tuple[str, tuple[str, ...]]:
    """What the editions of one book have in common."""
    return fold(main_title(book.title)), book.authors[:1]


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


def _weighed(judge: "_Judge", books: Sequence[Book]) -> Match:
    """The first work has the certainty, which its editions share; others share what is left."""
    found = sorted(
        ((judge.evidence(book), book) for book in books), key=lambda each: (-each[0], each[1].key)
    )[:SHOWN]
    (top, first), *_ = found
    likely = [math.exp(evidence - top) for evidence, _ in found]
    shares = [each / sum(likely) for each in likely]
    same = [work(book) == work(first) for _, book in found]
    share = sum(each for each, ours in zip(shares, same, strict=True) if ours)
    sure = certainty(judge.signs(first, top, lead(share)))
    scored = [
        Scored(book, each * (sure / share if ours else 1 - sure), evidence - judge.weights.nobody)
        for each, ours, (evidence, book) in zip(shares, same, found, strict=True)
    ]
    return Match(tuple(scored), sure)


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
        self.known, self.size, self.weights = known, max(size, 2), weights
        self.most = math.log(self.size)
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

    def signs(self, book: Book, evidence: float, lead: float) -> Signs:
        """What certainty is judged by, for the book that fits best."""
        likes: dict[str, float] = {}
        explained = strangers = 0.0
        for word in self.read:
            _, where, like = self._met(word, book)
            likes[where] = max(likes.get(where, 0.0), like)
            if where:
                explained += _length(word)
            elif word in self.known and word not in SMALL:
                strangers += _length(word) * min(self.known[word], RARE) / RARE
        whole = sum(self._rarity(word) for word in book.main)
        seen = sum(self._rarity(word) * likes.get(word, 0.0) ** 2 for word in book.main)
        same = bool(self.mark) and book.mark == self.mark
        return Signs(
            evidence=evidence,
            lead=lead,
            title=seen / whole if whole else 0.0,
            explained=explained / (sum(map(_length, self.read)) or 1.0),
            strangers=strangers,
            only_with_mark=same and self.mark_rarity > math.log(self.size / 1.5),
            other_mark=bool(self.mark and book.mark) and not same,
        )

    def _of_word(self, word: str, book: Book, met: set[str]) -> float:
        best, where, _ = self._met(word, book)
        if where:
            again = where in met
            met.add(where)
            return 0.0 if again else best
        heard = 1.0 if word in self.known else 0.5
        return self.weights.unknown * _length(word) * heard

    def _met(self, word: str, book: Book) -> tuple[float, str, float]:
        """What finding the word in the book is worth, as which word, and how alike they are."""
        best, where, alike = 0.0, "", 0.0
        for known, share in self._places(book):
            like = self._like(word, known)
            gain = share * self._rarity(known) * like * like
            if gain > best:
                best, where, alike = gain, known, like
        return best, where, alike

    def _places(self, book: Book) -> Sequence[tuple[str, float]]:
        return (
            *((word, 1.0) for word in (*book.main, *book.authors)),
            *((word, self.weights.subtitle) for word in book.rest),
            *((word, self.weights.series) for word in book.series_words),
        )

    def _unread(self, word: str) -> float:
        return self.weights.unread * _length(word) * min(self._rarity(word), 4) / 2

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


def _length(word: str) -> float:
    """Short words say less."""
    return min(1.0, len(word) / 5)


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
