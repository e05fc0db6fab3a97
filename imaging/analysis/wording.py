"""A product's words: from its photos' analyses to category, title, keywords and both descriptions.

Suggests through `Product.suggest`, which never replaces what a person wrote.
"""

from typing import cast

from django.conf import settings
from django.db.models import QuerySet

from carousel.models import Product
from imaging.analysis import gathering, rating
from imaging.analysis.gathering import Believed, ColourSeen, DefectSeen, PhotoSeen
from imaging.analysis.keywords import keywords
from imaging.analysis.models import Analysis, Attribute, Defect
from imaging.inference import chains
from imaging.inference.answers import Telling, Told
from imaging.jobs.models import Step
from imaging.uploads.models import Photo
from imaging.words.facts import Facts
from imaging.words.glossary import GENERIC, Glossary, glossary

OURS = "carousel-analysis-1"


def words() -> Glossary:
    return glossary(settings.GLOSSARY)


def describe(product: Product, step: Step) -> None:
    """Suggest everything that the photos tell about the product."""
    analyses = _analyses(product)
    gathered = gathering.gather([_seen(analysis, n) for n, analysis in analyses])
    local = all(analysis.made_locally for _, analysis in analyses)
    model = analyses[0][1].model if analyses else OURS
    _suggest(product, "category", gathered.category, model, local=local)
    _suggest(product, "brand", gathered.brand, model, local=local)
    _suggest(product, "condition", gathered.condition, OURS, local=True)
    names = [words().words[key].en if key in words().words else key for key in gathered.colours]
    certain = gathered.colours_confidence
    product.suggest("colours", names, confidence=certain, model=OURS, local=local)
    facts = facts_of(product, analyses, gathered)
    _suggest_attributes(product, facts, gathered)
    step.model = tell(product, facts)
    step.result = {"photos": len(analyses), "item": facts.item, "colours": list(facts.colours)}


def tell(product: Product, facts: Facts) -> str:
    """Suggest title, keywords and both texts from these facts; returns the model's name."""
    english = _ask("describe", product, Telling(facts, "en"))
    told = cast(Told, english.value)
    icelandic = _ask("translate", product, Telling(facts, "is", told.text))
    say(product, "description_en", told.text, english)
    say(product, "description_is", cast(Told, icelandic.value).text, icelandic)
    if facts.item != GENERIC or _said_before(product, "title"):
        say(product, "title", told.title, english)
    found = keywords(facts, words(), product.category)
    product.suggest("keywords", found, confidence=0.8, model=OURS, local=True)
    return english.model


def rate(product: Product) -> rating.Rating:
    """Suggest 1 to 5; the formula is kept beside it for the page."""
    looks = [photo.quality.get("score", 0.0) for photo in photos_of(product)]
    made = rating.rate(looks, _filled(product, len(looks)), product.condition)
    product.suggest("rating", made.value, confidence=1.0, model="rating-1", local=True)
    product.suggest(
        "rating_formula",
        {"text": made.formula, "missing": list(made.missing)},
        confidence=1.0,
        model="rating-1",
        local=True,
    )
    return made


def photos_of(product: Product) -> list[Photo]:
    """In the order of the product's pictures."""
    order = list(product.images.values_list("photo_id", flat=True))
    found = photos_queryset(product).in_bulk()
    return [found[key] for key in order if key in found]


def photos_queryset(product: Product) -> QuerySet[Photo]:
    shown = product.images.values("photo_id")
    return Photo.objects.live().filter(tenant=product.tenant, pk__in=shown)


def facts_of(
    product: Product,
    analyses: list[tuple[int, Analysis]] | None = None,
    gathered: gathering.Gathered | None = None,
) -> Facts:
    """What may be said of the product now: its photos' analyses under what staff wrote."""
    analyses = _analyses(product) if analyses is None else analyses
    gathered = gathered or gathering.gather([_seen(analysis, n) for n, analysis in analyses])
    staff = gathering.Staff(
        title=product.title,
        category=product.category,
        brand=product.brand,
        condition=product.condition,
        colours=tuple(product.colours),
        attributes={str(k): str(v) for k, v in product.attributes.items()},
        edited=frozenset(product.edited_fields),
    )
    defects = [d for n, analysis in analyses for d in _defects(analysis, n)]
    return gathering.facts_of(gathered, staff, defects, words(), str(product.pk))


