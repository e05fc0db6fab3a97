"""What the item page shows of the analysis: twins, claims, damage, and missing shots."""

import difflib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from carousel.models import Event, Product
from imaging.analysis import checklist, claims, covers, twin, wording
from imaging.analysis.deciding import variant_of
from imaging.analysis.models import Analysis, Defect
from imaging.uploads.models import Photo
from imaging.words.facts import Facts

LANGUAGES = {"en": "English", "is": "Icelandic"}
FIELDS = {"en": "description_en", "is": "description_is"}
OTHER = {"en": "is", "is": "en"}


@dataclass(frozen=True)
class Piece:
    """A stretch of a text. `source` is what it rests on; `is_claim` when it needs to.

    `anchor` is the id of the field or the box on the page that supports it.
    """

    text: str
    source: str
    is_claim: bool
    anchor: str = ""

    @property
    def is_unsupported(self) -> bool:
        return self.is_claim and not self.source


@dataclass(frozen=True)
class Change:
    """A word or more that a suggestion adds ("ins"), drops ("del") or keeps ("")."""

    text: str
    kind: str


@dataclass(frozen=True)
class Twin:
    """One language of the description, with what is wrong with it."""

    language: str
    name: str
    pieces: list[Piece]
    is_stale: bool
    is_staffs: bool
    offer: list[Change]
    model: str
    is_local: bool
    is_fallback: bool

    @property
    def unsupported(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.is_unsupported]


@dataclass(frozen=True)
class Spot:
    """A box on a photo. x, y, width and height are per cent of the upright photo."""

    defect: Defect
    number: int
    x: float
    y: float
    width: float
    height: float
    close_up: str

    @property
    def is_confirmed(self) -> bool:
        return self.defect.state == Defect.State.CONFIRMED


@dataclass(frozen=True)
class Shown:
    """A photo of the item with its boxes."""

    photo: Photo
    number: int
    spots: list[Spot]
    is_primary: bool


def context(product: Product) -> dict[str, Any]:
    facts = wording.facts_of(product)
    photos = _photos(product)
    boxes = [f"spot-{s.defect.pk}" for p in photos for s in p.spots if s.is_confirmed]
    twins = [_twin(product, language, facts, boxes) for language in LANGUAGES]
    contradictions = mismatches(product, facts)
    return {
        "product": product,
        "twins": twins,
        "mismatches": contradictions,
        "photos": photos,
        "spots": [spot for shown in photos for spot in shown.spots],
        "missing": missing(product, facts, photos),
        "primary": product.suggested.get("primary", {}).get("value"),
        "covers": covers.agreement(product),
        "rating": product.suggested.get("rating_formula", {}).get("value"),
        "kinds": Defect.Kind.choices,
        "severities": Defect.Severity.choices,
        "is_sound": not contradictions and not any(each.unsupported for each in twins),
    }


def missing(product: Product, facts: Facts, photos: list[Shown]) -> tuple[checklist.Missing, ...]:
    """Shots that the item's kind needs and nobody took."""
    shots = [
        checklist.Shot(bool(shown.photo.quality.get("is_close")), _view(shown.photo))
        for shown in photos
    ]
    confirmed = [s for p in photos for s in p.spots if s.is_confirmed]
    lacks = any(not spot.close_up for spot in confirmed)
    return checklist.missing(wording.words().item(facts.item).category, shots, has_damage=lacks)


def _view(photo: Photo) -> str:
    """What staff called the shot, else what its name says: "jacket_back.jpg"."""
    given = str(photo.quality.get("view", ""))
    parts = photo.filename.lower().rpartition(".")[0].replace("-", "_").split("_")
    return given or next((part for part in parts if part in checklist.SHOTS), "")


def _photos(product: Product) -> list[Shown]:
    photos = wording.photos_of(product)
    rows = Analysis.objects.current().filter(photo__in=photos).prefetch_related("defects")
    analyses = {row.photo_id: row for row in rows}
    primary = product.images.filter(is_primary=True).values_list("photo_id", flat=True).first()
    shown, number = [], 0
    for place, photo in enumerate(photos, 1):
        spots = []
        for defect in _open_defects(analyses.get(photo.pk)):
            number += 1
            spots.append(_spot(defect, number, photo))
        shown.append(Shown(photo, place, spots, photo.pk == primary))
    return shown


