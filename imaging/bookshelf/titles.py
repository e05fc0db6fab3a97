"""Title and author from the pieces of text on one spine, by the looks of the words alone. Pure.

What is on a spine is text, whatever it says. Shelf labels are dropped; what remains is an author
when it looks like a name, else title.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from imaging.bookshelf.folding import fold, words

LABEL = re.compile(
    r"^(?:"
    r"[0-9]{1,3}(?:[.,:]\s?[0-9]+)*\s?(?:\([^)]{1,16}\)\s?|\"[^\"]{1,8}\"\s?)*\s?[A-ZÀ-Þ][A-Za-zÀ-ÿ1]{2}"
    r"|[0-9]{3}(?:[.,][0-9]+)+\s?[A-Z]?"
    r"|[A-Z]{1,3}\*{0,3}\s(?:[0-9]{2,3}[A-Z]?\s)?[A-ZÀ-Þ][A-Za-zÀ-ÿ]{1,2}"
    r"|[A-Z]{1,3}[-.]?\s?[0-9]{1,6}"
    r")$"
)
NOT_WORDS = re.compile(r"^[\W\d_]*$")
SPLIT = re.compile(r"\s+[/•·|]\s+|\s+[-–—]\s+|(?<=\w)\s*[/•|]\s*(?=\w)")
SMALL = frozenset(
    word
    for line in (
        "a al am an and as at auf aus bei by das de dem den der des die du e ein eine einem einen",
        "einer el els en er es et for from für i il im in is ist ja la las le les lo los mit nach",
        "nicht no o of og on or per para por que the to und una uno un unter vom von vor what who",
        "wie with y zu zum zur í á um með við hvað sem",
    )
    for word in line.split()
)
PARTICLES = frozenset(
    word
    for line in ("de del della di da du la le van von der den ter ten mac mc st y i",)
    for word in line.split()
)
GENERIC = frozenset(
    word
    for line in (
        "album atlas band biografia biographie biography diccionari diccionario dictionary",
        "enciclopedia encyclopaedia encyclopedia enzyklopadie erzahlungen gedichte geschichte",
        "geschichten gramatica grammatik guia guide handbook handbuch historia history",
        "introduccion introduction kochbuch lehrbuch lexikon manual memoirs poems poesia",
        "reisefuhrer stories tagebuch worterbuch",
    )
    for word in line.split()
)
"""Words that stand alone on a line as a surname does, and are none."""
INITIAL = re.compile(r"^(?:[A-ZÀ-Þ]\.){1,3}$")
SHOUTED = re.compile(r"^((?:[A-ZÀ-Þ][A-ZÀ-Þ.'’-]+\s+){1,3})(?=[A-ZÀ-Þ]?[a-zà-ÿ])")
LABEL_LETTERS = 3
"""Beside other text, a piece as short as this is a part of a label."""
SUBTITLE = 0.55
"""Letters lower than this share of the title's are a subtitle."""

SMALLER = 0.85


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


def is_imprint(text: str) -> bool:
    """A publisher's name or the kind of book, and nothing else: `dtv`, `Roman`, `A Novel`."""
    return fold(text) in imprints()


def say(pieces: Sequence[Piece], known: frozenset[str] = frozenset()) -> Said:
    """`known`: folded words of the author, when the book is known already.

    `confidence` 0..1: the reader's certainty in the title's letters, times how much the title
    looks like one: whole words rather than crumbs; a little more when an author was found."""
    label = next((piece.text for piece in pieces if is_label(piece.text)), "")
    kept = [piece for piece in pieces if not is_label(piece.text) and not _is_crumb(piece.text)]
    kept = [piece for piece in kept if not is_imprint(piece.text)] or kept
    if any(len(fold(piece.text)) > LABEL_LETTERS + 1 for piece in kept):
        kept = [piece for piece in kept if len(fold(piece.text)) > LABEL_LETTERS]
    parts = [
        Piece(part, piece.confidence, piece.size)
        for piece in kept
        for part in _split(piece.text)
        if not _is_crumb(part)
    ]
    if not parts:
        return Said("", "", label, 0.0)
    parts = _stacked(parts)
    authors = _known(parts, known) or _authors(parts)
    rest = [part for part in parts if part not in authors]
    title = _title(rest)
    author = ", ".join(tidy(part.text) for part in authors)
    return Said(title, author, label, _confidence(rest or parts, title, author))


