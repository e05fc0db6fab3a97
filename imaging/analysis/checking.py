"""The last look before a listing is published: what is missing, contradictory or unsupported.

Each finding names where it is mended. Nothing here forbids; a person may know better.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from carousel.errors import Refused
from carousel.models import Product
from imaging.analysis import shown, wording
from imaging.words.facts import Facts

LONGEST_NOTE = 200


@dataclass(frozen=True)
class Doubt:
    """`kind` is missing, contradiction or unsupported; `anchor` the id of what mends it.

    An unsupported `phrase` stands in the text of `language`.
    """

    kind: str
    sentence: str
    anchor: str
    language: str = ""
    phrase: str = ""


def doubts(product: Product) -> list[Doubt]:
    facts = wording.facts_of(product)
    return [
        *(Doubt("missing", f"It has no {name} yet.", f"item-{name}") for name in product.missing),
        *(
            Doubt("contradiction", each.sentence, "twin-is")
            for each in shown.mismatches(product, facts)
        ),
        *_unsupported(product, facts),
    ]


def sentences(product: Product) -> list[str]:
    """What keeps a careful person from publishing; what is missing is refused elsewhere."""
    return [doubt.sentence for doubt in doubts(product) if doubt.kind != "missing"]


@transaction.atomic
def note(product: Product, phrase: str, by: UUID) -> None:
    """A person says that it is true: from now on their note supports it."""
    if not phrase.strip() or len(phrase) > LONGEST_NOTE:
        raise Refused("Say in a few words what is true.")
    notes = str(product.attributes.get("notes", ""))
    told = "; ".join(part for part in (notes, phrase.strip()) if part)
    product.edit({"attributes": product.attributes | {"notes": told}}, by=by)


def strike(product: Product, language: str, phrase: str, by: UUID) -> None:
    """Take an unsupported phrase out of the text, which is the person's from then on."""
    text = str(getattr(product, shown.FIELDS[language]))
    if not phrase or phrase not in text:
        raise Refused("The text has changed meanwhile and does not say that any more.")
    product.edit({shown.FIELDS[language]: without(text, phrase)}, by=by)


def without(text: str, phrase: str) -> str:
    """The text less one phrase: no double space, no space before a stop, capitals at the start."""
    left = text.replace(phrase, "", 1)
    left = re.sub(r"\s+", " ", left)
    left = re.sub(r"\s+([.,;:])", r"\1", left)
    left = re.sub(r"([.,;])[,;.]+", r"\1", left).strip(" ,;")
    left = re.sub(r"(^|[.!?] )[.,;] ?", r"\1", left)
    return re.sub(r"(^|[.!?] )(\w)", lambda found: found[1] + found[2].upper(), left)


def _unsupported(product: Product, facts: Facts) -> Iterator[Doubt]:
    for language, name in shown.LANGUAGES.items():
        text, notes = str(getattr(product, shown.FIELDS[language])), shown.notes_of(product)
        for piece in shown.pieces(text, language, facts, notes):
            if piece.is_unsupported:
                sentence = f"{name}: nothing supports “{piece.text}”."
                yield Doubt("unsupported", sentence, f"twin-{language}", language, piece.text)
