"""The mask of a small model, mended where a plain backdrop knows better, and only there."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imaging.pixels import rules
from imaging.pixels.backdrop import Rules, mended

SIZE = (300, 400)
SHIRT = (60, 150, 40, 400)
"""Left, right, top and bottom of an item that runs out of the frame below."""


def photo(backdrop: tuple[int, int, int], item: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", SIZE, backdrop)
    left, right, top, bottom = SHIRT
    ImageDraw.Draw(image).rectangle((left, top, 2 * right, bottom), fill=item)
    return image


def truth(size: tuple[int, int] = (320, 320)) -> np.ndarray:
    mask = Image.new("L", SIZE)
    left, right, top, bottom = SHIRT
    ImageDraw.Draw(mask).rectangle((left, top, 2 * right, bottom), fill=255)
    return np.asarray(mask.resize(size)) > 127


def pocket() -> np.ndarray:
    """What stood out to the model: a tenth of the item."""
    seen = np.zeros((320, 320), np.float32)
    seen[120:200, 110:170] = 1
    return seen


def overlap(mask: np.ndarray, wanted: np.ndarray) -> float:
    solid = mask >= 0.5
    return float((solid & wanted).sum() / (solid | wanted).sum())


def test_a_pocket_becomes_the_shirt_on_a_white_backdrop():
    image = photo((255, 255, 255), (50, 90, 200))
    assert overlap(pocket(), truth()) < 0.15

    assert overlap(mended(pocket(), image), truth()) > 0.98


def test_a_patch_of_backdrop_is_taken_away():
    image = photo((180, 170, 150), (50, 90, 200))
    seen = truth().astype(np.float32)
    seen[120:320, :60] = 0.8

    assert overlap(seen, truth()) < 0.9
    assert overlap(mended(seen, image), truth()) > 0.98


def test_a_shadow_is_not_taken_for_the_item():
    image = photo((230, 230, 230), (50, 90, 200))
    ImageDraw.Draw(image).ellipse((5, 200, 59, 330), fill=(180, 180, 180))

    assert overlap(mended(truth().astype(np.float32), image), truth()) > 0.98


def test_a_thing_beside_the_item_stays_outside():
    image = photo((255, 255, 255), (50, 90, 200))
    ImageDraw.Draw(image).rectangle((5, 5, 40, 30), fill=(200, 30, 30))

    assert not mended(pocket(), image)[:24, :48].any()


def two_shoes() -> tuple[Image.Image, np.ndarray, np.ndarray]:
    """Two of one colour on a plain ground; what is there; and the left one, which the model saw."""
    image, there = Image.new("RGB", SIZE, (200, 205, 210)), Image.new("L", SIZE)
    for left in (50, 180):
        ImageDraw.Draw(image).ellipse((left, 120, left + 80, 300), fill=(50, 90, 200))
        ImageDraw.Draw(there).ellipse((left, 120, left + 80, 300), fill=255)
    wanted = np.asarray(there.resize((320, 320))) > 127
    seen = wanted.astype(np.float32)
    seen[:, 160:] = 0
    return image, wanted, seen


def test_the_second_shoe_belongs_to_the_first():
    image, wanted, seen = two_shoes()
    assert overlap(seen, wanted) < 0.51

    assert overlap(mended(seen, image), wanted) > 0.98


def test_dust_and_a_shadow_that_lies_apart_stay_outside():
    image, wanted, seen = two_shoes()
    ImageDraw.Draw(image).ellipse((140, 20, 148, 28), fill=(60, 40, 20))
    ImageDraw.Draw(image).ellipse((60, 330, 240, 360), fill=(120, 123, 126))

    assert overlap(mended(seen, image), wanted) > 0.98


def test_where_something_else_comes_into_the_picture_the_second_shoe_may_be_it_too():
    image, wanted, seen = two_shoes()
    ImageDraw.Draw(image).rectangle((280, 0, 300, 60), fill=(200, 30, 30))

    assert overlap(mended(seen, image), wanted & (seen > 0)) > 0.98


def test_before_a_restless_backdrop_the_mask_stays_as_it_is():
    noise = np.random.default_rng(1).integers(0, 255, (400, 300, 3), np.uint8)
    seen = pocket()

    assert np.array_equal(mended(seen, Image.fromarray(noise)), seen)


def test_a_number_that_decides_is_replaced_by_a_setting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RULES", '{"backdrop": {"large": 0.9}}')
    assert rules.told("backdrop", Rules()) == Rules(large=0.9)

    monkeypatch.setenv("RULES", '{"backdrop": {"largest": 0.9}}')
    with pytest.raises(ValueError, match="backdrop has no largest"):
        rules.told("backdrop", Rules())

    monkeypatch.setenv("RULES", '{"backdrop": {"large": "much"}}')
    with pytest.raises(ValueError, match=r"backdrop\.large is 'much', which is no number"):
        rules.told("backdrop", Rules())

    monkeypatch.setenv("RULES", "[1]")
    with pytest.raises(ValueError, match="RULES must look like"):
        rules.told("backdrop", Rules())
