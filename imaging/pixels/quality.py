"""How good a photo of the item is: measured on the item, so a plain backdrop is no blur."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Mask = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.floating]

SOLID = 128
SIDE = 1024
# Squared widths in pixels: of the slope operator itself, and of two filters together with it.
SLOPE_WIDTH = 0.5
FINE, COARSE = 0.7**2 + SLOPE_WIDTH, 2.5**2 + SLOPE_WIDTH
STRONGEST = 99.0
HALF_SHARP = 2.2
WEIGHTS = {"sharpness": 0.45, "exposure": 0.25, "contrast": 0.15, "frame_fill": 0.15}
BURNT, BLACK = 0.995, 0.005


@dataclass(frozen=True)
class PhotoQuality:
    """Each from 0 (unusable) to 1 (as good as it matters); `score` is their weighted mean."""

    sharpness: float
    exposure: float
    contrast: float
    frame_fill: float
    score: float


def quality_of(image: Image.Image, mask: Mask) -> PhotoQuality:
    """Of the item under `mask`, uint8 of shape (height, width) like the photo.

    An empty mask counts the whole photo as the item.
    """
    if not (mask >= SOLID).any():
        mask = np.full(mask.shape, 255, np.uint8)
    light = np.asarray(image.convert("L"))[mask >= SOLID] / 255
    parts = {
        "sharpness": 1 / (1 + (blur_of(image, mask) / HALF_SHARP) ** 2),
        "exposure": _exposure(light),
        "contrast": _contrast(light),
        "frame_fill": _frame_fill(mask),
    }
    score = sum(WEIGHTS[name] * value for name, value in parts.items())
    return PhotoQuality(
        **{name: round(value, 3) for name, value in parts.items()}, score=round(score, 3)
    )


def blur_of(image: Image.Image, mask: Mask) -> float:
    """The blur of the item's sharpest edges, as a Gaussian's sigma in thousandths of its size.

    An edge blurred by s has a slope of 1 / sqrt(s^2 + f) after a filter of squared width f; the
    ratio of the slopes at two widths gives s whatever the contrast. The item's own outline
    counts, so a plain item on a plain backdrop is judged by its edge. Below 1.5 is sharp, 4 is
    badly blurred.
    """
    grey, inside = _item(image, mask)
    fine, coarse = _slope(grey, FINE), _slope(grey, COARSE)
    edges = inside & (coarse >= np.percentile(coarse[inside], STRONGEST))
    ratio = float(np.median(fine[edges] / np.maximum(coarse[edges], 1e-6)))
    spread = (COARSE - ratio**2 * FINE) / max(ratio**2 - 1, 1e-2)
    return math.sqrt(max(spread, 0.0)) * float(SIDE / max(grey.shape))


def _item(image: Image.Image, mask: Mask) -> tuple[Grey, npt.NDArray[np.bool_]]:
    """The item's crop as grey 0..255 with no side above `SIDE`, and where item or outline is."""
    solid = (mask >= SOLID).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(solid)
    rim = max(4, max(width, height) // 50)
    left, top = max(0, x - rim), max(0, y - rim)
    crop = (left, top, x + width + rim, y + height + rim)
    grey = np.asarray(image.convert("L").crop(_inside(crop, image.size)), np.float32)
    part = solid[crop[1] : crop[3], crop[0] : crop[2]]
    scale = min(1.0, SIDE / max(grey.shape))
    size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    where = cv2.resize(part, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(small), cv2.dilate(where, np.ones((7, 7), np.uint8)).astype(bool)


def _inside(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    return (box[0], box[1], min(box[2], size[0]), min(box[3], size[1]))


def _slope(grey: Grey, width: float) -> Grey:
    soft = cv2.GaussianBlur(grey, (0, 0), math.sqrt(width - SLOPE_WIDTH))
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down))


def _exposure(light: Grey) -> float:
    """Full marks for a middle tone between 10 and 90 %, less for what is burnt out or black."""
    middle = float(np.median(light))
    tone = min(1.0, middle / 0.10, (1 - middle) / 0.10)
    lost = float(((light > BURNT) | (light < BLACK)).mean())
    return max(0.0, tone) * max(0.0, 1 - 2 * lost)


def _contrast(light: Grey) -> float:
    low, high = np.percentile(light, [5, 95])
    return min(1.0, float(high - low) / 0.35)


def _frame_fill(mask: Mask) -> float:
    """Full marks once the item's box covers half the photo."""
    _, _, width, height = cv2.boundingRect((mask >= SOLID).astype(np.uint8))
    return min(1.0, width * height / mask.size / 0.5)