def tidy(text: str) -> str:
    """Shouting is calmed: `RICHARD OSMAN` -> `Richard Osman`; other texts stay as they are."""
    plain = " ".join(text.split()).strip(" -–—·•,;:/|")
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


def name_likeness(text: str) -> float:
    """Above 1: looks like a person's name."""
    plain = text.strip(" ,.;:-–").split()
    if not plain or len(plain) > 6 or any(sign.isdigit() for sign in text):
        return 0.0
    folded = [fold(word) for word in plain]
    inner = [word for word in folded[1:] if word in SMALL and word not in PARTICLES]
    if inner or folded[0] in SMALL or folded[0] in {"y", "i"} or folded[-1] in PARTICLES | SMALL:
        return 0.0
    named = sum(word in given_names() for word in folded)
    initials = sum(bool(INITIAL.match(word)) for word in plain)
    capital = all(word[:1].isupper() or fold(word) in PARTICLES for word in plain)
    if not capital:
        return 0.0
    score = 1.3 * bool(named) + 0.9 * bool(initials and len(plain) > 1)
    if folded[0] in given_names() or INITIAL.match(plain[0]):
        score += 0.4
    return score + 0.3 * (2 <= len(plain) <= 4) - 0.6 * (len(plain) == 1)


@cache
def given_names() -> frozenset[str]:
    return frozenset(fold(name) for name in _listed("names.txt").split())


@cache
def imprints() -> frozenset[str]:
    return frozenset(fold(name) for name in _listed("imprints.txt").splitlines())


def _listed(file: str) -> str:
    return files("imaging.bookshelf").joinpath(file).read_text("utf-8")


def _cap(word: str) -> str:
    return re.sub(r"(^|[-'’])(\w)", lambda hit: hit[1] + hit[2].upper(), word.lower())


def _is_crumb(text: str) -> bool:
    """Signs, a number, or one or two letters: a logo, a price, a volume."""
    return bool(NOT_WORDS.match(text)) or len(fold(text).replace(" ", "")) < 3


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
    if score < 1.6 or not _changes(plain, a, b):
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
        if found and _is_stack(found[-1], part) and any(" " in each.text for each in rest):
            above = found.pop()
            part = replace(part, text=f"{above.text} {part.text}")
        found.append(part)
    return found


def _is_stack(above: Piece, below: Piece) -> bool:
    single = " " not in above.text and _is_capital(below.text) and " " not in below.text
    alike = abs(above.size - below.size) <= 0.25 * max(above.size, below.size)
    return single and alike and fold(above.text) in given_names()


def _is_capital(text: str) -> bool:
    """Capitalised words that are no small or general ones: it may be a name."""
    return all(
        word[:1].isupper()
        and word.isalpha()
        and len(word) > 2
        and fold(word) not in SMALL | GENERIC
        for word in text.replace("-", "").split()
    )


def _known(parts: Sequence[Piece], known: frozenset[str]) -> list[Piece]:
    named = [part for part in parts if known and known.issuperset(words(part.text))]
    return named if len(named) < len(parts) else []


def _authors(parts: Sequence[Piece]) -> list[Piece]:
    """The most name-like, and others as name-like of the same size; never all of the spine."""
    scored = [(name_likeness(part.text), part) for part in parts]
    names = [part for score, part in scored if score >= 1.5]
    if len(names) == len(parts):
        # All look like names: a single one is the title, of several the largest is.
        largest = max(parts, key=lambda part: (part.size, len(part.text)))
        names = [part for part in names if part is not largest]
    if names or len(parts) < 2:
        return names[:3]
    likely = [part for part in parts if _is_small_name(part, parts)]
    return (likely or [part for part in parts if _is_surname(part, parts)])[:1]


def _is_small_name(part: Piece, parts: Sequence[Piece]) -> bool:
    """Two or three capitalised words in letters smaller than the title's."""
    largest = max(other.size for other in parts)
    plain = part.text.strip()
    return 2 <= len(plain.split()) <= 3 and _is_capital(plain) and part.size < SMALLER * largest


def _is_surname(part: Piece, parts: Sequence[Piece]) -> bool:
    """One capitalised word beside a title of several words, and not part of its line."""
    others = [other for other in parts if other is not part]
    longest = max(len(other.text.split()) for other in others)
    word = part.text.strip()
    alone = len(word.split()) == 1 and word[:1].isupper() and word.isalpha() and len(word) > 3
    return alone and longest >= 2 and fold(word) not in SMALL | GENERIC


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
