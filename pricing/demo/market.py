"""The invented market: kinds, brands, designs, and what their sales cost and why. Pure.

Prices have a true structure that the engine can find: kind, brand, design, condition, material,
season and a slow rise, times an error of 16 %. Every number follows from the index of the sale.
"""

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np

from pricing.demo.canvas import Colour, Look, darker, lighter
from pricing.traits import CONDITIONS

SALES = 1_500
DAYS = 365
ERROR = 0.16  # log standard deviation
RISE = 0.06  # a year
GROWTH = 1.6  # the shop grows: more than a third of its year is in the last 90 days
DESIGNS = 4  # of each kind; sales of one design look alike and cost alike
WINTER, SUMMER, GIFTS, NEVER = 15, 200, 345, None  # day of the year with the best prices
SWING = 0.14  # log, at the best day

# Log effects of the six conditions, best first, and how often each is sold.
CONDITION_EFFECTS = (0.28, 0.13, 0.0, -0.14, -0.38, -0.80)
CONDITION_SHARES = (0.06, 0.20, 0.34, 0.26, 0.11, 0.03)

# Invented makers with what their name is worth (log).
BRANDS = {
    "Tindfell": 0.62, "Vindbelg": 0.42, "Skarfey": 0.22, "Lyngmói": 0.0, "Bjartnes": -0.18,
    "Kvistá": -0.34, "": -0.42,
}  # fmt: skip
BRAND_SHARES = (0.1, 0.14, 0.18, 0.2, 0.14, 0.12, 0.12)

