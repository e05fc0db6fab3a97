"""The pixels of a cut-out that belong to the item, each with a weight."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 160
LEAST_ITEM = 0.02
"""A mask that covers less of the photo than this found nothing; the whole photo is the item."""
SKIN_COUNTS = 0.05
EVEN_BACKGROUND = 0.5
"""The share of the frame's border that must have one colour, for what differs to be the item."""

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]
FAINT, HALF = 0.3, 0.5


@dataclass(frozen=True)
class Item:
    """The item's box, its long side 160 pixels: LAB (height, width, 3); grey 0..255, transparency
    and weight 0..1, all (height, width). Skin (hands, models) weighs next to nothing."""

    lab: Mask
    grey: Pixels
    alpha: Mask
    weight: Floats


def rgba(cutout: Image.Image | Pixels) -> Pixels:
    """The pixels (height, width, 4) of a picture; raises ValueError without transparency."""
    if isinstance(cutout, Image.Image) and "A" not in cutout.getbands():
        raise ValueError("A cut-out has a transparency channel.")
    if isinstance(cutout, Image.Image) and cutout.mode != "RGBA":
        cutout = cutout.convert("RGBA")
    pixels = np.asarray(cutout)
    if pixels.ndim != 3 or pixels.shape[2] != 4 or not pixels.size:
        raise ValueError("A cut-out has four channels: red, green, blue and transparency.")
    return pixels


def item_of(cutout: Pixels) -> Item:
    """What to describe of a cut-out (height, width, 4)."""
    colours, alpha = _cropped(*_completed(cutout))
    lab = lab_of(colours)
    weight = alpha * (alpha > FAINT) * (1 - (1 - SKIN_COUNTS) * _skin(colours))
    grey = np.asarray(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), np.uint8)
    return Item(lab, grey, alpha, weight.astype(np.float64) + 1e-6)


def lab_of(colours: npt.NDArray[np.uint8] | Mask) -> Mask:
    """LAB of RGB 0..255: L 0..100, a and b around 0."""
    rgb = np.asarray(colours, np.float32) / 255
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), np.float32)


def _completed(cutout: Pixels) -> tuple[Pixels, Mask]:
    """Colours and transparency, with what the mask missed on an even background put back."""
    scale = min(1.0, 4 * SIDE / max(cutout.shape[:2]))
    size = _scaled(cutout.shape[1], cutout.shape[0], scale)
    small = cv2.resize(np.ascontiguousarray(cutout), size, interpolation=cv2.INTER_AREA)
    colours = np.ascontiguousarray(small[..., :3], np.uint8)
    masked = np.asarray(small[..., 3], np.float32) / 255
    alpha: Mask = np.asarray(np.maximum(masked, _unlike_background(colours)), np.float32)
    if (alpha > HALF).mean() < LEAST_ITEM:
        return colours, np.ones(alpha.shape, np.float32)
    return colours, alpha


def _unlike_background(colours: Pixels) -> Mask:
    """0..1: how far each pixel is from the one colour of the frame's border; 0 if it has many.

    A close-up that fills the frame defeats segmentation, but not on a plain backdrop.
    """
    lab = lab_of(colours)
    depth = max(2, round(0.03 * min(lab.shape[:2])))
    sides = lab[:depth], lab[-depth:], lab[:, :depth], lab[:, -depth:]
    border = np.concatenate([side.reshape(-1, 3) for side in sides])
    backdrop = np.median(border, axis=0)
    if (np.linalg.norm(border - backdrop, axis=1) < 6).mean() <= EVEN_BACKGROUND:
        return np.zeros(lab.shape[:2], np.float32)
    apart = lab - backdrop
    distance = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    return np.asarray(np.clip((distance - 5) / 6, 0, 1), np.float32)


def _cropped(colours: Pixels, alpha: Mask) -> tuple[Pixels, Mask]:
    x, y, width, height = cv2.boundingRect((alpha > HALF).astype(np.uint8))
    box = np.s_[y : y + height, x : x + width]
    size = _scaled(width, height, SIDE / max(width, height))
    colours, alpha = np.ascontiguousarray(colours[box]), np.ascontiguousarray(alpha[box])
    return (
        np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.uint8),
        np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32),
    )


def _scaled(width: int, height: int, scale: float) -> tuple[int, int]:
    return max(8, round(width * scale)), max(8, round(height * scale))


def _skin(colours: Pixels) -> Mask:
    """How much each pixel looks like skin, 0..1: a bell in the Cr-Cb plane."""
    y, cr, cb = np.moveaxis(cv2.cvtColor(colours, cv2.COLOR_RGB2YCrCb).astype(np.float32), -1, 0)
    red, blue = (cr - 150) / 10, (cb - 112) / 9
    bell = np.exp(-0.5 * (red**2 + blue**2 + 0.8 * red * blue))
    return np.asarray(np.clip(1.5 * bell, 0, 1) * (y > 40), np.float32)