def _open_defects(analysis: Analysis | None) -> list[Defect]:
    return list(analysis.defects.all()) if analysis else []


def _spot(defect: Defect, number: int, photo: Photo) -> Spot:
    name = variant_of(defect.pk)
    return Spot(
        defect,
        number,
        x=round(100 * defect.x, 2),
        y=round(100 * defect.y, 2),
        width=round(100 * defect.width, 2),
        height=round(100 * defect.height, 2),
        close_up=name if photo.has(name) else "",
    )


def _twin(product: Product, language: str, facts: Facts, boxes: list[str]) -> Twin:
    field = FIELDS[language]
    text = str(getattr(product, field))
    kept = product.suggested.get(field, {})
    suggestion = str(kept.get("value", ""))
    model = str(kept.get("model", ""))
    is_staffs = field in product.edited_fields
    return Twin(
        language=language,
        name=LANGUAGES[language],
        pieces=[_anchored(p, boxes) for p in pieces(text, language, facts, notes_of(product))],
        is_stale=is_stale(product, language),
        is_staffs=is_staffs,
        offer=difference(text, suggestion) if is_staffs and suggestion != text else [],
        model=model.removesuffix(" (fallback)"),
        is_local=bool(kept.get("local")),
        is_fallback=model.endswith(" (fallback)"),
    )


PLACES = {"category": "category", "colour": "colours", "brand": "brand", "condition": "condition"}
"""What a claim rests on -> the item's field; everything else stands among the attributes."""


def _anchored(piece: Piece, boxes: list[str]) -> Piece:
    """The piece with the place that supports it: boxes count among the confirmed ones, from 1."""
    word, _, number = piece.source.partition(" ")
    if word == "box" and number.isdigit() and int(number) <= len(boxes):
        return replace(piece, anchor=boxes[int(number) - 1])
    anchor = f"item-{PLACES.get(piece.source, 'attributes')}" if piece.source else ""
    return replace(piece, anchor=anchor)


def notes_of(product: Product) -> str:
    """What staff noted besides: their words support what a description says."""
    notes = [str(product.attributes.get(name, "")) for name in ("notes", "note")]
    title = product.title if "title" in product.edited_fields else ""
    return " ".join([*filter(None, notes), title])


def pieces(text: str, language: str, facts: Facts, notes: str) -> list[Piece]:
    """The whole text cut where claims begin and end."""
    cut, at = [], 0
    for phrase in claims.trace(text, language, facts, wording.words(), notes):
        if phrase.start > at:
            cut.append(Piece(text[at : phrase.start], "", is_claim=False))
        if phrase.start >= at:
            cut.append(Piece(text[phrase.start : phrase.end], phrase.source, is_claim=True))
            at = phrase.end
    return [*cut, Piece(text[at:], "", is_claim=False)] if text[at:] else cut


def difference(before: str, after: str) -> list[Change]:
    """Word by word, what taking the suggestion would change."""
    old, new = before.split(), after.split()
    changes = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            changes.append(Change(" ".join(old[a:b]), ""))
            continue
        changes += [Change(" ".join(old[a:b]), "del")] if b > a else []
        changes += [Change(" ".join(new[c:d]), "ins")] if d > c else []
    return changes


def is_stale(product: Product, language: str) -> bool:
    """The other text was edited by a person after this one was last written."""
    edits = _last_edits(product.pk)
    other, this = FIELDS[OTHER[language]], FIELDS[language]
    return edits.get(other, 0) > edits.get(this, 0)


def _last_edits(product_id: UUID) -> dict[str, int]:
    """Field -> where in the tenant's log it was last written by a person or from its twin."""
    found: dict[str, int] = {}
    events = Event.objects.filter(subject=product_id, kind__in=WRITTEN).order_by("position")
    for position, kind, data in events.values_list("position", "kind", "data"):
        both = kind == TRANSLATED
        for field in FIELDS.values() if both else data.get("changes", {}):
            found[field] = position
    return found


TRANSLATED = "description.translated"
"""One text was written again from the other: from here on neither is older."""
WRITTEN = ("product.edited", "product.updated", TRANSLATED)


def mismatches(product: Product, facts: Facts) -> list[twin.Mismatch]:
    if not product.description_en or not product.description_is:
        return []
    return twin.compare(
        product.description_en, product.description_is, wording.words(), facts.brand
    )
