"""Finds spots, scratches and holes on an item: candidates for a person to confirm, never facts.

Boxes are shares of the upright photo. A cut-out covers the whole upright photo, so a box means
the same place in the original, the cut-out and, through `in_crop`, in any crop of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from imaging.pixels.rules import told
from imaging.sight.colours import is_skin

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

MOSTLY = 0.6
"""A share of skin colour from which the item itself has that colour."""


@dataclass(frozen=True)
class Rules:
    """Lengths are in pixels at `side`; areas are shares of the item; contrasts in LAB units."""

    side: int = 512
    solid: int = 200
    edge: int = 9
    surround: int = 31
    contrast: float = 9.0
    deviations: float = 6.0
    smallest: float = 0.0004
    largest: float = 0.03
    most: int = 5
    """More candidates than this are a pattern, not damage."""
    hole_from: float = 0.0008
    hole_to: float = 0.006
    hole_round: float = 0.55
    thin: float = 0.25
    """A scratch fills no more of its box."""
    moderate: float = 0.002
    major: float = 0.01
    """From this area on, damage is no longer minor, or no longer moderate."""


RULES = told("defects", Rules())


@dataclass(frozen=True)
class Box:
    """x, y of the top left corner, width and height; all 0..1 of the upright photo."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Found:
    """`kind` and `severity` as in models.Defect; `confidence` 0..1, honest and low."""

    kind: str
    severity: str
    confidence: float
    box: Box


def find(rgba: Pixels, rules: Rules = RULES) -> tuple[Found, ...]:
    """Candidates in a cut-out of shape (height, width, 4), the surest first."""
    small = _small(rgba, rules.side)
    mask = (small[..., 3] >= rules.solid).astype(np.uint8)
    area = int(mask.sum())
    if area < 400:
        return ()
    spots = list(_spots(small, mask, area, rules))
    if len(spots) > rules.most:
        spots = []
    found = [*_holes(mask, area, rules), *spots]
    return tuple(sorted(found, key=lambda each: -each.confidence))


def in_crop(box: Box, crop: Box) -> Box | None:
    """Where `box` lies inside `crop`, as shares of the crop; None when it lies outside."""
    left, top = max(box.x, crop.x), max(box.y, crop.y)
    right = min(box.x + box.width, crop.x + crop.width)
    bottom = min(box.y + box.height, crop.y + crop.height)
    if right <= left or bottom <= top:
        return None
    inside = replace(box, x=(left - crop.x) / crop.width, y=(top - crop.y) / crop.height)
    return replace(inside, width=(right - left) / crop.width, height=(bottom - top) / crop.height)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / (one.width * one.height + other.width * other.height - shared)


def _small(rgba: Pixels, side: int) -> Pixels:
    height, width = rgba.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgba, size, interpolation=cv2.INTER_AREA), np.uint8)


def _spots(small: Pixels, mask: Mask, area: int, rules: Rules) -> Iterator[Found]:
    """Places that differ from what surrounds them far more than the cloth does elsewhere."""
    worn = mask & ~_skin_on(small, mask, rules)
    inner = cv2.erode(worn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rules.edge + 1,) * 2))
    if inner.sum() < 200:
        return
    difference = _difference(small, mask, rules)
    usual = np.median(difference[inner > 0])
    spread = 1.4826 * float(np.median(np.abs(difference[inner > 0] - usual)))
    limit = max(rules.contrast, float(usual) + rules.deviations * spread)
    marked = ((difference > limit) & (inner > 0)).astype(np.uint8)
    marked = np.asarray(
        cv2.morphologyEx(marked, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8
    )
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(marked)
    for number in range(1, count):
        size = boxes[number][cv2.CC_STAT_AREA]
        if rules.smallest * area <= size <= rules.largest * area:
            strength = float(difference[labels == number].mean()) / limit
            yield _spot(boxes[number], size / area, strength, mask, rules)


def _skin_on(small: Pixels, mask: Mask, rules: Rules) -> Mask:
    """A person who wears or holds the item is no damage.

    A brown stain has the colour of skin too, so only what is larger than any damage counts as
    skin; and an item of that colour is no person.
    """
    skin = is_skin(small[..., :3]).astype(np.uint8) & mask
    if int(skin.sum()) > MOSTLY * int(mask.sum()):
        return np.zeros_like(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(skin)
    least = rules.largest * int(mask.sum())
    large = [n for n in range(1, count) if stats[n][cv2.CC_STAT_AREA] > least]
    return np.isin(labels, large).astype(np.uint8)


def _difference(small: Pixels, mask: Mask, rules: Rules) -> Floats:
    """Distance in LAB from the median of the surroundings, lightness counting half."""
    lab = cv2.cvtColor(small[..., :3], cv2.COLOR_RGB2LAB)
    fill = np.median(lab[mask > 0], axis=0).astype(np.uint8)
    lab[mask == 0] = fill
    calm = cv2.GaussianBlur(lab, (3, 3), 0)
    around = cv2.medianBlur(lab, rules.surround)
    difference = calm.astype(np.float32) - around.astype(np.float32)
    difference[..., 0] *= 0.5
    return np.asarray(np.linalg.norm(difference, axis=2), np.float32)


def _spot(
    stats: npt.NDArray[np.int32], share: float, strength: float, mask: Mask, rules: Rules
) -> Found:
    left, top, width, height, size = (int(value) for value in stats)
    length, breadth = max(width, height), max(1, min(width, height))
    thin = length / breadth >= 4 or size / (width * height) < rules.thin
    severity = "minor" if share < rules.moderate else "moderate" if share < rules.major else "major"
    confidence = round(min(0.5, 0.15 + 0.12 * strength), 2)
    kind = "scratch" if thin else "stain"
    return Found(kind, severity, confidence, _box(left, top, width, height, mask))


def _holes(mask: Mask, area: int, rules: Rules) -> Iterator[Found]:
    """Small round windows in the item; large or ragged ones (a handle, a bent arm) belong to it."""
    outside = 1 - mask
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside)
    border = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))
    for number in set(range(1, count)) - border:
        left, top, width, height, size = (int(value) for value in stats[number])
        compact = min(width, height) / max(width, height)
        filled = size / (width * height)
        is_round = min(compact, filled) >= rules.hole_round
        if is_round and rules.hole_from * area <= size <= rules.hole_to * area:
            yield Found("hole", "moderate", 0.25, _box(left, top, width, height, mask))


def _box(left: int, top: int, width: int, height: int, mask: Mask) -> Box:
    down, across = mask.shape
    return Box(left / across, top / down, width / across, height / down)
