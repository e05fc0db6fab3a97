"""`manage.py evaluate words FOLDER`: do the Icelandic texts agree in gender, number and case?

FOLDER holds the shop's own glossary tables, or nothing: ours are always in. Every item of the
glossary is described at least once; each text is read back by the table of forms alone, without
the grammar that wrote it. Needs no database.
"""

import re
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from imaging.analysis.lexicon import kind_of
from imaging.words import grammar_is
from imaging.words.facts import DefectFact, Facts, Measure
from imaging.words.glossary import BadGlossary, Glossary, glossary
from imaging.words.inflection import SLOTS, Degree, Slot
from imaging.words.phrases import MEASURES, PLACES

CONDITIONS = ("new_with_tags", "like_new", "very_good", "good", "fair", "poor", "")
SEVERITIES = ("minor", "moderate", "major")
WORD = re.compile(r"[^\W\d_]+")
TOKEN = re.compile(r"[^\W\d_]+|[.,:()]")
SMALL_WORDS = (
    "þetta er eru til sölu við erum með og úr frá í mjög góðu þokkalegu lélegu ástandi sem"
    " merkimiðum athugið stærð mynd lítils háttar einn tveir þrír ein tvær þrjár eitt tvö þrjú cm m"
)
BRAND = "Hekla"

Form = tuple[Slot, Degree]


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def command(folder: Path, arguments: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Evaluate the glossary with the tables of one folder. Raises ValueError with a sentence."""
    parser = _Parser(prog="evaluate words", add_help=False)
    parser.add_argument("--samples", type=int, default=10)
    options = parser.parse_args(list(arguments))
    try:
        words = glossary(folder)
    except BadGlossary as error:
        raise ValueError(str(error)) from error
    forms = Forms(words)
    told = [(facts, grammar_is.describe(facts, words)) for facts in over(words)]
    wrong = [(text, found) for facts, text in told if (found := forms.faults(text))]
    for text, found in wrong:
        say(f"WRONG {', '.join(found)}: {text}")
    for _, text in islice(told, 0, None, max(1, len(told) // max(1, options.samples))):
        say(text)
    figures = {"texts": len(told), "wrong": len(wrong), "items": len(words.items)}
    say(", ".join(f"{name} {value}" for name, value in figures.items()))
    return figures


def over(words: Glossary) -> Iterator[Facts]:
    """Every item at least once, with each colour, material, pattern and defect in turn."""
    colours = [key for key in words.words if kind_of(key) == "colour"]
    patterns = [key for key in words.words if kind_of(key) == "pattern"]
    materials = list(words.materials)
    for n, item in enumerate(words.items):
        yield Facts(
            item=item,
            colours=tuple(
                dict.fromkeys((colours[n % len(colours)], colours[(n * 7 + 3) % len(colours)]))
            ),
            materials=(materials[n % len(materials)],) if n % 3 else (),
            pattern=patterns[n % len(patterns)] if n % 4 == 0 else "",
            brand=BRAND if n % 2 else "",
            size="M" if n % 5 == 0 else "",
            condition=CONDITIONS[n % len(CONDITIONS)],
            measures=(Measure("width", 30 + n / 2),) if n % 6 == 0 else (),
            defects=tuple(_damage(words, n, place) for place in range(n % 4)),
            seed=item,
        )


def _damage(words: Glossary, number: int, place: int) -> DefectFact:
    kinds = list(words.damages)
    return DefectFact(kinds[(number + place) % len(kinds)], SEVERITIES[place], "top", 1)


@dataclass(frozen=True)
class Forms:
    """Every form of the glossary's nouns and adjectives with what it may be."""

    words: Glossary

    def faults(self, text: str) -> list[str]:
        """Words that do not agree with their noun, and words that are no Icelandic we know."""
        return [*map(" ".join, self.disagreements(text)), *self.foreign(text)]

    def disagreements(self, text: str) -> list[list[str]]:
        """Adjectives before a noun that share no gender, number, case and degree with it."""
        wrong: list[list[str]] = []
        run: list[str] = []
        for token in TOKEN.findall(text.lower()):
            if token in self.adjectives and token not in self.nouns:
                run.append(token)
            elif token in self.nouns and run:
                shared = set.intersection(self.nouns[token], *(self.adjectives[w] for w in run))
                wrong += [] if shared else [[*run, token]]
                run = []
            elif token != "og":
                run = []
        return wrong

    def foreign(self, text: str) -> list[str]:
        """Words that are no form of a word we know: English left over, a placeholder."""
        return [word for word in WORD.findall(text.lower()) if word not in self._known]

    @cached_property
    def nouns(self) -> dict[str, set[Form]]:
        prefixes = ("", *(each.prefix for each in self.words.materials.values() if each.prefix))
        nouns = [(item.noun, first) for item in self.words.items.values() for first in prefixes]
        nouns += [(damage.noun, "") for damage in self.words.damages.values()]
        found: dict[str, set[Form]] = defaultdict(set)
        for noun, first in nouns:
            for number, case in noun.forms:
                slot: Slot = (noun.gender, number, case)
                found[first + noun.form(number, case)].add((slot, "strong"))
                found[first + noun.definite(number, case)].add((slot, "weak"))
        return dict(found)

    @cached_property
    def adjectives(self) -> dict[str, set[Form]]:
        found: dict[str, set[Form]] = defaultdict(set)
        for word in self.words.words.values():
            for slot in SLOTS:
                found[word.icelandic.form(slot, "strong")].add((slot, "strong"))
                found[word.icelandic.form(slot, "weak")].add((slot, "weak"))
        return dict(found)

    @cached_property
    def _known(self) -> set[str]:
        materials = {form for m in self.words.materials.values() for form in m.forms.values()}
        phrases = [icelandic for _, icelandic in (*PLACES.values(), *MEASURES.values())]
        small = " ".join([SMALL_WORDS, BRAND.lower(), *phrases]).split()
        return {*materials, *small, *self.nouns, *self.adjectives}
