"""Names the colours of an item, from the pixels inside its mask.

Each pixel is named by lightness, chroma and hue in CIE LAB; shares of the names are what is said.
The middle of the item counts more than its edge, and skin of a person who wears it counts little.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.pixels.rules import told

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SIDE = 160
SOLID = 200


@dataclass(frozen=True)
class Rules:
    """Where one name ends and the next begins: L 0..100, chroma in LAB units, shares 0..1."""

    grey_below: float = 9.0
    grey_in_the_dark: float = 13.0
    green_tint: float = 0.72
    cold_grey_below: float = 12.0
    navy_from: float = 6.5
    black_below: float = 22.0
    white_above: float = 84.0
    second_from: float = 0.22
    third_from: float = 0.2
    skin_from: float = 0.25
    skin_counts: float = 0.06
    skin_is_the_item_from: float = 0.75
    violet_from: float = 294.5
    """Hue in degrees from which a light blue is a purple."""


RULES = told("colours", Rules())


@dataclass(frozen=True)
class Colour:
    """`key` is a word of the glossary; `hex` the mean of its pixels; `share` of the item, 0..1."""

    key: str
    hex: str
    share: float
    confidence: float


HUES: tuple[tuple[float, str], ...] = (
    (18, "pink"), (44, "red"), (80, "orange"), (106, "yellow"), (182, "green"),
    (236, "turquoise"), (298, "blue"), (330, "purple"), (352, "pink"), (360, "pink"),
)  # fmt: skip
"""Upper ends of the hue angles (degrees, LAB) of full colours."""


def name_colours(rgba: Pixels, rules: Rules = RULES) -> tuple[Colour, ...]:
    """The one to three colours of a cut-out of shape (height, width, 4), most of it first.

    Empty when nothing is inside the mask.
    """
    small, weight = _seen(rgba)
    if weight.sum() <= 0:
        return ()
    lab = cv2.cvtColor(small[..., :3].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    inside = weight > 0
    pixels, weights, colours = lab[inside], weight[inside], small[..., :3][inside]
    weights = _without_skin(colours, weights, rules)
    return _told(_names(np.asarray(pixels, np.float32), rules), weights, colours, rules)


def _seen(rgba: Pixels) -> tuple[Pixels, Floats]:
    """The item's box made small, and how much each pixel counts."""
    solid = (rgba[..., 3] >= SOLID).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(solid)
    if not width:
        return rgba[:1, :1], np.zeros((1, 1), np.float32)
    crop = rgba[y : y + height, x : x + width]
    scale = min(1.0, SIDE / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    inner = cv2.erode((small[..., 3] >= SOLID).astype(np.uint8), np.ones((3, 3), np.uint8))
    inner = inner if inner.any() else (small[..., 3] >= SOLID).astype(np.uint8)
    return np.asarray(small, np.uint8), np.asarray(inner * _middle(size), np.float32)


def _middle(size: tuple[int, int]) -> Floats:
    """A bell over the box: what is held up to the camera is in the middle of it."""
    across, down = (np.linspace(-1, 1, side, dtype=np.float32) for side in size)
    return np.exp(-(across[None, :] ** 2 / 0.5 + down[:, None] ** 2 / 0.6)).astype(np.float32)


def is_skin(colours: Pixels, rules: Rules = RULES) -> npt.NDArray[np.bool_]:
    """Which pixels of an RGB picture (height, width, 3) look like a person's skin."""
    ycc = cv2.cvtColor(colours, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    red, blue = (ycc[..., 1] - 150) / 9, (ycc[..., 2] - 112) / 8
    return np.asarray(np.exp(-0.5 * (red**2 + blue**2 + 0.8 * red * blue)) > rules.skin_from)


def _without_skin(colours: Pixels, weights: Floats, rules: Rules) -> Floats:
    skin = is_skin(colours[None], rules)[0]
    if weights[skin].sum() >= rules.skin_is_the_item_from * weights.sum():
        return weights
    return np.where(skin, weights * rules.skin_counts, weights).astype(np.float32)


def _names(lab: Floats, rules: Rules) -> npt.NDArray[np.str_]:
    light, a, b = lab[:, 0], lab[:, 1], lab[:, 2]
    chroma = np.hypot(a, b)
    hue = np.degrees(np.arctan2(b, a)) % 360
    ends = np.array([end for end, _ in HUES])
    places = np.searchsorted(ends, hue, side="left").clip(max=len(HUES) - 1)
    full = np.array([name for _, name in HUES])[places]
    names = _shaded(full.astype("<U16"), light, chroma, hue)
    cold = (hue > 245) & (hue < 312)
    limit = np.where(light < 40, rules.grey_in_the_dark, rules.grey_below)
    limit = np.where(cold, np.where(light < 40, rules.navy_from, rules.cold_grey_below), limit)
    limit = np.where((hue > 110) & (hue < 230), limit * rules.green_tint, limit)
    grey = chroma < limit
    names[grey] = _greys(light[grey], rules)
    names[(light < 12) & ~(cold & (chroma >= rules.navy_from))] = "black"
    names[(light > 91) & (chroma < 10)] = "white"
    return names


def _greys(light: Floats, rules: Rules) -> npt.NDArray[np.str_]:
    names = np.full(light.shape, "grey", "<U16")
    names[light < 42] = "dark_grey"
    names[light > 70] = "light_grey"
    names[light < rules.black_below] = "black"
    names[light > rules.white_above] = "white"
    return names


def _shaded(
    names: npt.NDArray[np.str_], light: Floats, chroma: Floats, hue: Floats
) -> npt.NDArray[np.str_]:
    """Light and dark relatives of the full colours, where the words differ."""
    warm = np.isin(names, ("red", "orange", "yellow"))
    names[(names == "red") & (light > 62)] = "pink"
    names[(hue > 20) & (hue < 50) & (light > 58) & (light < 84) & (chroma > 34)] = "salmon"
    names[(names == "green") & (hue < 124) & (light > 62)] = "lime"
    names[(names == "pink") & (light < 35)] = "burgundy"
    names[(names == "red") & (light < 30)] = "dark_red"
    names[warm & np.isin(names, ("orange",)) & (light < 55)] = "brown"
    names[(names == "yellow") & (light < 50)] = "olive"
    names[warm & (hue > 44) & (chroma < 30) & (light < 60)] = "brown"
    names[warm & (hue > 44) & (chroma < 32) & (light >= 60)] = "beige"
    names[warm & (hue > 60) & (chroma < 20) & (light >= 84)] = "cream"
    names[(names == "blue") & (hue > RULES.violet_from) & (light > 50) & (chroma < 41)] = "purple"
    names[(names == "purple") & (hue < 312) & (chroma > 55)] = "blue"
    names[(names == "purple") & (hue < 312) & (light < 22)] = "blue"
    names[(names == "blue") & (light < 30)] = "dark_blue"
    names[(names == "blue") & (light > 68)] = "light_blue"
    names[(names == "green") & (light < 32)] = "dark_green"
    names[(names == "green") & (light > 75)] = "light_green"
    names[(names == "purple") & (light > 66)] = "lilac"
    return names


def _told(
    names: npt.NDArray[np.str_], weights: Floats, colours: Pixels, rules: Rules
) -> tuple[Colour, ...]:
    """Shades of one family are one colour, named by its largest shade."""
    total = float(weights.sum())
    shares = {str(n): float(weights[names == n].sum()) / total for n in np.unique(names)}
    families: dict[str, dict[str, float]] = {}
    for name, share in shares.items():
        families.setdefault(family(name), {})[name] = share
    ranked = sorted(families.values(), key=lambda shades: -sum(shades.values()))
    limits = (0.0, rules.second_from, rules.third_from)
    told = [
        _colour(shades, names, weights, colours)
        for shades, limit in zip(ranked, limits, strict=False)
        if sum(shades.values()) >= limit
    ]
    return tuple(told)


def _colour(
    shades: dict[str, float], names: npt.NDArray[np.str_], weights: Floats, colours: Pixels
) -> Colour:
    key = max(shades, key=lambda name: shades[name])
    these = np.isin(names, list(shades))
    mean = np.average(colours[these], axis=0, weights=weights[these] + 1e-6)
    share = sum(shades.values())
    red, green, blue = (round(float(channel)) for channel in mean)
    certain = min(1.0, share / 0.6) * (0.6 + 0.4 * shades[key] / share)
    return Colour(key, f"#{red:02x}{green:02x}{blue:02x}", round(share, 3), round(certain, 3))


FAMILIES = {
    "black": "black", "dark_grey": "grey", "grey": "grey", "light_grey": "grey", "white": "white",
    "cream": "white", "red": "red", "dark_red": "red", "burgundy": "red", "pink": "pink",
    "salmon": "salmon", "lime": "lime", "light_pink": "pink", "orange": "orange",
    "yellow": "yellow", "mustard": "yellow",
    "light_yellow": "yellow", "green": "green", "dark_green": "green", "light_green": "green",
    "olive": "green", "turquoise": "turquoise", "blue": "blue", "light_blue": "blue",
    "dark_blue": "blue", "purple": "purple", "dark_purple": "purple", "lilac": "purple",
    "brown": "brown", "dark_brown": "brown", "light_brown": "brown", "beige": "beige",
}  # fmt: skip


def family(key: str) -> str:
    """The plain colour that a shade belongs to."""
    return FAMILIES.get(key, key)
