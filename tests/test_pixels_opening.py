"""Opening files: what is accepted comes out upright, in sRGB and bare; the rest gets a sentence."""

import time
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from imaging.pixels import opening
from imaging.pixels.errors import Rejected
from imaging.pixels.headers import MAX_BYTES
from imaging.pixels.opening import inspect, open_safely
from tests.machine import SHARED_DATA
from tests.pixel_makers import (
    HEIC,
    chunk,
    corners,
    make_exif,
    make_png,
    make_quarters,
    make_webp_header,
    saved,
    zeros,
)

UPRIGHT = ["red", "green", "blue", "yellow"]
# What a camera stores for each orientation: the turn that `upright` must undo.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def refusal(data: bytes) -> str:
    """The sentence with which both doors refuse; a file one of them lets in fails the test."""
    with pytest.raises(Rejected) as refused:
        open_safely(data)
    return refused.value.sentence


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_come_out_upright(kind: str, orientation: int):
    turn = STORED[orientation]
    stored = make_quarters() if turn is None else make_quarters().transpose(turn)
    data = saved(stored, kind, exif=make_exif(orientation=orientation))

    seen, image = inspect(data), open_safely(data)

    assert (seen.width, seen.height, seen.orientation) == (64, 48, orientation)
    assert image.size == (64, 48)
    assert corners(image) == UPRIGHT


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_asked_for_small_is_still_upright_and_no_side_is_larger(orientation: int):
    stored = make_quarters((800, 600))
    if orientation == 6:
        stored = stored.transpose(Image.Transpose.ROTATE_90)
    data = saved(stored, exif=make_exif(orientation=orientation))

    image = open_safely(data, max_side=200)

    assert image.size == (200, 150)
    assert corners(image) == UPRIGHT


def test_a_photo_just_under_twice_the_size_asked_for_is_decoded_at_half():
    data = saved(make_quarters((400, 300)))

    assert open_safely(data, max_side=205).size == (200, 150)
    assert open_safely(data, max_side=300).size == (300, 225)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_modes_become_rgb(mode: str):
    image = open_safely(saved(make_quarters(mode=mode)))

    assert image.mode == "RGB"
    if mode != "L":
        assert corners(image) == UPRIGHT


@pytest.mark.parametrize(
    ("mode", "opened"), [("1", "RGB"), ("L", "RGB"), ("LA", "RGBA"), ("P", "RGB"), ("RGBA", "RGBA")]
)
def test_png_modes_become_rgb_with_alpha_where_there_was_any(mode: str, opened: str):
    assert open_safely(saved(make_quarters(mode=mode), "PNG")).mode == opened


def test_sixteen_bit_grey_keeps_its_shades():
    shades = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (16, 1))

    image = open_safely(saved(Image.fromarray(shades), "PNG"))

    row = np.asarray(image)[8, :, 0]
    assert row[0] == 0
    assert row[-1] == 255
    assert abs(int(row[32]) - 129) <= 1


def test_the_transparent_colour_of_a_palette_becomes_alpha():
    image = make_quarters().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    clear = image.getpixel((2, 2))

    opened = open_safely(saved(image, "PNG", transparency=clear))

    assert opened.mode == "RGBA"
    alpha = np.asarray(opened)[..., 3]
    assert (alpha[2, 2], alpha[44, 60]) == (0, 255)


def test_an_animated_file_is_its_first_frame():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ((200, 30, 30), (30, 40, 200))]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)

    assert inspect(data).is_animated
    assert open_safely(data).convert("RGB").getpixel((20, 20)) == (200, 30, 30)


def test_a_file_of_several_jpegs_is_its_first():
    data = saved(make_quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])

    assert inspect(data).content_type == "image/jpeg"
    assert corners(open_safely(data)) == UPRIGHT


def test_another_colour_space_is_converted_before_the_profile_is_dropped():
    lab_red = Image.new("RGB", (16, 16), (120, 60, 60))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain = open_safely(saved(lab_red, "PNG"))

    converted = open_safely(saved(lab_red, "PNG", icc_profile=profile))
    nonsense = open_safely(saved(lab_red, "PNG", icc_profile=b"not a profile"))

    assert plain.getpixel((8, 8)) == (120, 60, 60)
    assert nonsense.getpixel((8, 8)) == (120, 60, 60)
    assert "icc_profile" not in converted.info


def test_heic_is_opened_where_it_can_be():
    seen, image = inspect(HEIC), open_safely(HEIC)

    assert (seen.format, seen.content_type) == ("heic", "image/heic")
    assert (seen.width, seen.height) == (64, 48)
    assert seen.taken_at == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert corners(image) == ["red", "blue", "red", "blue"]


def test_heic_without_the_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "find_spec", lambda name: None)

    assert refusal(HEIC) == "HEIC support is not installed: export the photo as JPEG."


