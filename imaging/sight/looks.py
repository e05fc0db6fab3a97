"""Judges how well a photo shows its item, from pixels inside the mask only."""

import cv2
import numpy as np
import numpy.typing as npt

from imaging.sight.primary import Look

Pixels = npt.NDArray[np.uint8]
SIDE = 512
SOLID = 200
SHARP_FROM, SHARP_TO = 1.2, 4.5
"""Natural logarithm of the Laplacian's deviation at 512 px: blurred, and as sharp as it gets."""
TOO_DARK, TOO_LIGHT = 12, 250
CUT_COSTS = 0.6
LARGE = 0.45
"""A share of the frame that the item need not exceed."""


def look(key: str, rgba: Pixels, *, faults: int = 0, is_fallback: bool = False) -> Look:
    """How the photo with this cut-out presents its item; every value 0..1."""
    small = _small(rgba)
    mask = small[..., 3] >= SOLID
    if mask.sum() < 100:
        return Look(key, 0, 0, 0, 0, 0)
    grey = np.asarray(cv2.cvtColor(small[..., :3], cv2.COLOR_RGB2GRAY), np.uint8)
    clean = max(0.0, 1 - 0.4 * faults - (0.3 if is_fallback else 0))
    return Look(
        key,
        whole=_whole(mask),
        sharp=_sharp(grey, mask),
        lit=_lit(grey, mask),
        clean=clean,
        large=min(1.0, float(mask.mean()) / LARGE),
    )


def is_close(rgba: Pixels) -> bool:
    """Whether the item runs out of the frame on two sides or more: a close-up."""
    return sum(share > 0.08 for share in _cut(_small(rgba)[..., 3] >= SOLID)) >= 2


def _small(rgba: Pixels) -> Pixels:
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
    uncut = max(0.0, 1 - CUT_COSTS * sum(_cut(mask)))
    return uncut * (0.4 + 0.6 * min(1.0, float(mask.mean()) / LARGE))


def _sharp(grey: Pixels, mask: npt.NDArray[np.bool_]) -> float:
    """Inside the mask and away from its edge, so that the backdrop has no say."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    inner = inner if inner.sum() > 100 else mask
    deviation = float(cv2.Laplacian(grey, cv2.CV_32F)[inner].std())
    return _between(float(np.log(max(deviation, 0.01))), SHARP_FROM, SHARP_TO)


def _lit(grey: Pixels, mask: npt.NDArray[np.bool_]) -> float:
    """Less for what is lost in the dark or burnt out; a black item is no fault of the light."""
    values = grey[mask]
    lost = float(((values <= TOO_DARK) | (values >= TOO_LIGHT)).mean())
    spread = float(np.percentile(values, 95) - np.percentile(values, 5))
    return max(0.0, 1 - 1.5 * max(0.0, lost - 0.1)) * (0.5 + 0.5 * _between(spread, 5, 60))


def _between(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
