"""Words by their looks and by short lists: which text is a person's name or a publisher's. Pure."""

import re
from functools import cache
from importlib.resources import files

from imaging.bookshelf.folding import fold

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
HOUSE = re.compile(
    r"^(?:(?!the )\w+ ){1,3}(?:verlag|verlagshaus|press|publishing|publishers|books|editions)$"
)
"""What publishers call themselves; folded."""
JOINING = str.maketrans("", "", "-'’")
INITIAL = re.compile(r"^(?:[A-ZÀ-Þ]\.){1,3}$")


def is_imprint(text: str) -> bool:
    """A publisher's name or the kind of book, and nothing else: `dtv`, `Roman`, `A Novel`."""
    plain = fold(text)
    return plain in imprints() or bool(HOUSE.match(plain))


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


def is_capital(text: str) -> bool:
    """Capitalised words that are no small or general ones: it may be a name."""
    return all(
        word[:1].isupper()
        and word.isalpha()
        and len(word) > 2
        and fold(word) not in SMALL | GENERIC
        for word in text.translate(JOINING).split()
    )


def is_person_shaped(text: str) -> bool:
    """Two to four words with capitals; small words only as in `Teresa de la Parra`."""
    plain = text.split()
    named = [word for word in plain if fold(word) not in PARTICLES]
    ends = plain[:1] == named[:1] and plain[-1:] == named[-1:]
    return 2 <= len(plain) <= 4 and ends and is_capital(" ".join(named))
