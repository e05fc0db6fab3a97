"""Ways to spoil a good cut-out on purpose, so that the fault gate can be measured.

Each takes RGB pixels (height, width, 3) and a mask (height, width), both uint8, and a random
generator; it answers new ones of the same shape.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Pair = tuple[Pixels, Pixels]
Damage = Callable[[Pixels, Pixels, np.random.Generator], Pair]


def area_jump(rgb: Pixels, mask: Pixels, chance: np.random.Generator) -> Pair:
    """About half of the item is lost, or a large block of background comes along."""
    if chance.random() < 0.5:
        return rgb, _without_side(mask, chance.uniform(0.40, 0.65), chance)
    height, width = mask.shape
    left, top = int(chance.uniform(0, 0.6) * width), int(chance.uniform(0, 0.6) * height)
    block = (slice(top, top + height // 2), slice(left, left + width // 2))
    swollen = mask.copy()
    swollen[block] = 255
    if (swollen > 127).sum() < 1.25 * (mask > 127).sum():
        swollen[:, : width * 2 // 5] = 255
    return rgb, swollen


def clipped_edge(rgb: Pixels, mask: Pixels, chance: np.random.Generator) -> Pair:
    """A straight cut takes away a tenth to three tenths."""
    return rgb, _without_side(mask, chance.uniform(0.10, 0.30), chance)


def enclosed_hole(rgb: Pixels, mask: Pixels, chance: np.random.Generator) -> Pair:
    """An oval of 1.5 to 6 % of the item is missing from its inside."""
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5)
    places = np.argwhere(depth > depth.max() / 2)
    row, column = (int(at) for at in places[chance.integers(len(places))])
    radius = float(np.sqrt((mask > 127).sum() * chance.uniform(0.015, 0.06) / np.pi))
    axes = (radius * 1.3, radius / 1.3)
    fitting = [max(3, int(min(axis, depth[row, column] * 0.9))) for axis in axes]
    holed = mask.copy()
    cv2.ellipse(holed, (column, row), fitting, chance.uniform(0, 180), 0, 360, 0, -1)
    return rgb, np.asarray(cv2.GaussianBlur(holed, (5, 5), 0), np.uint8)


def white_on_white(rgb: Pixels, mask: Pixels, chance: np.random.Generator) -> Pair:
    """The item becomes nearly the colour of its backdrop, and the mask loses patches of it."""
    beyond = rgb[mask < 10]
    backdrop = np.median(beyond, axis=0) if len(beyond) > 100 else np.full(3, 255.0)
    grey = rgb.astype(np.float32).mean(axis=2)
    detail = (grey - cv2.GaussianBlur(grey, (0, 0), 12))[..., None] * 0.3
    item = backdrop - chance.uniform(2, 7) + detail
    share = cv2.GaussianBlur(mask, (5, 5), 0).astype(np.float32)[..., None] / 255
    pale = np.clip(item * share + rgb * (1 - share), 0, 255).astype(np.uint8)
    patches = cv2.resize(chance.random((6, 6)), mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
    patchy = np.where(patches > chance.uniform(0.6, 0.8), 0, mask).astype(np.uint8)
    return pale, np.asarray(cv2.GaussianBlur(patchy, (9, 9), 0), np.uint8)


def fringe(rgb: Pixels, mask: Pixels, chance: np.random.Generator) -> Pair:
    """A rim of background of 1.2 to 3 % of the long side stays on."""
    size = 2 * int(max(mask.shape) * chance.uniform(0.012, 0.03)) + 1
    wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return rgb, np.asarray(cv2.GaussianBlur(wide, (5, 5), 0), np.uint8)


DAMAGES: dict[str, Damage] = {
    "area_jump": area_jump,
    "clipped_edge": clipped_edge,
    "enclosed_hole": enclosed_hole,
    "white_on_white": white_on_white,
    "fringe": fringe,
}


def _without_side(mask: Pixels, share: float, chance: np.random.Generator) -> Pixels:
    """The mask without the `share` of it that lies furthest in a random direction."""
    angle = chance.uniform(0, 2 * np.pi)
    rows, columns = np.indices(mask.shape)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    cut = np.quantile(along[mask > 127], 1 - share)
    return np.where(along > cut, 0, mask).astype(np.uint8)
