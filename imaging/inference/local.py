"""The answers that need no account: what the shop's own catalogue, pixels and glossary can say.

Each says only what it can know. `VERSIONS` names every version that may be asked for.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from django.conf import settings

from imaging.inference.answers import (
    Answer,
    Attributes,
    Classified,
    Defects,
    Embedded,
    Judged,
    Look,
    Named,
    Telling,
    Told,
)
from imaging.pixels import descriptor
from imaging.sight import colours, defects, looks, votes
from imaging.words import grammar_en, grammar_is
from imaging.words.glossary import glossary

WIDE = votes.Rules(neighbours=30)
BRAND = votes.Rules(floor=0.9, alike_from=0.97, voters=2, sure_from=0.6)
"""A brand is only believed of things that look all but the same."""
WEAK = 0.5
"""Below that a merit of the photo is named as a reason against it."""


def embed(question: object) -> Answer:
    return Answer(Embedded(tuple(descriptor.describe(cast(Look, question).cutout).tolist())))


def classify(rules: votes.Rules, question: object) -> Answer:
    look = cast(Look, question)
    category = votes.vote(look.ballots[: rules.neighbours], rules)
    brand = votes.vote(look.brands, BRAND)
    return Answer(
        Classified(
            category.value, category.confidence, category.scores, brand.value, brand.confidence
        )
    )


def attributes(question: object) -> Answer:
    """The colours that can be seen. Material, size and age cannot be, and are not guessed."""
    found = colours.name_colours(cast(Look, question).cutout)
    named = tuple(
        Named("colour", each.key, each.confidence, {"hex": each.hex, "share": each.share})
        for each in found
    )
    return Answer(Attributes(named))


def find_defects(question: object) -> Answer:
    return Answer(Defects(defects.find(cast(Look, question).cutout)))


def describe(question: object) -> Answer:
    """By the grammar of the language that is asked for. Translating is telling the facts again."""
    telling = cast(Telling, question)
    words = glossary(settings.GLOSSARY)
    grammar = grammar_is if telling.language == "is" else grammar_en
    told = Told(grammar.title(telling.facts, words), grammar.describe(telling.facts, words))
    return Answer(told)


def assess_quality(question: object) -> Answer:
    look = looks.look("", cast(Look, question).cutout)
    reasons = tuple(REASONS[name] for name in REASONS if getattr(look, name) < WEAK)
    return Answer(Judged(round(look.quality, 3), reasons))


REASONS = {
    "whole": "the item runs out of the picture",
    "sharp": "the item is blurred",
    "lit": "too dark or burnt out",
    "large": "the item is small in the picture",
}

Provider = Callable[[object], Answer]

VERSIONS: dict[str, dict[str, Provider]] = {
    "embed": {"descriptor-1": embed},
    "classify": {
        "vote-1": partial(classify, votes.Rules()),
        "vote-2": partial(classify, WIDE),
    },
    "extract_attributes": {"colours-1": attributes},
    "detect_defects": {"spots-1": find_defects},
    "describe": {"grammar-1": describe},
    "translate": {"grammar-1": describe},
    "assess_quality": {"inside-1": assess_quality},
}
