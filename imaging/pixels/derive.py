"""Pictures made from a photo: thumbnails and encodings, none with any metadata."""

import io
from collections.abc import Sequence

from PIL import Image

from imaging.pixels.scale import shrunk

SIDES = (1280, 320, 160)
# Measured on a 12 MP photo: method 4 takes 77 ms for the 1,280 px picture, method 1 23 ms for
# a file a fifth larger. Twelve real cut-outs of 2,000 px took 95 ms and 254 KB at method 0,
# 98 ms and 115 KB at 1 (0 hardly packs the transparency), 114 ms and 98 KB at 2.
METHOD = 1


def largest(image: Image.Image) -> Image.Image:
    """The picture that the largest thumbnail shows, before it is encoded."""
    return shrunk(image, max(SIDES), Image.Resampling.HAMMING)


def thumbnails(image: Image.Image, sides: Sequence[int] = SIDES) -> dict[int, bytes]:
    """WebP by long side in pixels, each shrunk from the next larger one, never enlarged."""
    pictures = {}
    for side in sorted(sides, reverse=True):
        image = shrunk(image, side, Image.Resampling.HAMMING)
        pictures[side] = as_webp(image, quality=80)
    return pictures


def thumbnail(image: Image.Image, side: int) -> bytes:
    """One WebP with a long side of at most `side` pixels."""
    return thumbnails(image, [side])[side]


def with_small(name: str, image: Image.Image, *, quality: int = 85) -> dict[str, bytes]:
    """A picture as it is kept, by variant: whole, and small for the lists."""
    return {name: as_webp(image, quality=quality), f"{name}-320": thumbnail(image, 320)}


def as_webp(image: Image.Image, *, quality: int = 85) -> bytes:
    """Lossy WebP, `quality` 0..100; what is fully transparent carries no colour."""
    return _saved(
        image,
        "WEBP",
        quality=quality,
        method=METHOD,
        exif=b"",
        xmp=b"",
    )


def as_png(image: Image.Image) -> bytes:
    return _saved(image, "PNG", compress_level=3, exif=None, pnginfo=None)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """`options` go to Pillow; the colour profile and transparency index of the source do not."""
    bare = image if image.mode in {"RGB", "RGBA", "L"} else image.convert("RGBA")
    buffer = io.BytesIO()
    bare.save(buffer, kind, icc_profile=None, **options)
    return buffer.getvalue()
