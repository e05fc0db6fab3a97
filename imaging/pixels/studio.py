"""The picture for the shop: the item cropped, on a canvas, with margin, background and shadow."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from imaging.pixels.cutout import Cutout
from imaging.pixels.scale import shrunk

SOLID = 250
VISIBLE = 8
# Shares of the item's longer side.
EDGE_REACH = 0.01
SHADOW_BLUR = 0.03
SHADOW_DROP = 0.02

Rgba = npt.NDArray[np.uint8]
WIDEST = 0.4
SOME = 1e-3


@dataclass(frozen=True)
class Preset:
    """How a shop wants its pictures.

    `margin` is the share 0..0.4 of the canvas kept free on each side, `background` a CSS colour
    or None for transparent, `shadow` its darkness 0..1, `long_side` the largest side in pixels.
    """

    name: str
    margin: float = 0.06
    background: str | None = "#ffffff"
    shadow: float = 0.0
    square: bool = True
    long_side: int = 1600

    def __post_init__(self) -> None:
        if not 0 <= self.margin <= WIDEST:
            raise ValueError("The margin is a share from 0 to 0.4.")
        if not 0 <= self.shadow <= 1:
            raise ValueError("The shadow's darkness is from 0 to 1.")
        if not 16 <= self.long_side <= 8000:
            raise ValueError("The long side is from 16 to 8000 pixels.")
        if self.background is not None:
            ImageColor.getrgb(self.background)


WHITE_SQUARE = Preset("white square")
SOFT_SHADOW = Preset("soft shadow", background="#f4f3f0", shadow=0.35)
TRANSPARENT = Preset("transparent", background=None, square=False)
PRESETS = (WHITE_SQUARE, SOFT_SHADOW, TRANSPARENT)


def compose(cutout: Cutout, preset: Preset) -> Image.Image:
    """RGB on the preset's background, or RGBA where it is transparent. The cut-out is unchanged."""
    item = without_fringe(_cropped(cutout.image))
    item, size = _fitted(item, preset)
    at = ((size[0] - item.width) // 2, (size[1] - item.height) // 2)
    canvas = Image.new("RGBA", size)
    canvas.paste(item, at)
    if preset.shadow:
        canvas = Image.alpha_composite(_shadow(canvas, max(item.size), preset.shadow), canvas)
    if preset.background is None:
        return canvas
    backdrop = Image.new("RGBA", size, ImageColor.getrgb(preset.background))
    return Image.alpha_composite(backdrop, canvas).convert("RGB")


def without_fringe(image: Image.Image) -> Image.Image:
    """RGBA whose half-transparent edge takes its colour from the solid item beside it.

    An edge pixel was photographed as a mix of item and background; alpha alone leaves the
    background's colour behind as a rim.
    """
    pixels: Rgba = np.array(image.convert("RGBA"))
    alpha = pixels[..., 3]
    solid = (alpha >= SOLID).astype(np.float32)
    edge = (alpha > 0) & (alpha < SOLID)
    reach = 2 * max(1, round(EDGE_REACH * max(image.size))) + 1
    weight = cv2.boxFilter(solid, -1, (reach, reach))
    colours = cv2.boxFilter(pixels[..., :3] * solid[..., None], -1, (reach, reach))
    rows, columns = np.nonzero(edge & (weight > SOME))
    pixels[rows, columns, :3] = (colours[rows, columns] / weight[rows, columns, None]).round()
    return Image.fromarray(pixels)


def _cropped(image: Image.Image) -> Image.Image:
    """To the visible part; an empty cut-out stays whole."""
    seen = image.getchannel("A").point(lambda alpha: 255 if alpha >= VISIBLE else 0)
    box = seen.getbbox()
    return image if box is None else image.crop(box)


def _fitted(item: Image.Image, preset: Preset) -> tuple[Image.Image, tuple[int, int]]:
    """The item and its canvas (width, height), shrunk together to the preset's long side."""
    room = 1 - 2 * preset.margin
    item = shrunk(item, max(1, int(preset.long_side * room)))
    width, height = (min(preset.long_side, max(1, round(side / room))) for side in item.size)
    if preset.square:
        width = height = max(width, height)
    return item, (width, height)


def _shadow(canvas: Image.Image, side: int, darkness: float) -> Image.Image:
    """A soft black copy of the item, a little lower."""
    alpha = np.asarray(canvas.getchannel("A"), np.float32)
    drop = round(SHADOW_DROP * side)
    lowered = np.zeros_like(alpha)
    lowered[drop:] = alpha[: alpha.shape[0] - drop]
    soft = cv2.GaussianBlur(lowered, (0, 0), max(1.0, SHADOW_BLUR * side))
    shadow = Image.new("RGBA", canvas.size)
    shadow.putalpha(Image.fromarray((soft * darkness).round().astype(np.uint8)))
    return shadow