def _analyses(product: Product) -> list[tuple[int, Analysis]]:
    """Current analyses with the number of their photo on the page, from 1."""
    order = [photo.pk for photo in photos_of(product)]
    rows = (
        Analysis.objects.current()
        .filter(tenant=product.tenant, photo_id__in=order)
        .select_related("photo")
        .prefetch_related("attributes", "defects")
    )
    found = {row.photo_id: row for row in rows}
    return [(number, found[key]) for number, key in enumerate(order, 1) if key in found]


def _seen(analysis: Analysis, number: int) -> PhotoSeen:
    attributes = list(analysis.attributes.all())
    brand = next((a for a in attributes if a.name == "brand"), None)
    return PhotoSeen(
        label=analysis.label,
        confidence=analysis.confidence,
        brand=brand.value if brand else "",
        brand_confidence=brand.confidence if brand else 0.0,
        colours=tuple(
            ColourSeen(a.value, float(a.metadata.get("share", a.confidence)))
            for a in attributes
            if a.name == "colour"
        ),
        defects=_defects(analysis, number),
        others={a.name: (a.value, _sure(a)) for a in attributes if a.name not in OWN_PLACES},
        weight=_weight(analysis.photo),
    )


OWN_PLACES = {"brand", "colour"}


def _sure(attribute: Attribute) -> float:
    return 1.0 if attribute.source == Attribute.Source.STAFF else attribute.confidence


def _weight(photo: Photo) -> float:
    quality = photo.quality
    return gathering.photo_weight(
        float(quality.get("score", 0.5)),
        float(quality.get("large", 0.5)),
        is_close=bool(quality.get("is_close")),
    )


def _defects(analysis: Analysis, number: int) -> tuple[DefectSeen, ...]:
    return tuple(
        DefectSeen(
            kind=d.kind,
            severity=d.severity,
            confidence=d.confidence,
            is_confirmed=d.state == Defect.State.CONFIRMED,
            x=d.x,
            y=d.y,
            width=d.width,
            height=d.height,
            photo=number,
        )
        for d in analysis.defects.all()
        if d.state != Defect.State.DISMISSED
    )


def _suggest(product: Product, name: str, believed: Believed, model: str, *, local: bool) -> None:
    """A belief that is gone is taken back: nothing stays that the photos no longer tell."""
    if believed.value or _said_before(product, name):
        product.suggest(
            name, believed.value, confidence=believed.confidence, model=model, local=local
        )


def _said_before(product: Product, name: str) -> bool:
    return bool(product.suggested.get(name, {}).get("value"))


def _suggest_attributes(product: Product, facts: Facts, gathered: gathering.Gathered) -> None:
    """What the models saw besides, over what stands there already."""
    seen = {name: belief.value for name, belief in gathered.attributes.items() if belief.value}
    if facts.audience and "audience" not in seen:
        seen["audience"] = facts.audience
    if not seen:
        return
    sure = min((belief.confidence for belief in gathered.attributes.values()), default=0.6)
    merged = seen | product.attributes
    product.suggest("attributes", merged, confidence=sure, model=OURS, local=True)


def _ask(capability: str, product: Product, question: Telling) -> chains.Made:
    return chains.ask(capability, question, product.tenant, product.pk)


def say(product: Product, name: str, text: str, made: chains.Made) -> None:
    model = made.model + (" (fallback)" if made.by_fallback and not made.locally else "")
    product.suggest(name, text, confidence=0.7, model=model, local=made.locally)


def _filled(product: Product, photos: int) -> dict[str, bool]:
    return {
        "title": bool(product.title),
        "category": bool(product.category),
        "condition": bool(product.condition),
        "brand": bool(product.brand),
        "colours": bool(product.colours),
        "keywords": bool(product.keywords),
        "description in English": bool(product.description_en),
        "description in Icelandic": bool(product.description_is),
        "size": bool(product.attributes.get("size")),
        "material": bool(product.attributes.get("material")),
        "price": product.price is not None,
        "three photos": photos >= 3,
    }
