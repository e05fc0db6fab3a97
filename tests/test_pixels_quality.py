"""Photo quality is the item's: a plain wall is no blur, a small item no sharp photo."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from imaging.pixels.phash import distance, fingerprint
from imaging.pixels.quality import PhotoQuality, blur_of, quality_of
from tests.pixel_makers import BLUE, make_quarters, make_scene


def make_masked() -> tuple[Image.Image, np.ndarray]:
    mask = np.zeros((800, 600), np.uint8)
    mask[160:640, 150:450] = 255
    return make_scene((600, 800), BLUE), mask


def test_a_plain_item_on_a_plain_wall_is_sharp():
    photo, mask = make_masked()

    assert quality_of(photo, mask).sharpness > 0.7


def test_blur_is_seen_and_grows():
    photo, mask = make_masked()

    blurs = [blur_of(photo.filter(ImageFilter.GaussianBlur(r)), mask) for r in (0, 1, 2, 4, 8)]

    assert blurs == sorted(blurs)
    assert quality_of(photo.filter(ImageFilter.GaussianBlur(8)), mask).sharpness < 0.1


def test_a_sharp_background_does_not_make_a_blurred_item_sharp():
    photo, mask = make_masked()
    blurred = photo.filter(ImageFilter.GaussianBlur(6))
    stripes = np.indices((800, 600))[1] % 8 < 4
    pixels = np.where(
        ((mask == 0) & _far(mask))[..., None], (stripes * 255)[..., None], np.asarray(blurred)
    )

    quality = quality_of(Image.fromarray(pixels.astype(np.uint8)), mask)

    assert quality.sharpness < 0.2


def _far(mask: np.ndarray) -> np.ndarray:
    far = np.ones_like(mask, bool)
    far[120:680, 110:490] = False
    return far


def test_a_black_and_a_burnt_out_item_are_badly_exposed():
    photo, mask = make_masked()

    assert quality_of(photo, mask).exposure == 1.0
    assert quality_of(ImageEnhance.Brightness(photo).enhance(0.05), mask).exposure < 0.3
    assert quality_of(ImageEnhance.Brightness(photo).enhance(9), mask).exposure < 0.5


def test_an_item_far_away_fills_less_of_the_frame():
    photo, mask = make_masked()
    far = np.zeros_like(mask)
    far[380:420, 280:320] = 255

    assert quality_of(photo, far).frame_fill < 0.02 < quality_of(photo, mask).frame_fill


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 48)])
@pytest.mark.parametrize("colour", [0, 255])
def test_any_picture_and_any_mask_have_a_quality_between_nothing_and_one(
    size: tuple[int, int], colour: int
):
    mask = np.full(size[::-1], colour, np.uint8)

    quality = quality_of(Image.new("RGB", size, (colour,) * 3), mask)

    assert isinstance(quality, PhotoQuality)
    for value in (quality.sharpness, quality.exposure, quality.contrast, quality.score):
        assert 0 <= value <= 1


def test_the_same_picture_saved_again_has_nearly_the_same_fingerprint():
    photo, _ = make_masked()
    again = photo.resize((300, 400)).filter(ImageFilter.GaussianBlur(1))

    assert distance(fingerprint(photo), fingerprint(again)) <= 6
    assert distance(fingerprint(photo), fingerprint(make_quarters())) > 10
    assert 0 <= fingerprint(photo) < 2**64
