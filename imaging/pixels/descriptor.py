"""What an item looks like, as 1,024 numbers, from its cut-out alone: no weights, no network.

Colour carries most of it: two photos of one item share their colours more surely than their
outline. Skin (hands, models) counts little. Every block is square-rooted and normalised, so that
the cosine of two vectors is a weighted mean of the blocks' similarities (Hellinger's kernel).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

MODEL = "carousel-descriptor-1"
DIMENSIONS = 1024
SIDE = 160
LEAST_ITEM = 0.02
"""A mask that covers less of the photo than this found nothing; the whole photo is described."""

Vector = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """The item's box: LAB (height, width, 3), grey 0..255 and weights 0..1 (height, width)."""

    lab: Pixels
    grey: npt.NDArray[np.uint8]
    weight: Pixels
    alpha: Pixels


def describe(cutout: Image.Image | npt.NDArray[np.uint8]) -> Vector:
    """A cut-out (RGBA picture, or pixels of shape (height, width, 4)) as a unit vector (1024,).

    Raises ValueError for pixels without transparency channel.
    """
    crop = _cropped(_rgba(cutout))
    blocks = [weight**0.5 * _unit(block(crop)) for block, weight in BLOCKS]
    vector = np.zeros(DIMENSIONS, np.float32)
    joined = np.concatenate(blocks)
    vector[: len(joined)] = joined
    return _unit(vector).astype(np.float32)


def _rgba(cutout: Image.Image | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    pixels = np.asarray(cutout.convert("RGBA") if isinstance(cutout, Image.Image) else cutout)
    if pixels.ndim != 3 or pixels.shape[2] != 4:
        raise ValueError("A cut-out has four channels: red, green, blue and transparency.")
    return pixels


def _cropped(rgba: npt.NDArray[np.uint8]) -> Crop:
    alpha = rgba[..., 3].astype(np.float32) / 255
    if (alpha > 0.5).mean() < LEAST_ITEM:
        alpha = np.ones_like(alpha)
    x, y, width, height = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    box = np.s_[y : y + height, x : x + width]
    scale = SIDE / max(width, height)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    colours = cv2.resize(
        np.ascontiguousarray(rgba[box][..., :3]), size, interpolation=cv2.INTER_AREA
    )
    alpha = cv2.resize(np.ascontiguousarray(alpha[box]), size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(colours.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    weight = alpha * (alpha > 0.3) * (1 - 0.95 * _skin(colours))
    grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    return Crop(lab, grey, weight + 1e-6, alpha)


def _skin(colours: npt.NDArray[np.uint8]) -> Pixels:
    """How much each pixel looks like skin, 0..1: a bell in the Cr-Cb plane."""
    y, cr, cb = np.moveaxis(cv2.cvtColor(colours, cv2.COLOR_RGB2YCrCb).astype(np.float32), -1, 0)
    red, blue = (cr - 150) / 10, (cb - 112) / 9
    bell = np.exp(-0.5 * (red**2 + blue**2 + 0.8 * red * blue))
    return np.asarray(np.clip(1.5 * bell, 0, 1) * (y > 40), np.float32)


def _lab(crop: Crop) -> Pixels:
    return _colours(crop, (6, 8, 8)) ** 0.3


def _chroma(crop: Crop) -> Pixels:
    return _colours(crop, (2, 12, 12)) ** 0.5


def _colours(crop: Crop, bins: tuple[int, int, int]) -> Pixels:
    """A LAB histogram of shape (product of bins,), each pixel shared among its 8 nearest bins.

    The a and b axes are square-rooted: bins are finer near grey, where most items lie.
    """
    lightness = crop.lab[..., 0] / 100
    chroma = np.sign(crop.lab[..., 1:]) * np.sqrt(np.abs(crop.lab[..., 1:]) / 60) / 2 + 0.5
    places = [
        np.clip(v, 0, 1) * (n - 1 - 1e-4)
        for v, n in zip((lightness, chroma[..., 0], chroma[..., 1]), bins, strict=True)
    ]
    floors = [p.astype(np.int64) for p in places]
    parts = [p - f for p, f in zip(places, floors, strict=True)]
    histogram = np.zeros(bins[0] * bins[1] * bins[2])
    for corner in np.ndindex(2, 2, 2):
        share = crop.weight.astype(np.float64)
        index = np.zeros(share.shape, np.int64)
        for up, floor, part, n in zip(corner, floors, parts, bins, strict=True):
            share = share * (part if up else 1 - part)
            index = index * n + floor + up
        histogram += np.bincount(index.ravel(), share.ravel(), len(histogram))
    return np.asarray(histogram / histogram.sum(), np.float32)


def _unit(vector: Pixels) -> Pixels:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector


BLOCKS = ((_lab, 0.6), (_chroma, 0.4))