PALETTE: dict[str, Colour] = {
    "black": (34, 34, 38), "white": (236, 235, 230), "grey": (132, 136, 142),
    "navy": (32, 44, 86), "blue": (44, 104, 190), "light blue": (128, 184, 224),
    "turquoise": (46, 168, 172), "green": (62, 128, 72), "olive": (112, 116, 62),
    "yellow": (232, 190, 62), "orange": (222, 124, 48), "red": (190, 44, 46),
    "burgundy": (106, 28, 46), "pink": (224, 146, 170), "purple": (104, 66, 140),
    "brown": (112, 74, 48), "beige": (206, 186, 152),
}  # fmt: skip
# Black, white and navy sell far more often than the colours further down.
COLOUR_SHARES = np.array([1 / (2 + place) for place in range(len(PALETTE))])
COLOUR_SHARES /= COLOUR_SHARES.sum()


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of thing. `price` in krónur at brand 0; `days` it typically stays in the shop."""

    name: str
    painter: str
    category: str
    price: int
    share: float
    materials: tuple[str, ...]
    patterns: tuple[str, ...] = ("plain",)
    sizes: tuple[str, ...] = ()
    best: int | None = NEVER
    days: int = 21


CLOTH = ("plain", "plain", "plain", "stripes", "checks", "panel")
WORN = ("XS", "S", "M", "L", "XL")
COTTON, WARM, BOTTLES = ("Cotton", "Polyester", "Linen"), ("Wool", "Polyester"), ("Carton",)

KINDS = (
    Kind("t-shirt", "tshirt", "Clothing/Tops/T-shirts", 2_200, 6, COTTON, CLOTH, WORN, SUMMER, 14),
    Kind("tank top", "tank", "Clothing/Tops/Tanks", 1_900, 4, COTTON, CLOTH, WORN, SUMMER, 14),
    Kind("hoodie", "hoodie", "Clothing/Tops/Hoodies", 5_200, 6, COTTON, CLOTH, WORN, WINTER, 18),
    Kind("jacket", "jacket", "Clothing/Jackets", 9_800, 7, ("Nylon", "Wool", "Leather"),
         ("plain", "plain", "panel"), WORN, WINTER, 24),
    Kind("jumper", "jumper", "Clothing/Tops/Jumpers", 7_900, 6, WARM, CLOTH, WORN, WINTER, 20),
    Kind("trousers", "trousers", "Clothing/Bottoms/Trousers", 4_600, 6, (*COTTON, "Wool"),
         ("plain", "plain", "stripes"), WORN, NEVER, 20),
    Kind("shorts", "shorts", "Clothing/Bottoms/Shorts", 2_400, 4, COTTON, CLOTH, WORN, SUMMER, 16),
    Kind("dress", "dress", "Clothing/Dresses", 6_400, 5, (*COTTON, "Silk"),
         ("plain", "dots", "stripes"), WORN, SUMMER, 22),
    Kind("skirt", "skirt", "Clothing/Bottoms/Skirts", 3_400, 3, (*COTTON, "Wool"), CLOTH, WORN,
         SUMMER, 22),
    Kind("trainers", "shoe", "Shoes/Trainers", 6_200, 4, ("Leather", "Canvas"),
         ("plain", "panel"), ("38", "40", "42", "44"), NEVER, 18),
    Kind("backpack", "backpack", "Bags/Backpacks", 5_600, 4, ("Nylon", "Canvas"),
         ("plain", "panel"), (), SUMMER, 20),
    Kind("handbag", "handbag", "Bags/Handbags", 8_400, 4, ("Leather", "Canvas"), ("plain",), (),
         GIFTS, 26),
    Kind("hat", "hat", "Clothing/Hats", 2_100, 2, WARM, ("plain", "stripes", "checks"), (),
         WINTER, 16),
    Kind("milk carton", "carton", "Food/Milk", 280, 3, BOTTLES, ("plain", "label", "panel"),
         ("1 l",), NEVER, 3),
    Kind("juice carton", "carton", "Food/Juice", 420, 3, BOTTLES, ("plain", "label", "panel"),
         ("1 l",), NEVER, 4),
    Kind("yoghurt carton", "carton", "Food/Yoghurt", 390, 3, BOTTLES, ("plain", "label"),
         ("1 l",), NEVER, 3),
    Kind("bottle of syrup", "bottle", "Food/Bottles", 760, 2, ("Glass",), ("plain",), ("70 cl",),
         NEVER, 6),
    Kind("jar of jam", "jar", "Food/Jars", 640, 2, ("Glass",), ("plain",), (), NEVER, 6),
    Kind("mug", "mug", "Home/Ceramics/Mugs", 1_300, 3, ("Stoneware", "Porcelain"),
         ("plain", "stripes", "dots", "panel"), (), GIFTS, 20),
    Kind("vase", "vase", "Home/Ceramics/Vases", 4_200, 3, ("Stoneware", "Porcelain", "Glass"),
         ("plain", "stripes", "dots"), (), GIFTS, 32),
    Kind("bowl", "bowl", "Home/Ceramics/Bowls", 2_600, 2, ("Stoneware", "Porcelain"),
         ("plain", "stripes", "panel"), (), GIFTS, 26),
    Kind("teapot", "teapot", "Home/Ceramics/Teapots", 4_800, 2, ("Stoneware", "Porcelain"),
         ("plain", "dots"), (), GIFTS, 34),
    Kind("table lamp", "lamp", "Home/Lamps/Table lamps", 6_800, 3, ("Metal", "Brass"),
         ("plain", "stripes"), (), WINTER, 30),
    Kind("floor lamp", "floor_lamp", "Home/Lamps/Floor lamps", 13_500, 2, ("Metal", "Brass"),
         ("plain",), (), WINTER, 38),
    Kind("radio", "radio", "Electronics/Radios", 7_600, 2, ("Plastic", "Wood"), ("plain",), (),
         GIFTS, 36),
    Kind("camera", "camera", "Electronics/Cameras", 18_500, 2, ("Metal", "Plastic"), ("plain",),
         (), GIFTS, 30),
    Kind("phone", "phone", "Electronics/Phones", 32_000, 2, ("Metal", "Plastic"), ("plain",), (),
         GIFTS, 12),
    Kind("watch", "watch", "Electronics/Watches", 11_500, 2, ("Leather", "Rubber"), ("plain",),
         (), GIFTS, 28),
    Kind("headphones", "headphones", "Electronics/Headphones", 8_200, 2, ("Plastic", "Metal"),
         ("plain",), (), GIFTS, 18),
    Kind("teddy bear", "teddy", "Toys/Soft toys", 1_700, 2, ("Plush",), ("plain",), (), GIFTS, 18),
    Kind("toy car", "toy_car", "Toys/Cars", 1_400, 2, ("Metal", "Plastic", "Wood"),
         ("plain", "panel"), (), GIFTS, 16),
    Kind("building blocks", "blocks", "Toys/Blocks", 2_300, 2, ("Wood", "Plastic"), ("plain",),
         (), GIFTS, 18),
    Kind("chair", "chair", "Furniture/Chairs", 9_500, 3, ("Wood", "Metal", "Leather"),
         ("plain", "checks"), (), NEVER, 40),
    Kind("table", "table", "Furniture/Tables", 21_000, 2, ("Oak", "Pine"), ("plain",), (), NEVER,
         48),
    Kind("chest of drawers", "drawers", "Furniture/Drawers", 24_500, 2, ("Oak", "Pine"),
         ("plain",), (), NEVER, 50),
    Kind("book", "book", "Books/Novels", 1_100, 4, ("Paper",), ("plain", "panel", "stripes"), (),
         GIFTS, 30),
)  # fmt: skip

MATERIAL_EFFECTS = {
    "Leather": 0.35, "Wool": 0.2, "Silk": 0.3, "Linen": 0.1, "Polyester": -0.12, "Brass": 0.2,
    "Oak": 0.25, "Porcelain": 0.15, "Plastic": -0.15, "Wood": 0.1, "Canvas": -0.05,
}  # fmt: skip
HELD = ("carton", "bottle")  # photographed in a hand, at any angle
PATTERN_WORDS = {"stripes": "striped", "checks": "checked", "dots": "dotted", "panel": "two-tone"}


@dataclass(frozen=True, slots=True)
class DemoSale:
    """One invented sale. `price` in krónur; `ago` days before today; on sale for `listed` days."""

    number: int
    kind: Kind
    brand: str
    condition: str
    colour: str
    material: str
    size: str
    title: str
    look: Look
    in_use: bool  # photographed on a person or in a hand
    price: int
    ago: int
    listed: int

    @property
    def sale_id(self) -> str:
        return f"demo-{self.number:04}"


@dataclass(frozen=True, slots=True)
class Design:
    """What a kind's sales of one design share: their maker, cut, cloth and what it is worth."""

    brand: str
    pattern: str
    material: str
    second: Colour
    stretch: float
    detail: float
    worth: float


