"""What the photos of one item say together. Pure: values in, facts out.

Each photo counts by how well it shows the item; a person's word counts instead of all of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from imaging.analysis import condition
from imaging.sight.colours import family
from imaging.words.facts import DefectFact, Facts, Measure, place_of
from imaging.words.glossary import GENERIC, Glossary
from imaging.words.phrases import MEASURES


@dataclass(frozen=True)
class ColourSeen:
    key: str
    share: float


@dataclass(frozen=True)
class DefectSeen:
    """A box that nobody dismissed. `photo` counts from 1."""

    kind: str
    severity: str
    confidence: float
    is_confirmed: bool
    x: float
    y: float
    width: float
    height: float
    photo: int


@dataclass(frozen=True)
class PhotoSeen:
    """One photo's analysis. `weight` 0..1: how well it shows the item."""

    label: str = ""
    confidence: float = 0.0
    brand: str = ""
    brand_confidence: float = 0.0
    colours: tuple[ColourSeen, ...] = ()
    defects: tuple[DefectSeen, ...] = ()
    others: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    weight: float = 1.0


def photo_weight(quality: float, large: float, *, is_close: bool) -> float:
    """How much a photo has to say: a close-up, or one of which little was cut out, says little."""
    return max(0.1, quality * (0.3 if is_close else 1.0) * (0.3 + 0.7 * large))


@dataclass(frozen=True)
class Believed:
    """A value and how sure we are of it, 0..1; "" or () for unknown."""

    value: str = ""
    confidence: float = 0.0


@dataclass(frozen=True)
class Gathered:
    category: Believed
    brand: Believed
    condition: Believed
    colours: tuple[str, ...]
    colours_confidence: float
    attributes: Mapping[str, Believed]


SECOND_COLOUR = 0.2
COLOURS = 3


def gather(photos: Sequence[PhotoSeen]) -> Gathered:
    """All photos of an item; with none, nothing is known."""
    defects = [
        condition.Seen(d.kind, d.severity, 1.0 if d.is_confirmed else d.confidence * 0.5)
        for photo in photos
        for d in photo.defects
    ]
    guess = condition.guess(defects, len(photos))
    colours = _colours(photos)
    names = {name for photo in photos for name in photo.others}
    others = {
        name: _most(
            [(*photo.others[name], photo.weight) for photo in photos if name in photo.others]
        )
        for name in sorted(names)
    }
    return Gathered(
        category=_most([(p.label, p.confidence, p.weight) for p in photos if p.label]),
        brand=_most([(p.brand, p.brand_confidence, p.weight) for p in photos if p.brand]),
        condition=Believed(guess.value, guess.confidence) if photos else Believed(),
        colours=tuple(colours),
        colours_confidence=round(min(1.0, sum(colours.values())), 3),
        attributes=others,
    )


def _most(said: Sequence[tuple[str, float, float]]) -> Believed:
    """The value with the most behind it; photos that say something else make it less sure."""
    weights: dict[str, float] = defaultdict(float)
    for value, confidence, weight in said:
        weights[value] += confidence * weight
    if not weights:
        return Believed()
    best = max(sorted(weights), key=lambda value: weights[value])
    behind = sum(weight for _, _, weight in said) or 1.0
    return Believed(best, round(min(1.0, weights[best] / behind), 3))


def _colours(photos: Sequence[PhotoSeen]) -> dict[str, float]:
    """Up to three, one of each family, with their share of the item over all photos."""
    total = sum(photo.weight for photo in photos if photo.colours) or 1.0
    families: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for photo in photos:
        for colour in photo.colours:
            share = colour.share * photo.weight / total
            families[family(colour.key)][colour.key] += share
    sums = sorted(((sum(shades.values()), shades) for shades in families.values()), key=_first)
    told = [
        (max(sorted(shades), key=lambda key, s=shades: s[key]), share)  # type: ignore[misc]
        for place, (share, shades) in enumerate(sums[:COLOURS])
        if place == 0 or share >= SECOND_COLOUR
    ]
    return dict(told)


def _first(pair: tuple[float, object]) -> float:
    return -pair[0]


@dataclass(frozen=True)
class Staff:
    """What stands on the item now, and which of it a person wrote."""

    title: str = ""
    category: str = ""
    brand: str = ""
    condition: str = ""
    colours: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    edited: frozenset[str] = frozenset()


def facts_of(
    gathered: Gathered, staff: Staff, defects: Sequence[DefectSeen], words: Glossary, seed: str
) -> Facts:
    """What may be said. Defects count only when a person confirmed them."""
    known = {name: belief.value for name, belief in gathered.attributes.items() if belief.value}
    known |= {name.lower(): str(value) for name, value in staff.attributes.items()}
    category = _chosen(staff, "category", gathered.category.value)
    confirmed = tuple(
        DefectFact(d.kind, d.severity, place_of(d.x, d.y, d.width, d.height), d.photo)
        for d in defects
        if d.is_confirmed
    )
    colours = staff.colours if "colours" in staff.edited else gathered.colours
    facts = Facts(
        item=_item(staff, category, words),
        colours=_keys(colours, words),
        brand=_chosen(staff, "brand", gathered.brand.value),
        condition=_chosen(staff, "condition", gathered.condition.value),
        size=known.get("size", ""),
        audience=_audience(known.get("audience", "") or category),
        defects=confirmed,
        measures=_measures(known),
        seed=seed,
    )
    if "title" in staff.edited:
        known.setdefault("material", ", ".join(_materials_in(staff.title, words)))
    adjectives = {word.en: key for key, word in words.words.items()}
    return replace(
        facts,
        materials=_listed(known.get("material", ""), {m.en: k for k, m in words.materials.items()}),
        features=_listed(known.get("features", ""), {key: key for key in words.features}),
        pattern=adjectives.get(known.get("pattern", ""), ""),
    )


def _materials_in(title: str, words: Glossary) -> list[str]:
    """A person who writes "wool jumper" has said what it is made of."""
    told = f" {title.lower()} "
    return [material.en for material in words.materials.values() if f" {material.en} " in told]


def _chosen(staff: Staff, name: str, guess: str) -> str:
    return str(getattr(staff, name)) if name in staff.edited else guess


def _item(staff: Staff, category: str, words: Glossary) -> str:
    title = staff.title if "title" in staff.edited else ""
    return words.find_item(title) or words.find_item(category) or GENERIC


def _keys(names: Sequence[str], words: Glossary) -> tuple[str, ...]:
    """Colours as staff write them ("dark blue") or as keys; others are left out."""
    by_name = {word.en: key for key, word in words.words.items()}
    found = [name if name in words.words else by_name.get(name.lower(), "") for name in names]
    return tuple(key for key in found if key)[:COLOURS]


def _listed(text: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    parts = [part.strip().lower() for part in text.replace(" and ", ",").split(",")]
    found = [keys.get(part) or (part if part in keys.values() else "") for part in parts]
    return tuple(key for key in found if key)


AUDIENCES = {
    "women": "women",
    "men": "men",
    "children": "children",
    "kids": "children",
    "baby": "baby",
}


def _audience(text: str) -> str:
    parts = [part.strip() for part in text.lower().replace("'s", "").split("/")]
    return next((AUDIENCES[part] for part in parts if part in AUDIENCES), "")


def _measures(known: Mapping[str, str]) -> tuple[Measure, ...]:
    found = []
    for name, text in known.items():
        number, _, unit = text.strip().replace(",", ".").partition(" ")
        if name in MEASURES and number.replace(".", "", 1).isdigit():
            found.append(Measure(name, float(number), unit or "cm"))
    return tuple(found)
