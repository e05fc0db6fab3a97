"""Title and author from the pieces of text on one spine, by the looks of the words alone. Pure.

What is on a spine is text, whatever it says. Shelf labels are dropped; what remains is an author
when it looks like a name, else title.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imaging.bookshelf.familiar import SPLIT, parted
from imaging.bookshelf.folding import fold, words
from imaging.bookshelf.names import (
    GENERIC,
    INITIAL,
    PARTICLES,
    SMALL,
    given_names,
    is_capital,
    is_imprint,
    is_person_shaped,
    name_likeness,
)

LABEL = re.compile(
    r"^(?:"
    r"[0-9]{1,3}(?:[.,:]\s?[0-9]+)*\s?(?:\([^)]{1,16}\)\s?|\"[^\"]{1,8}\"\s?)*\s?[A-ZÀ-Þ][A-Za-zÀ-ÿ1]{2}"
    r"|[0-9]{3}(?:[.,][0-9]+)+\s?[A-Z]?"
    r"|[0-9]{3}\.[0-9]+\s.+"
    r"|[A-Z]{1,3}\*{0,3}\s(?:[0-9]{2,3}[A-Z]?\s)?[A-ZÀ-Þ][A-Za-zÀ-ÿ]{1,2}"
    r"|[A-Z]{1,3}[-.]?\s?[0-9]{1,6}"
    r")$"
)
NOT_WORDS = re.compile(r"^[\W\d_]*$")
SHOUTED = re.compile(r"^((?:[A-ZÀ-Þ][A-ZÀ-Þ.'’-]+\s+){1,3})(?=[A-ZÀ-Þ]?[a-zà-ÿ])")
LABEL_LETTERS = 3
"""Beside other text, a piece as short as this is a part of a label."""
SUBTITLE = 0.55
"""Letters lower than this share of the title's are a subtitle."""
SMALLER = 0.85
ALIKE = 0.25
"""Letters of two heights are one size, when they differ by at most this share of the larger."""
NAMED, SURELY_NAMED = 1.5, 1.6
GLUED = re.compile(r"\b((?:[A-ZÀ-Þ]\.)+)(?=[A-ZÀ-Þ][\w'’-]{2})")
"""Initials at which the reader missed the space: `J.R.R.TOLKIEN`."""


@dataclass(frozen=True)
class Piece:
    """Text in the order of reading. `size`: height of its letters in any unit; 0 if unknown."""

    text: str
    confidence: float = 1.0
    size: float = 0.0


@dataclass(frozen=True)
class Said:
    """What a spine says. `label` is the shelf mark that was dropped from it."""

    title: str
    author: str
    label: str
    confidence: float


def is_label(text: str) -> bool:
    return bool(LABEL.match(text.strip()))


def say(
    pieces: Sequence[Piece],
    known: frozenset[str] = frozenset(),
    familiar: frozenset[str] = frozenset(),
) -> Said:
    """`known`: folded words of the author, when the book is known already.

    `familiar`: folded names that stand on other spines too; see familiar.phrases.
    `confidence` 0..1: the reader's certainty in the title's letters, times how much the title
    looks like one: whole words rather than crumbs; a little more when an author was found."""
    label = next((piece.text for piece in pieces if is_label(piece.text)), "")
    pieces = [replace(piece, text=GLUED.sub(r"\1 ", piece.text)) for piece in pieces]
    kept = [piece for piece in pieces if not is_label(piece.text) and not _is_crumb(piece.text)]
    kept = _without_labels([piece for piece in kept if not is_imprint(piece.text)] or kept)
    parts = [
        Piece(part, piece.confidence, piece.size)
        for piece in kept
        for part in _parts(piece, kept, familiar)
        if not _is_crumb(part)
    ]
    if not parts:
        return Said("", "", label, 0.0)
    parts = _stacked(parts)
    shared = _shared(parts, familiar)
    authors = _known(parts, known) or _authors(parts, shared)
    rest = [part for part in parts if part not in authors and part not in shared]
    title = _title(rest)
    author = ", ".join(tidy(part.text) for part in authors)
    return Said(title, author, label, _confidence(rest or parts, title, author))