def sale(number: int, today: dt.date) -> DemoSale:
    """Sale `number` of the demo shop, seen from `today`. Always the same but for its date."""
    random = np.random.default_rng([number, 7])
    kind = _kind(random)
    design = _design(kind, int(random.integers(DESIGNS)))
    colour = str(random.choice([*PALETTE], p=COLOUR_SHARES))
    level = int(random.choice(len(CONDITIONS), p=CONDITION_SHARES))
    ago = 1 + int(DAYS * (number / SALES) ** GROWTH)
    effect = design.worth + CONDITION_EFFECTS[level] + _calendar(kind, today, ago)
    price = kind.price * math.exp(effect + ERROR * random.standard_normal())
    dearness = ERROR * random.standard_normal()
    look = _look(design, colour, level, random)
    in_use, held_at = bool(random.random() < 0.5), float(random.uniform(-30, 30))
    return DemoSale(
        number=number,
        kind=kind,
        brand=design.brand,
        condition=CONDITIONS[level],
        colour=colour,
        material=design.material,
        size=str(random.choice(kind.sizes)) if kind.sizes else "",
        title=_title(kind, design, colour),
        look=replace(look, tilt=held_at) if in_use and kind.painter in HELD else look,
        in_use=in_use,
        price=max(10, round(price / 10) * 10),
        ago=ago,
        listed=max(1, round(kind.days * math.exp(dearness + 0.6 * random.standard_normal()))),
    )


def _kind(random: np.random.Generator) -> Kind:
    shares = np.array([kind.share for kind in KINDS])
    return KINDS[int(random.choice(len(KINDS), p=shares / shares.sum()))]


def _design(kind: Kind, number: int) -> Design:
    random = np.random.default_rng([KINDS.index(kind), number, 11])
    brand = str(random.choice([*BRANDS], p=BRAND_SHARES))
    material = str(random.choice(kind.materials))
    worth = BRANDS[brand] + MATERIAL_EFFECTS.get(material, 0.0) + 0.15 * random.standard_normal()
    return Design(
        brand=brand,
        pattern=str(random.choice(kind.patterns)),
        material=material,
        second=PALETTE[str(random.choice([*PALETTE]))],
        stretch=float(random.uniform(0.92, 1.08)),
        detail=float(random.uniform(0, 1)),
        worth=worth,
    )


def _calendar(kind: Kind, today: dt.date, ago: int) -> float:
    """Season and the slow rise, log."""
    rise = -RISE * ago / 365
    if kind.best is None:
        return rise
    day = (today - dt.timedelta(days=ago)).timetuple().tm_yday
    return rise + SWING * math.cos(2 * math.pi * (day - kind.best) / 365.25)


def _look(design: Design, colour: str, level: int, random: np.random.Generator) -> Look:
    """Worn things are a little faded; no two photos are quite the same."""
    shade = float(random.uniform(-0.12, 0.12)) + 0.03 * level
    main = PALETTE[colour]
    return Look(
        main=lighter(main, shade) if shade > 0 else darker(main, -shade),
        second=design.second,
        pattern=design.pattern,
        stretch=design.stretch * float(random.uniform(0.98, 1.02)),
        tilt=float(random.uniform(-4, 4)),
        detail=design.detail,
        seed=int(random.integers(2**31)),
    )


def _title(kind: Kind, design: Design, colour: str) -> str:
    words = [colour, PATTERN_WORDS.get(design.pattern, ""), design.material.lower(), kind.name]
    if kind.category.startswith("Food"):
        words = [colour, kind.name]
    text = " ".join(word for word in words if word)
    return text[0].upper() + text[1:]
