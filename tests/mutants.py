"""Files as strangers send them: whole pictures of every kind, damaged in every way we know.

The same seed makes the same files.
"""

import random
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from tests.pixel_makers import HEIC, chunk, make_exif, saved

SIZES = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\xff\xff", b"\0\0\0\0")
PNG = b"\x89PNG\r\n\x1a\n"


def whole_pictures() -> dict[str, bytes]:
    """One of each kind that we accept, with all that may be in it."""
    grain = np.random.default_rng(1).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    image, turned = Image.fromarray(grain), Image.fromarray(grain).rotate(180)
    deep = Image.fromarray(np.arange(96 * 128, dtype=np.uint16).reshape(96, 128))
    exif = make_exif(orientation=6, taken="2024:05:06 07:08:09", offset="+01:00", place=True)
    srgb, lab = (_profile(name) for name in ("sRGB", "LAB"))
    frames = {"save_all": True, "append_images": [turned]}
    return {
        "a.jpg": saved(image, exif=exif, icc_profile=srgb, comment=b"hello"),
        "progressive.jpg": saved(image, progressive=True, icc_profile=lab),
        "cmyk.jpg": saved(image.convert("CMYK")),
        "grey.jpg": saved(image.convert("L"), exif=exif),
        "two.mpo": saved(image, "MPO", **frames),
        "a.png": saved(image, "PNG", exif=exif, icc_profile=srgb),
        "moving.png": saved(image, "PNG", **frames),
        "palette.png": saved(image.convert("P"), "PNG", transparency=3),
        "deep.png": saved(deep, "PNG"),
        "clear.png": saved(image.convert("RGBA"), "PNG", exif=exif),
        "bits.png": saved(image.convert("1"), "PNG"),
        "a.webp": saved(image, "WEBP", exif=exif, icc_profile=srgb),
        "lossless.webp": saved(image.convert("RGBA"), "WEBP", lossless=True),
        "moving.webp": saved(image, "WEBP", **frames),
        "a.heic": HEIC,
    }


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many (name, bytes), each damaged once or twice."""
    chance, pictures = random.Random(seed), whole_pictures()
    for number in range(count):
        name = chance.choice(sorted(pictures))
        damaged = pictures[name]
        for _ in range(chance.choice((1, 1, 2))):
            damaged = chance.choice(WAYS)(damaged, chance)
        if damaged.startswith(PNG) and chance.random() < 0.7:
            damaged = _with_right_sums(damaged)
        yield f"{number}-{name}", damaged


def _flipped(data: bytes, chance: random.Random) -> bytes:
    """Some bits, in the head as often as anywhere."""
    flipped = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10, 50))):
        end = len(data) if chance.random() < 0.5 else min(len(data), 400)
        flipped[chance.randrange(end)] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def _cut_short(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, max(2, len(data)))]


def _lying(data: bytes, chance: random.Random) -> bytes:
    """A number of the head says something else."""
    at = chance.randrange(max(1, min(len(data) - 4, 600)))
    return data[:at] + chance.choice(SIZES) + data[at + 4 :]


def _repeated(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    end = start + chance.randrange(1, 2000)
    return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]


def _with_a_gap(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[: start + 1] + data[start + chance.randrange(2, 500) :]


def _with_another_tail(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(sorted(whole_pictures().values()))
    return data[: chance.randrange(1, len(data) + 1)] + other[chance.randrange(len(other)) :]


WAYS = (_flipped, _flipped, _cut_short, _lying, _lying, _repeated, _with_a_gap, _with_another_tail)


def _with_right_sums(data: bytes) -> bytes:
    """A PNG whose checksums are right again, so that a decoder looks at what is in it."""
    made, at = bytearray(PNG), len(PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        made += chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length])
        at += 12 + length
    return bytes(made) + data[at:]


def _profile(name: str) -> bytes:
    """Without the moment at which it was made."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]
    return made[:24] + bytes(12) + made[36:]
