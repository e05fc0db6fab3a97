"""Fixed phrases of the shop in both languages, and which pattern an item gets.

The two columns of each table say the same; the twin check relies on it.
"""

import hashlib

from imaging.words.facts import Facts

PATTERNS = 5

CONDITIONS_EN = {
    "new_with_tags": "new with tags",
    "like_new": "like new",
    "very_good": "in very good condition",
    "good": "in good condition",
    "fair": "in fair condition",
    "poor": "in poor condition",
}
CONDITIONS_IS = {
    "very_good": "í mjög góðu ástandi",
    "good": "í góðu ástandi",
    "fair": "í þokkalegu ástandi",
    "poor": "í lélegu ástandi",
}
"""The two best are adjectives that agree with the item: see grammar_is."""

PLACES = {
    "top left": ("near the top left", "ofarlega til vinstri"),
    "top": ("near the top", "ofarlega"),
    "top right": ("near the top right", "ofarlega til hægri"),
    "left": ("on the left", "vinstra megin"),
    "middle": ("in the middle", "fyrir miðju"),
    "right": ("on the right", "hægra megin"),
    "bottom left": ("near the bottom left", "neðarlega til vinstri"),
    "bottom": ("near the bottom", "neðarlega"),
    "bottom right": ("near the bottom right", "neðarlega til hægri"),
}
MEASURES = {
    "width": ("width", "breidd"),
    "height": ("height", "hæð"),
    "depth": ("depth", "dýpt"),
    "length": ("length", "lengd"),
    "chest": ("chest width", "brjóstmál"),
    "waist": ("waist", "mittismál"),
    "inseam": ("inside leg", "innanmál skálmar"),
    "diameter": ("diameter", "þvermál"),
}
AUDIENCES = {
    "women": ("for women", "fyrir konur"),
    "men": ("for men", "fyrir karla"),
    "children": ("for children", "fyrir börn"),
    "baby": ("for babies", "fyrir ungbörn"),
}
NUMBERS_EN = {1: "one", 2: "two", 3: "three", 4: "four"}
NUMBERS_IS = {
    "m": {1: "einn", 2: "tveir", 3: "þrír", 4: "fjórir"},
    "f": {1: "ein", 2: "tvær", 3: "þrjár", 4: "fjórar"},
    "n": {1: "eitt", 2: "tvö", 3: "þrjú", 4: "fjögur"},
}


def pattern_of(facts: Facts) -> int:
    """Which sentence pattern an item gets: always the same one, and all used about as often."""
    return int(hashlib.sha256(facts.seed.encode()).hexdigest()[:8], 16) % PATTERNS


def number(value: float, comma: str) -> str:
    """12 or 12.5, with the decimal sign of the language."""
    return f"{value:.1f}".removesuffix(".0").replace(".", comma)
