"""Opens a file that a stranger sent: refused with a sentence, or upright sRGB pixels.

Limits are checked before anything is decoded. What comes out carries no metadata at all.
Call through `guard.py` wherever the bytes are not ours: these functions decode in this process.
"""

import hashlib
import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from imaging.pixels import capture, colour, headers
from imaging.pixels.errors import Rejected
from imaging.pixels.scale import shrunk

Image.MAX_IMAGE_PIXELS = headers.MAX_PIXELS
# All text chunks of one PNG together; a single chunk is held to 1 MB by Pillow itself.
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024

OPENERS = {"jpeg": ["JPEG"], "png": ["PNG"], "webp": ["WEBP"], "heic": ["HEIF"]}
# "MPO" may be what the JPEG opener answers, but naming it as an opener raises KeyError.
OPENED = {"JPEG", "MPO", "PNG", "WEBP", "HEIF"}
DAMAGED = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    zlib.error,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    *capture.EXIF_FAILURES,
)
# A JPEG may be decoded at 1/2, 1/4 or 1/8 for a fraction of the work. A 4,000 px photo asked
# for at 2,048 comes out at 2,000 rather than being decoded whole and shrunk by 2 %.
DRAFT_SLACK = 0.9


@dataclass(frozen=True)
class Inspection:
    """What a photo is. Width and height are upright pixels; sha256 is lower-case hex."""

    format: str
    content_type: str
    width: int
    height: int
    orientation: int
    taken_at: datetime | None
    sha256: str
    size: int
    has_gps: bool
    is_animated: bool


def inspect(source: bytes | Path) -> Inspection:
    """Read the header and the capture time, or raise `Rejected`.

    Only a PNG is decoded for it: its capture data may stand behind its pixels.
    """
    data = _bytes_of(source)
    image, header = _open(data)
    with _as_sentences():
        if image.format == "PNG":
            image.load()
        orientation = capture.orientation_of(image)
        width, height = image.size
        if orientation >= 5:
            width, height = height, width
        return Inspection(
            format=header.format,
            content_type=headers.CONTENT_TYPES[header.format],
            width=width,
            height=height,
            orientation=orientation,
            taken_at=capture.taken_at(image),
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            has_gps=capture.has_place(image),
            is_animated=header.format != "heic" and getattr(image, "n_frames", 1) > 1,
        )


def open_safely(source: bytes | Path, max_side: int | None = None) -> Image.Image:
    """Upright sRGB pixels, mode RGB or RGBA, no side above `max_side`; else `Rejected`.

    Of an animated file the first frame. A photo that is cut short is refused, never half grey.
    """
    image, _ = _open(_bytes_of(source))
    with _as_sentences():
        if max_side is not None and image.format in {"JPEG", "MPO"}:
            image.draft(None, _draft_size(image.size, max_side))
        image.load()
        orientation = capture.orientation_of(image)
        pixels = colour.plain(image)
        if max_side is not None:
            pixels = shrunk(pixels, max_side)
        pixels = colour.to_srgb(pixels, image)
        return _without_metadata(capture.upright(pixels, orientation))


def _bytes_of(source: bytes | Path) -> bytes:
    if isinstance(source, Path):
        headers.check_bytes(source.stat().st_size)
        return source.read_bytes()
    return source


def _open(data: bytes) -> tuple[Image.Image, headers.Header]:
    header = headers.read_header(data)
    if header.format == "heic":
        _prepare_heic()
    with _as_sentences():
        image = Image.open(io.BytesIO(data), formats=OPENERS[header.format])
    if image.format not in OPENED:
        raise Rejected(f"This is a {image.format}, which is not accepted: {headers.ACCEPTED}")
    headers.check_size(*image.size)
    return image, header


def _prepare_heic() -> None:
    """Register the HEIC opener at first need: libheif is loaded only where one came in."""
    if find_spec("pi_heif") is None:
        raise Rejected("HEIC support is not installed: export the photo as JPEG.")
    import pi_heif  # optional, and 3 MB of C that most processes never need

    pi_heif.register_heif_opener(
        thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
    )


def _draft_size(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    scale = DRAFT_SLACK * max_side / max(size)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def _without_metadata(image: Image.Image) -> Image.Image:
    """A plain picture; one that Pillow opened still holds comments and its whole file."""
    bare = image.copy() if isinstance(image, ImageFile.ImageFile) else image
    bare.info = {}
    return bare


@contextmanager
def _as_sentences() -> Iterator[None]:
    """Every way in which Pillow gives up on a file becomes one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Rejected:
        raise
    except DAMAGED as error:
        raise Rejected(_sentence(error)) from error


def _sentence(error: BaseException) -> str:
    text = str(error).lower()
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return "The photo has more than 50 megapixels."
    if isinstance(error, MemoryError):
        return "The photo needs too much memory to open."
    if "truncated" in text or "premature" in text or "eof" in text:
        return "The photo is cut short."
    if "too large" in text or "text" in text:
        return "The photo carries too much hidden text."
    return "The photo is damaged and cannot be read."
