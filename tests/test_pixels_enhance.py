"""Enhancement: darker becomes brighter, within bounds, inside the mask, the same every time."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from imaging.pixels.enhance import (
    BALANCE_RANGE,
    EXPOSURE_RANGE,
    MOST_SHARPENING,
    Correction,
    enhance,
    measure,
)
from tests.pixel_makers import make_scene


def make_masked(colour: tuple[int, int, int] = (90, 120, 150)) -> tuple[Image.Image, np.ndarray]:
    mask = np.zeros((400, 300), np.uint8)
    mask[80:320, 75:225] = 255
    return make_scene((300, 400), colour), mask


def brightness(image: Image.Image, where: np.ndarray) -> float:
    return float(np.asarray(image.convert("L"))[where].mean())


def test_the_item_of_a_dark_photo_becomes_brighter_and_the_photo_itself_stays():
    photo, mask = make_masked()
    dark = ImageEnhance.Brightness(photo).enhance(0.4)
    before = dark.tobytes()

    enhanced = enhance(dark, mask)

    assert brightness(enhanced.image, mask > 0) > 1.25 * brightness(dark, mask > 0)
    assert enhanced.correction.exposure > 1.3
    assert dark.tobytes() == before


def test_nothing_outside_the_mask_changes():
    photo, mask = make_masked()
    dark = ImageEnhance.Brightness(photo).enhance(0.4)

    enhanced = np.asarray(enhance(dark, mask).image)

    assert np.array_equal(enhanced[mask == 0], np.asarray(dark)[mask == 0])


def test_a_dark_item_in_a_well_lit_photo_stays_dark():
    photo, mask = make_masked((25, 25, 28))

    assert measure(photo, mask).exposure == 1.0


def test_a_white_item_is_not_greyed():
    photo, mask = make_masked((250, 250, 250))

    assert measure(photo, mask).exposure >= 0.95


def test_a_yellowish_grey_becomes_greyer_and_a_red_stays_red():
    yellowish, mask = make_masked((150, 146, 136))
    red, _ = make_masked((200, 30, 30))

    correction = measure(yellowish, mask)

    assert correction.balance[2] > 1 > correction.balance[0]
    assert measure(red, mask).balance == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0, 3.0])
def test_no_correction_leaves_its_bounds(strength: float):
    photo, mask = make_masked()
    odd = ImageEnhance.Brightness(photo.filter(ImageFilter.GaussianBlur(1))).enhance(strength)

    correction = measure(odd, mask)

    assert EXPOSURE_RANGE[0] <= correction.exposure <= EXPOSURE_RANGE[1]
    assert all(BALANCE_RANGE[0] <= gain <= BALANCE_RANGE[1] for gain in correction.balance)
    assert 0 <= correction.sharpening <= MOST_SHARPENING


def test_a_slightly_soft_photo_gets_steeper_edges():
    photo, mask = make_masked()
    soft = photo.filter(ImageFilter.GaussianBlur(0.7))

    enhanced = enhance(soft, mask)

    assert enhanced.correction.sharpening > 0


def test_the_same_photo_gives_the_same_bytes():
    photo, mask = make_masked()
    dark = ImageEnhance.Brightness(photo).enhance(0.5)

    assert enhance(dark, mask).image.tobytes() == enhance(dark, mask).image.tobytes()


def test_an_empty_mask_asks_for_nothing_and_transparency_is_kept():
    photo, mask = make_masked()
    cut = ImageEnhance.Brightness(photo).enhance(0.4)
    cut.putalpha(Image.fromarray(mask))

    assert measure(photo, np.zeros_like(mask)) == Correction()
    assert np.array_equal(np.asarray(enhance(cut, mask).image)[..., 3], mask)
