"""Judges how well a photo shows its item, from pixels inside the mask only."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.pixels.rules import told
from imaging.sight.primary import Look

Pixels = npt.NDArray[np.uint8]
SIDE = 512
SOLID = 200


@dataclass(frozen=True)
class Rules:
    """What a good photo is. Shares are of the frame, or along one side of it."""

    sharp_from: float = 1.2
    sharp_to: float = 4.5
    """Natural logarithm of the Laplacian's deviation at 512 px: blurred, as sharp as it gets."""
    too_dark: int = 12
    too_light: int = 250
    cut_costs: float = 0.6
    large: float = 0.45
    """The item need not exceed that."""
    close_side: float = 0.08
    """A close-up runs out of the frame along more than this share of two sides."""


RULES = told("looks", Rules())


def look(key: str, rgba: Pixels, *, faults: int = 0, is_fallback: bool = False) -> Look:
    """How the photo with this cut-out presents its item; every value 0..1."""
    seen = small(rgba)
    mask = seen[..., 3] >= SOLID
    if mask.sum() < 100:
        return Look(key, 0, 0, 0, 0, 0)
    grey = np.asarray(cv2.cvtColor(seen[..., :3], cv2.COLOR_RGB2GRAY), np.uint8)
    clean = max(0.0, 1 - 0.4 * faults - (0.3 if is_fallback else 0))
    return Look(
        key,
        whole=_whole(mask),
        sharp=_sharp(grey, mask),
        lit=_lit(grey, mask),
        clean=clean,
        large=min(1.0, float(mask.mean()) / RULES.large),
    )


def is_close(rgba: Pixels) -> bool:
    """Whether the item runs out of the frame on two sides or more: a close-up."""
    return sum(share > RULES.close_side for share in _cut(small(rgba)[..., 3] >= SOLID)) >= 2


def small(rgba: Pixels) -> Pixels:
    """As much of a cut-out as is looked at here, for who asks more than once: 512 pixels."""
    height, width = rgba.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(rgba, size, interpolation=cv2.INTER_AREA), np.uint8)


def _cut(mask: npt.NDArray[np.bool_]) -> list[float]:
    """Of each side of the frame, the share along which the item runs out of it."""
    return [float(edge.mean()) for edge in (mask[:2], mask[-2:], mask[:, :2], mask[:, -2:])]


def _whole(mask: npt.NDArray[np.bool_]) -> float:
    """Less the more of it the frame cuts off; a fragment of which little was cut out is no whole.

    Given the front first, 68 of 75 items of the apparel set keep it; counting cut sides without
    their length, 62. Given a close-up first, 21 and 14: chosen among three weights on that set.
    """
    uncut = max(0.0, 1 - RULES.cut_costs * sum(_cut(mask)))
    return uncut * (0.4 + 0.6 * min(1.0, float(mask.mean()) / RULES.large))


def _sharp(grey: Pixels, mask: npt.NDArray[np.bool_]) -> float:
    """Inside the mask and away from its edge, so that the backdrop has no say."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    inner = inner if inner.sum() > 100 else mask
    deviation = float(cv2.Laplacian(grey, cv2.CV_32F)[inner].std())
    return _between(float(np.log(max(deviation, 0.01))), RULES.sharp_from, RULES.sharp_to)


def _lit(grey: Pixels, mask: npt.NDArray[np.bool_]) -> float:
    """Less for what is lost in the dark or burnt out; a black item is no fault of the light."""
    values = grey[mask]
    lost = float(((values <= RULES.too_dark) | (values >= RULES.too_light)).mean())
    spread = float(np.percentile(values, 95) - np.percentile(values, 5))
    return max(0.0, 1 - 1.5 * max(0.0, lost - 0.1)) * (0.5 + 0.5 * _between(spread, 5, 60))


def _between(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
