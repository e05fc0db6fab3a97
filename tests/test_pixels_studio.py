"""The shop's picture: framed as the preset says, whatever the photo was."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from imaging.pixels.cutout import Cutout, box_of
from imaging.pixels.derive import as_png, as_webp
from imaging.pixels.studio import PRESETS, Preset, compose, without_fringe
from tests.pixel_makers import BLUE


def make_cutout(size: tuple[int, int] = (400, 300), box: tuple[int, int, int, int] | None = None):
    """A blue block, by default 200 x 100 somewhere left of the middle, on a green background."""
    left, top, right, bottom = box or (50, 100, 250, 200)
    image = Image.new("RGB", size, (30, 160, 40))
    image.paste(BLUE, (left, top, right, bottom))
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[top:bottom, left:right] = 255
    image.putalpha(Image.fromarray(mask))
    return Cutout(image, mask, box_of(mask), "test", is_fallback=False, faults=())


def seen(picture: Image.Image) -> tuple[int, int, int, int]:
    """Where the picture is blue."""
    pixels = np.asarray(picture.convert("RGB"), np.int32)
    blue = np.abs(pixels - BLUE).sum(axis=2) < 30
    rows, columns = np.nonzero(blue)
    return (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_item_is_centred_on_a_square_with_its_margin():
    picture = compose(make_cutout(), Preset("test", margin=0.1))

    assert picture.mode == "RGB"
    assert picture.size == (250, 250)
    assert seen(picture) == (25, 75, 225, 175)
    assert picture.getpixel((2, 2)) == (255, 255, 255)


def test_without_a_square_the_canvas_follows_the_item():
    picture = compose(make_cutout(), Preset("test", margin=0.1, square=False))

    assert picture.size == (250, 125)


def test_a_transparent_background_stays_transparent():
    picture = compose(make_cutout(), Preset("test", background=None))

    assert picture.mode == "RGBA"
    assert np.asarray(picture)[2, 2, 3] == 0


def test_no_side_is_longer_than_the_preset_allows():
    cutout = make_cutout((3000, 2000), (100, 100, 2900, 1900))

    assert compose(cutout, Preset("test", margin=0.1, long_side=640)).size == (640, 640)


def test_a_shadow_lies_below_the_item_and_darkens_the_background():
    plain = np.asarray(compose(make_cutout(), Preset("test", margin=0.2)).convert("L"))
    shaded = np.asarray(compose(make_cutout(), Preset("test", margin=0.2, shadow=0.5)).convert("L"))

    below, above = (220, 167), (112, 167)
    assert shaded[below] < plain[below] - 40
    assert shaded[below] < shaded[above]


def test_the_rim_of_the_background_does_not_come_along():
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[...] = (30, 160, 40, 0)
    pixels[:, :30] = (30, 40, 200, 255)
    pixels[:, 30] = (30, 100, 120, 128)

    clean = np.asarray(without_fringe(Image.fromarray(pixels)))

    assert tuple(clean[30, 30]) == (30, 40, 200, 128)
    assert tuple(clean[30, 10]) == (30, 40, 200, 255)


def test_an_item_without_a_single_pixel_still_makes_a_picture():
    cutout = make_cutout(box=(0, 0, 0, 0))

    for preset in PRESETS:
        assert compose(cutout, preset).width > 0


def test_the_cut_out_itself_is_not_changed():
    cutout = make_cutout()
    before = cutout.image.tobytes()

    compose(cutout, PRESETS[1])

    assert cutout.image.tobytes() == before


@pytest.mark.parametrize("encode", [as_webp, as_png])
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_can_be_stored_both_ways(encode, preset: Preset):
    assert len(encode(compose(make_cutout(), preset))) > 100


@pytest.mark.parametrize(
    "wrong",
    [{"margin": 0.5}, {"margin": -0.1}, {"shadow": 2}, {"long_side": 3}, {"background": "mauvish"}],
)
def test_a_preset_that_makes_no_sense_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError):
        Preset("test", **wrong)