def tidy(text: str) -> str:
    """Shouting is calmed: `RICHARD OSMAN` -> `Richard Osman`; other texts stay as they are."""
    plain = " ".join(text.split()).strip(" -–—·•,;:/|")
    if fold(plain) in SMALL:
        return _cap(plain)
    if not plain.isupper() or len(plain) < 4:
        return plain
    return " ".join(
        word
        if INITIAL.match(word)
        else word.lower()
        if place and fold(word) in SMALL
        else _cap(word)
        for place, word in enumerate(plain.split())
    )


def _cap(word: str) -> str:
    return re.sub(r"(^|[-'’])(\w)", lambda hit: hit[1] + hit[2].upper(), word.lower())


def _is_crumb(text: str) -> bool:
    """Signs, a number, or one or two letters that are no word: a logo, a price, a volume."""
    plain = fold(text)
    short = len(plain.replace(" ", "")) < 3 and not (len(plain) == 2 and plain in SMALL)
    return bool(NOT_WORDS.match(text)) or short


def _without_labels(pieces: Sequence[Piece]) -> list[Piece]:
    """Two or three letters beside other text are a part of a label, unless they are a word."""
    if not any(len(fold(piece.text)) > LABEL_LETTERS + 1 for piece in pieces):
        return list(pieces)
    return [p for p in pieces if len(fold(p.text)) > LABEL_LETTERS or fold(p.text) in SMALL]


def _parts(piece: Piece, pieces: Sequence[Piece], familiar: frozenset[str]) -> list[str]:
    """A name of three words that stands beside other text is not parted."""
    shared = parted(piece.text, familiar)
    if len(shared) > 1:
        return shared
    alone = len(pieces) == 1
    whole = not alone and len(piece.text.split()) <= 3 and name_likeness(piece.text) >= SURELY_NAMED
    return [piece.text] if whole and not SPLIT.search(piece.text) else _split(piece.text)


def _split(text: str) -> list[str]:
    """At a separating sign; else between a name at an end and the rest."""
    parts = [part for part in SPLIT.split(text) if part.strip()]
    if len(parts) > 1:
        return parts
    if (shouted := SHOUTED.match(text)) and len(shouted[1]) > 5:
        return [shouted[1].strip(), text[shouted.end() :]]
    plain = text.split()
    best = max(
        ((name_likeness(" ".join(plain[a:b])), a, b) for a, b in _ends(len(plain))),
        default=(0.0, 0, 0),
        key=lambda each: (each[0], each[1] - each[2]),
    )
    score, a, b = best
    if score < SURELY_NAMED or not _changes(plain, a, b):
        return [text]
    return (
        [" ".join(plain[:b]), " ".join(plain[b:])]
        if a == 0
        else [
            " ".join(plain[:a]),
            " ".join(plain[a:]),
        ]
    )


def _ends(count: int) -> list[tuple[int, int]]:
    """The first or last two or three words, when at least one other is left."""
    spans = [(0, 2), (0, 3), (count - 2, count), (count - 3, count)]
    return [(a, b) for a, b in spans if 0 <= a < b <= count and b - a < count]


def _changes(plain: Sequence[str], a: int, b: int) -> bool:
    """The name is set off: the other part begins with a small word or a new capital."""
    rest = plain[b:] if a == 0 else plain[:a]
    return len(rest) > 1 or (rest[0][:1].isupper() and len(rest[0]) > 3)


def _stacked(parts: Sequence[Piece]) -> list[Piece]:
    """A given name and, on the next line, a surname are one name, when a title is left."""
    found: list[Piece] = []
    for part in parts:
        rest = [other for other in parts if other is not part and other not in found[-1:]]
        if found and _is_stack(found[-1], part) and _is_title_enough(rest):
            above = found.pop()
            part = replace(part, text=f"{above.text} {part.text}")
        found.append(part)
    return found


def _is_title_enough(rest: Sequence[Piece]) -> bool:
    """Not `ANNA / KARENINA / TOLSTOI`: of three single words no two are a name."""
    return len(rest) > 1 or any(" " in each.text for each in rest)


def _is_stack(above: Piece, below: Piece) -> bool:
    single = " " not in above.text and is_capital(below.text) and " " not in below.text
    return single and _is_as_large(above, below) and fold(above.text) in given_names()