def test_the_capture_time_is_read_with_its_zone_or_as_utc():
    there = make_exif(taken="2024:05:06 07:08:09", offset="+02:00")
    here = make_exif(taken="2024:05:06 07:08:09")
    never = make_exif(taken="0000:00:00 00:00:00")

    def taken(exif: Image.Exif) -> datetime | None:
        return inspect(saved(make_quarters(), exif=exif)).taken_at

    assert taken(there) == datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    assert taken(here) == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert taken(never) is None


def test_nothing_but_pixels_comes_out():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "secret")
    files = [
        saved(make_quarters(), comment=b"secret", exif=make_exif(place=True), dpi=(300, 300)),
        saved(make_quarters(), "PNG", pnginfo=text, exif=make_exif(orientation=1, place=True)),
        saved(make_quarters(), "WEBP", exif=make_exif(place=True), xmp=b"<secret/>"),
    ]

    for data in files:
        assert inspect(data).has_gps
        opened = open_safely(data)
        assert opened.info == {}
        assert not opened.getexif()
        assert type(opened) is Image.Image


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"Dear sir, here is the photo.\n" * 9, "This is not a photo: the file starts like text."),
        (b"<!DOCTYPE html><p>hi", "This is not a photo: the file starts like a web page."),
        (b"<svg xmlns='...'/>", "This is a drawing (SVG), which is not accepted: "),
        (b"GIF89a" + bytes(64), "This is a GIF, which is not accepted: "),
        (b"II*\0" + bytes(64), "This is a TIFF, which is not accepted: "),
        (b"%PDF-1.7", "This is a PDF, which is not accepted: "),
        (b"PK\x03\x04" + bytes(64), "This is a ZIP archive, which is not accepted: "),
        (b"MZ\x90\0" + bytes(64), "This is a Windows program, which is not accepted: "),
        (b"\0\0\0\x20ftypavif" + bytes(64), "This is an AVIF, which is not accepted: "),
        (b"\0\0\0\x20ftypisom" + bytes(64), "This is a film, not a photo: "),
        (bytes(range(256)), "This is not a photo that can be read: "),
        (b"\xff\xd8\xff\xe0" + bytes(64), "The photo is damaged and cannot be read."),
    ],
)
def test_what_is_no_photo_is_refused_by_its_bytes_with_the_reason(data: bytes, sentence: str):
    assert refusal(data).startswith(sentence)


def test_a_byte_over_fifty_megabytes_is_refused():
    exact = saved(make_quarters()) + bytes(MAX_BYTES)

    assert refusal(exact) == "The file is 50.0 MB, the limit is 50."
    assert open_safely(exact[:MAX_BYTES]).size == (64, 48)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("max_side", [None, 100])
def test_a_photo_that_is_cut_short_is_refused_and_never_half_grey(
    kind: str, share: float, max_side: int | None
):
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    data = saved(Image.fromarray(noise), kind)

    with pytest.raises(Rejected, match="cut short"):
        open_safely(data[: int(len(data) * share)], max_side)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (make_png(60_000, 60_000), "60000 x 60000 = 3600 megapixels, the limit is 50."),
        (make_png(1, 60_000_000), "1 x 60000000 = 60 megapixels, the limit is 50."),
        (make_png(20_000, 100), "20000 x 100: a side may be at most 16383 pixels."),
        (make_png(0, 10), "The photo is damaged: it has no width or no height."),
        (make_webp_header(11_000, 8_000), "11000 x 8000 = 88 megapixels, the limit is 50."),
        (make_webp_header(16_384, 9), "16384 x 9: a side may be at most 16383 pixels."),
    ],
)
def test_a_picture_that_claims_too_many_pixels_is_refused_by_its_header(data: bytes, sentence: str):
    start = time.process_time()

    assert refusal(data) == sentence
    assert time.process_time() - start < 0.5


def test_a_jpeg_that_claims_too_many_pixels_is_refused_by_its_header():
    data = bytearray(saved(make_quarters()))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = (8000).to_bytes(2, "big") + (11000).to_bytes(2, "big")

    assert refusal(bytes(data)) == "11000 x 8000 = 88 megapixels, the limit is 50."


def test_text_that_swells_is_refused():
    bomb = make_png(8, 8, chunk(b"iTXt", b"XML\0\1\0\0\0" + zeros(200 * 1024 * 1024)))
    many = make_png(8, 8, *[chunk(b"zTXt", b"k\0\0" + zeros(900_000))] * 60)

    assert refusal(bomb) == "The photo carries too much hidden text."
    assert refusal(many) == "The photo carries too much hidden text."


@pytest.mark.shared_data
def test_every_hostile_file_is_accepted_or_refused_with_a_sentence():
    answers = {}
    for path in sorted((SHARED_DATA / "hostile").iterdir()):
        start = time.process_time()
        try:
            answers[path.name] = open_safely(path).mode
            assert inspect(path).width > 0
        except Rejected as refused:
            answers[path.name] = refused.sentence
        assert time.process_time() - start < 2, path.name

    assert all(answer.endswith((".", "RGB", "RGBA")) for answer in answers.values())
    assert sum(answer in {"RGB", "RGBA"} for answer in answers.values()) >= 100
