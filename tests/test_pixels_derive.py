"""What is made from a photo: right sizes, right formats, and never any metadata."""

import io

import numpy as np
import pytest
from PIL import Image

from imaging.pixels.derive import as_png, as_webp, thumbnail, thumbnails
from tests.pixel_makers import corners, make_exif, make_quarters, saved


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_thumbnails_fit_their_sides_and_keep_the_picture():
    pictures = thumbnails(make_quarters((3000, 1500)))

    assert {side: opened(data).size for side, data in pictures.items()} == {
        1280: (1280, 640),
        320: (320, 160),
        160: (160, 80),
    }
    assert all(opened(data).format == "WEBP" for data in pictures.values())
    assert all(corners(opened(data)) == UPRIGHT for data in pictures.values())


UPRIGHT = ["red", "green", "blue", "yellow"]


def test_a_small_picture_is_not_enlarged():
    assert opened(thumbnail(make_quarters((100, 60)), 320)).size == (100, 60)


def test_a_very_long_picture_keeps_at_least_one_pixel():
    assert opened(thumbnail(Image.new("RGB", (9000, 3)), 160)).size == (160, 1)


@pytest.mark.parametrize("encode", [as_webp, as_png])
def test_transparency_survives(encode):
    picture = make_quarters((40, 40), "RGBA")
    picture.putalpha(Image.linear_gradient("L").resize((40, 40)))

    alpha = np.asarray(opened(encode(picture)).convert("RGBA"))[:, 20, 3]

    assert alpha[1] < 30
    assert alpha[38] > 220


@pytest.mark.parametrize("encode", [as_webp, as_png, lambda image: thumbnail(image, 32)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_of_the_source_is_in_what_is_made(encode, kind: str):
    secrets = {"exif": make_exif(orientation=1, place=True), "icc_profile": b"secret profile"}
    if kind == "JPEG":
        secrets["comment"] = b"secret comment"
    if kind == "WEBP":
        secrets["xmp"] = b"<secret/>"
    source = opened(saved(make_quarters(), kind, **secrets))

    made = encode(source)

    again = opened(made)
    again.load()
    assert b"secret" not in made
    assert not again.getexif()
    assert not {"icc_profile", "exif", "xmp", "comment"} & set(again.info)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_any_mode_can_be_stored(mode: str):
    picture = Image.new(mode, (8, 8))

    assert opened(as_webp(picture)).size == (8, 8)
    assert opened(as_png(picture)).size == (8, 8)