def _known(parts: Sequence[Piece], known: frozenset[str]) -> list[Piece]:
    named = [part for part in parts if known and known.issuperset(words(part.text))]
    return named if len(named) < len(parts) else []


def _shared(parts: Sequence[Piece], familiar: frozenset[str]) -> list[Piece]:
    """Those that other spines have too, when a title is left."""
    found = [part for part in parts if fold(part.text) in familiar]
    return found if len(found) < len(parts) else []


def _authors(parts: Sequence[Piece], shared: Sequence[Piece] = ()) -> list[Piece]:
    """The most name-like, and others as name-like of the same size; never all of the spine."""
    scored = [(name_likeness(part.text), part) for part in parts if not _goes_on(part, parts)]
    names = [part for score, part in scored if score >= NAMED]
    names = [part for part in names if _is_as_large(part, names[0])] or names
    if not names and shared:
        return list(shared[:1])
    if len(names) == len(parts):
        # All look like names: a single one is the title, of several the largest is.
        largest = max(parts, key=lambda part: (part.size, len(part.text)))
        names = [part for part in names if part is not largest]
    if names or len(parts) < 2:
        return names[:3]
    likely = [part for part in parts if _is_small_name(part, parts)]
    return (likely or [part for part in parts if _is_surname(part, parts)])[:1]


def _goes_on(part: Piece, parts: Sequence[Piece]) -> bool:
    """The next line begins with a small letter: it ends this one, as `und der Stein` does."""
    after = parts[parts.index(part) + 1 :][:1]
    return any(each.text[:1].islower() and len(each.text.split()) > 1 for each in after)


def _is_as_large(one: Piece, other: Piece) -> bool:
    return abs(one.size - other.size) <= ALIKE * max(one.size, other.size)


def _is_small_name(part: Piece, parts: Sequence[Piece]) -> bool:
    """Two to four words with capitals, beside a title that is larger or in small letters."""
    others = [other for other in parts if other is not part]
    smaller = part.size < SMALLER * max(other.size for other in others)
    alone = not any(is_person_shaped(other.text) for other in others)
    return is_person_shaped(part.text) and (smaller or (alone and _says_small(others)))


def _says_small(parts: Sequence[Piece]) -> bool:
    """There is a word in small letters that is more than an article: no line of names has one."""
    said = [word for part in parts for word in part.text.split()]
    return any(word.islower() and fold(word) not in SMALL | PARTICLES for word in said)


def _is_surname(part: Piece, parts: Sequence[Piece]) -> bool:
    """The only single word, first or last, beside a title of several words; or one of two."""
    if len(parts) == 2 and all(len(other.text.split()) == 1 for other in parts):
        return part is _smaller(parts)
    single = [other for other in parts if len(other.text.split()) == 1]
    at_an_end = part is parts[0] or part is parts[-1]
    word = part.text.strip()
    plain = word[:1].isupper() and word.isalpha() and len(word) > 3
    known = fold(word) in SMALL | GENERIC
    return single == [part] and at_an_end and len(parts) > 1 and plain and not known


def _smaller(two: Sequence[Piece]) -> Piece | None:
    """`TYLL / Brindl`: of two words in different letters the author's, in small ones or first."""
    first, second = two
    if _is_as_large(first, second):
        return first if first.text.isupper() != second.text.isupper() else None
    return min(two, key=lambda piece: piece.size)


def _title(rest: Sequence[Piece]) -> str:
    if not rest:
        return ""
    largest = max(piece.size for piece in rest)
    main = [piece for piece in rest if piece.size >= SUBTITLE * largest]
    below = [piece for piece in rest if piece not in main and len(piece.text) > 8]
    title = " ".join(tidy(piece.text) for piece in main)
    return " : ".join([title, " ".join(tidy(piece.text) for piece in below)] if below else [title])


def _confidence(pieces: Sequence[Piece], title: str, author: str) -> float:
    letters = sum(len(piece.text) for piece in pieces)
    certain = sum(piece.confidence * len(piece.text) for piece in pieces) / max(letters, 1)
    found = words(title)
    whole = sum(len(word) for word in found if len(word) > 2) / max(1, sum(map(len, found)))
    long = min(1.0, (len(fold(title)) / 10) ** 0.5)
    named = 1.0 if author else 0.85
    return round(certain * whole * long * named, 3) if title else 0.0
