"""Cuts the item out of its background."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.pixels import segment
from imaging.pixels.weights import Unavailable

MAX_SIDE = 2048
SOLID = 128
ALREADY_CUT = 0.05

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Cutout:
    """`image` RGBA and `mask` uint8 (height, width) have one size; `box` is x, y, width, height
    of the item as shares 0..1 of the upright photo; `faults` are codes of `faults.py`."""

    image: Image.Image
    mask: npt.NDArray[np.uint8]
    box: Box
    model: str
    is_fallback: bool
    faults: tuple[str, ...]


def cut_out(
    image: Image.Image, model: str = "u2netp", *, max_side: int = MAX_SIDE
) -> Cutout:
    """The item of an upright photo, no side above `max_side`.

    Without weights GrabCut answers and `is_fallback` says so; a photo that came already cut out
    keeps its own transparency, and its model is named "alpha".
    """
    image = _capped(image, max_side)
    colours = image.convert("RGB")
    mask, used = _mask(image, colours, model)
    return Cutout(
        image=_with_alpha(colours, mask),
        mask=mask,
        box=box_of(mask),
        model=used,
        is_fallback=used == "grabcut",
        faults=(),
    )


def box_of(mask: npt.NDArray[np.uint8]) -> Box:
    """Where the mask is solid, as shares of the picture; the whole picture when it is nowhere."""
    solid = cv2.boundingRect((mask >= SOLID).astype(np.uint8))
    x, y, width, height = solid
    if not width or not height:
        return (0.0, 0.0, 1.0, 1.0)
    down, across = mask.shape
    return (x / across, y / down, width / across, height / down)


def _capped(image: Image.Image, side: int) -> Image.Image:
    if max(image.size) <= side:
        return image
    smaller = image.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return smaller


def _mask(
    image: Image.Image, colours: Image.Image, model: str
) -> tuple[npt.NDArray[np.uint8], str]:
    if image.mode == "RGBA" and _is_already_cut(
        alpha := np.asarray(image.getchannel("A"))
    ):
        return alpha, "alpha"
    try:
        return _enlarged(segment.by_model(colours, model), colours), model
    except Unavailable:
        return _enlarged(segment.by_grabcut(colours), colours), "grabcut"


def _is_already_cut(alpha: npt.NDArray[np.uint8]) -> bool:
    return float((alpha < SOLID).mean()) >= ALREADY_CUT


def _enlarged(mask: segment.Mask, image: Image.Image) -> npt.NDArray[np.uint8]:
    full = cv2.resize(mask, image.size, interpolation=cv2.INTER_CUBIC)
    return (np.clip(full, 0, 1) * 255).round().astype(np.uint8)


def _with_alpha(colours: Image.Image, mask: npt.NDArray[np.uint8]) -> Image.Image:
    cut = colours.copy()
    cut.putalpha(Image.fromarray(mask))
    return cut
