"""Exposure, white balance and sharpness of the item, measured and mended inside its mask only.

Bounded and deterministic: the same photo gives the same bytes, and no correction goes further
than a careful hand would. What lies outside the mask is left as it is; it is looked at once, to
tell a dark item from a dark photo.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.pixels.quality import blur_of

Mask = npt.NDArray[np.uint8]
Linear = npt.NDArray[np.float32]

SOLID = 128
# Linear light, about 223 of 255: where the lights of a well lit photo lie.
BRIGHT = 0.75
# Hardly darker: burnt-out cloth does not come back, and a white shirt should stay white.
EXPOSURE_RANGE = (0.95, 1.7)
CAUTION = 0.7
# Chroma as a share of lightness: a lilac in the dark is still no grey.
NEUTRAL = 0.12
NEUTRAL_SHARE = 0.08
BALANCE_RANGE = (0.95, 1.05)
SHARP_ENOUGH = 1.2
TOO_BLURRED = 4.0
MOST_SHARPENING = 0.7
UNSEEN = 0.03
# Where the sRGB curve becomes a line, in values and in light (IEC 61966-2-1).
SRGB_TOE, LINEAR_TOE = 0.04045, 0.0031308


@dataclass(frozen=True)
class Correction:
    """`exposure` multiplies linear light; `balance` does so per channel (red, green, blue);
    `sharpening` is the amount of an unsharp mask, 0..0.7."""

    exposure: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    sharpening: float = 0.0

    def is_nothing(self) -> bool:
        return self == Correction()


@dataclass(frozen=True)
class Enhanced:
    """`image` keeps the size and mode of the photo; `correction` says what was done to it."""

    image: Image.Image
    correction: Correction


def enhance(image: Image.Image, mask: Mask) -> Enhanced:
    """The photo with its item mended; `mask` is uint8, shape (height, width) of the photo."""
    correction = measure(image, mask)
    return Enhanced(apply(image, mask, correction), correction)


def measure(image: Image.Image, mask: Mask) -> Correction:
    """What the item needs; nothing where the mask is empty."""
    rgb = np.asarray(image.convert("RGB"))
    solid = mask >= SOLID
    if int(solid.sum()) < 64:
        return Correction()
    item = rgb[solid]
    return Correction(_exposure(item, rgb), _balance(item), _sharpening(image, mask))


def apply(image: Image.Image, mask: Mask, correction: Correction) -> Image.Image:
    """A new picture; the mask's soft edge blends the mended item into the untouched rest."""
    if correction.is_nothing():
        return image.copy()
    rgb = np.asarray(image.convert("RGB"))
    gains = np.asarray(correction.balance, np.float32) * correction.exposure
    mended = _sharpened(_encoded(_shouldered(_linear(rgb) * gains)), correction.sharpening)
    share = (mask.astype(np.float32) / 255)[..., None]
    blended = (mended * share + rgb * (1 - share)).round().astype(np.uint8)
    result = Image.fromarray(blended)
    if image.mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result


def _exposure(item: npt.NDArray[np.uint8], photo: npt.NDArray[np.uint8]) -> float:
    """Brings the lights towards `BRIGHT`, part of the way.

    A black jacket on a bright wall is black, not badly lit: what the whole photo reaches counts
    as reached by the item.
    """
    lights = max(_lights(item), min(_lights(photo.reshape(-1, 3)), BRIGHT))
    gain = float(np.clip((BRIGHT / max(lights, 1e-3)) ** CAUTION, *EXPOSURE_RANGE))
    return 1.0 if abs(gain - 1) < UNSEEN else round(gain, 3)


def _lights(pixels: npt.NDArray[np.uint8]) -> float:
    return float(np.percentile(_luminance(_linear(pixels)), 98))


def _balance(item: npt.NDArray[np.uint8]) -> tuple[float, float, float]:
    """Makes what is nearly grey greyer; an item with no grey in it keeps its colours."""
    lab = cv2.cvtColor(item[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    grey = (chroma < NEUTRAL * lab[:, 0]) & (lab[:, 0] > 20) & (lab[:, 0] < 97)
    if grey.mean() < NEUTRAL_SHARE:
        return (1.0, 1.0, 1.0)
    mean = _linear(item[grey]).mean(axis=0)
    gains = (_luminance(mean) / np.maximum(mean, 1e-4)) ** CAUTION
    red, green, blue = (round(float(gain), 3) for gain in np.clip(gains, *BALANCE_RANGE))
    return (red, green, blue)


def _sharpening(image: Image.Image, mask: Mask) -> float:
    """Nothing for a sharp photo, and nothing for one so blurred that only noise would grow."""
    blur = blur_of(image, mask)
    amount = (blur - SHARP_ENOUGH) / 2
    return 0.0 if blur > TOO_BLURRED else round(float(np.clip(amount, 0, MOST_SHARPENING)), 3)


def _sharpened(rgb: Linear, amount: float) -> Linear:
    if not amount:
        return rgb
    soft = cv2.GaussianBlur(rgb, (0, 0), max(1.0, max(rgb.shape) / 1000))
    return np.clip(rgb + amount * (rgb - soft), 0, 255)


def _linear(rgb: npt.NDArray[np.uint8]) -> Linear:
    return np.asarray(LINEAR[rgb], np.float32)


def _encoded(light: Linear) -> Linear:
    """0..255 of linear light 0..1, by the sRGB curve."""
    curved = 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055
    return (np.where(light <= LINEAR_TOE, light * 12.92, curved) * 255).astype(np.float32)


def _shouldered(light: Linear) -> Linear:
    """Rolls off above 0.8 so that a brighter item does not lose its lights."""
    over = np.maximum(light - 0.8, 0)
    rolled = np.minimum(light, 0.8) + 0.2 * (1 - np.exp(-over / 0.2))
    return np.asarray(rolled, np.float32)


def _luminance(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(light @ np.array([0.2126, 0.7152, 0.0722]), np.float32)


def _curve() -> Linear:
    value = np.arange(256) / 255
    return np.where(value <= SRGB_TOE, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


LINEAR = _curve()
