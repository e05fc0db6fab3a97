"""Icelandic inflection: the shape of a noun or an adjective in each gender, number and case.

Nouns are written out in the glossary (eight forms a head word); compounds inflect as their last
part does. Definite forms and adjectives follow rules, with the few exceptions named here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

Gender = Literal["m", "f", "n"]
Number = Literal["sg", "pl"]
Case = Literal["nom", "acc", "dat", "gen"]
Degree = Literal["strong", "weak"]
Slot = tuple[Gender, Number, Case]

GENDERS: tuple[Gender, ...] = ("m", "f", "n")
NUMBERS: tuple[Number, ...] = ("sg", "pl")
CASES: tuple[Case, ...] = ("nom", "acc", "dat", "gen")
SLOTS: tuple[Slot, ...] = tuple(product(GENDERS, NUMBERS, CASES))

UNSTRESSED = "aiu"
VOWELS = "aeiouyáéíóúýæö"


@dataclass(frozen=True)
class Noun:
    """Indefinite forms by (number, case); a plural-only word has no singular ones."""

    gender: Gender
    forms: Mapping[tuple[Number, Case], str]

    def form(self, number: Number, case: Case) -> str:
        return self.forms[number, case]

    def definite(self, number: Number, case: Case) -> str:
        """With the article at its end: taskan, jakkanum, buxurnar."""
        article = _singular_article if number == "sg" else _plural_article
        return article(self.form(number, case), self.gender, case)

    def compound(self, first: str) -> "Noun":
        """leður + taska: the first part never changes."""
        return Noun(self.gender, {slot: first + form for slot, form in self.forms.items()})


def _singular_article(form: str, gender: Gender, case: Case) -> str:
    weak = form[-1] in UNSTRESSED
    accented = form[-1] in VOWELS and not weak
    if gender == "m":
        return form + _masculine_article(case, weak=weak)
    if gender == "f":
        return form + _feminine_article(case, weak=weak, accented=accented)
    if case in ("nom", "acc"):
        return form + ("ð" if weak else "ið")
    return form + ("ins" if case == "gen" else "nu" if weak else "inu")


def _masculine_article(case: Case, *, weak: bool) -> str:
    endings: dict[Case, str] = {"nom": "nn", "acc": "nn", "dat": "num", "gen": "ns"}
    return endings[case] if weak or case == "dat" else "i" + endings[case]


def _feminine_article(case: Case, *, weak: bool, accented: bool) -> str:
    endings: dict[Case, str] = {"nom": "n", "acc": "na", "dat": "nni", "gen": "nnar"}
    bare = weak or (accented and case in ("acc", "dat"))
    return endings[case] if bare else "i" + endings[case]


def _plural_article(form: str, gender: Gender, case: Case) -> str:
    if case == "dat":
        return form.removesuffix("m") + "num"
    if case == "gen":
        return form + "nna"
    if gender == "m":
        return form + ("nir" if case == "nom" else "na")
    if gender == "f":
        return form + "nar"
    return form + ("n" if form[-1] in UNSTRESSED else "in")


@dataclass(frozen=True)
class Adjective:
    """Strong forms by (gender, number, case), and the weak ones that go with a definite noun."""

    strong: Mapping[Slot, str]
    weak: Mapping[Slot, str]

    def form(self, slot: Slot, degree: Degree = "strong") -> str:
        return (self.strong if degree == "strong" else self.weak)[slot]

    @property
    def lemma(self) -> str:
        return self.strong["m", "sg", "nom"]


ENDINGS: dict[Slot, str] = dict(
    zip(
        SLOTS,
        [
            *("ur", "an", "um*", "s", "ir", "a", "um*", "ra"),
            *("*", "a", "ri", "rar", "ar", "ar", "um*", "ra"),
            *("t", "t", "u*", "s", "*", "*", "um*", "ra"),
        ],
        strict=True,
    )
)
"""What follows the stem of svart-ur. A star asks for the stem with u-umlaut: svört-um."""

IRREGULAR: dict[str, dict[Slot, str]] = {
    "lítil": {
        ("m", "sg", "nom"): "lítill",
        ("m", "sg", "acc"): "lítinn",
        ("n", "sg", "nom"): "lítið",
        ("n", "sg", "acc"): "lítið",
    },
    "mikil": {
        ("m", "sg", "nom"): "mikill",
        ("m", "sg", "acc"): "mikinn",
        ("n", "sg", "nom"): "mikið",
        ("n", "sg", "acc"): "mikið",
    },
    "góð": {("n", "sg", "nom"): "gott", ("n", "sg", "acc"): "gott"},
}


def adjective(kind: str, stem: str, umlaut: str = "") -> Adjective:
    """The whole paradigm of one adjective.

    `kind` is the ending of its masculine nominative: ur (svart-ur), á (blá-r), ý (ný-r),
    nn (græn-n), r (stór), aður (drapplit-aður), inn (slit-inn), or an irregular word by name.
    """
    umlaut = umlaut or stem
    strong = {slot: _strong(kind, stem, umlaut, slot) for slot in SLOTS}
    weak = {slot: _weak(kind, stem, umlaut, slot) for slot in SLOTS}
    return Adjective(strong | IRREGULAR.get(stem, {}), weak)


def _strong(kind: str, stem: str, umlaut: str, slot: Slot) -> str:
    ending = ENDINGS[slot]
    rounded = ending.endswith("*")
    ending = ending.removesuffix("*")
    if kind == "aður":
        return _participle(stem, ending, slot, rounded=rounded)
    if kind in ("inn", *SHORTENED):
        return _syncopated(kind, stem, umlaut, ending, slot)
    root = umlaut if rounded else stem
    if ending == "t":
        return _neuter(root)
    if slot == ("m", "sg", "nom"):
        return root + {"ur": "ur", "góður": "ur", "á": "r", "ý": "r", "nn": "n", "r": ""}[kind]
    if ending.startswith("r"):
        return root + _doubled(kind, ending)
    return root + ("j" if kind == "ý" and ending[:1] in ("a", "u") else "") + ending


def _doubled(kind: str, ending: str) -> str:
    """-ri, -rar and -ra after an accented vowel or an n: blárri, grænni."""
    if kind in ("á", "ý"):
        return "r" + ending
    return "n" + ending[1:] if kind == "nn" else ending


def _neuter(stem: str) -> str:
    """rautt, hvítt, svart, blátt, grænt, vatnshelt."""
    if stem[-1] in VOWELS:
        return stem + "tt"
    vowel_before = stem[-2] in VOWELS
    if stem.endswith("ð"):
        return stem[:-1] + ("tt" if vowel_before else "t")
    if stem.endswith("d") and not vowel_before:
        return stem[:-1] + "t"
    if stem.endswith("t"):
        return stem + ("t" if vowel_before else "")
    return stem + "t"


def _participle(stem: str, ending: str, slot: Slot, *, rounded: bool) -> str:
    """notaður, notuð, notað; a of the suffix becomes u before u."""
    if ending == "t":
        return stem + "að"
    return stem + ("uð" if rounded else "að") + ending


SYNCOPATED_LONG: dict[Slot, str] = {
    ("m", "sg", "nom"): "inn",
    ("m", "sg", "acc"): "inn",
    ("f", "sg", "nom"): "in",
    ("n", "sg", "nom"): "ið",
    ("n", "sg", "acc"): "ið",
    ("n", "pl", "nom"): "in",
    ("n", "pl", "acc"): "in",
}
"""Where slitinn keeps the vowel of its suffix and has an ending of its own."""


def _syncopated(kind: str, stem: str, umlaut: str, ending: str, slot: Slot) -> str:
    if kind == "inn":
        if slot in SYNCOPATED_LONG:
            return stem + SYNCOPATED_LONG[slot]
        return stem + (_after_n(ending) if _keeps_vowel(ending) else "n" + ending)
    short, round_short = SHORTENED[kind]
    if slot == ("m", "sg", "nom"):
        return stem + "l"
    if slot == ("m", "sg", "acc"):
        return short + "an"
    if ending in ("t", ""):
        return stem + "t" if ending else umlaut
    if _keeps_vowel(ending):
        return stem + (ending if ending == "s" else "l" + ending[1:])
    return (round_short if ending.startswith("u") else short) + ending


SHORTENED = {"lítill": ("litl", "litl"), "mikill": ("mikl", "mikl"), "gamall": ("gaml", "göml")}
"""Stems that lose their second vowel before an ending, plain and with u-umlaut."""


def _keeps_vowel(ending: str) -> bool:
    return ending == "s" or ending.startswith("r")


def _after_n(ending: str) -> str:
    return "ins" if ending == "s" else "inn" + ending[1:]


def _weak(kind: str, stem: str, umlaut: str, slot: Slot) -> str:
    gender, number, case = slot
    ending = _weak_ending(gender, number, case)
    if kind == "aður":
        return stem + ("uð" if ending == "u" else "að") + ending
    if kind == "inn":
        return stem + "n" + ending
    if kind in SHORTENED:
        short, round_short = SHORTENED[kind]
        return (round_short if ending == "u" else short) + ending
    joint = "j" if kind == "ý" and ending != "i" else ""
    return (umlaut if ending == "u" else stem) + joint + ending


def _weak_ending(gender: Gender, number: Number, case: Case) -> str:
    if number == "pl":
        return "u"
    if gender == "m":
        return "i" if case == "nom" else "a"
    return "u" if gender == "f" and case != "nom" else "a"
