"""What the camera wrote beside the pixels: orientation, time, whether a place is in it."""

import struct
from datetime import UTC, datetime
from typing import Any

from PIL import ExifTags, Image

EXIF_FAILURES = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    ZeroDivisionError,
    OverflowError,
    struct.error,
)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image) -> int:
    """EXIF (or XMP) orientation 1..8; 1 where it is missing or nonsense."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except EXIF_FAILURES:
        return 1
    return value if isinstance(value, int) and value in TURNS else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as the photographer saw it."""
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def taken_at(image: Image.Image) -> datetime | None:
    """When the shutter opened. A camera that names no zone is read as UTC, Iceland's clock."""
    details = _ifd(image, ExifTags.IFD.Exif)
    stamp = details.get(ExifTags.Base.DateTimeOriginal)
    offset = details.get(ExifTags.Base.OffsetTimeOriginal)
    fraction = details.get(ExifTags.Base.SubsecTimeOriginal)
    return _moment(stamp, offset, fraction)


def has_place(image: Image.Image) -> bool:
    return bool(_ifd(image, ExifTags.IFD.GPSInfo))


def _ifd(image: Image.Image, ifd: int) -> dict[int, Any]:
    try:
        return dict(image.getexif().get_ifd(ifd))
    except EXIF_FAILURES:
        return {}


def _moment(stamp: object, offset: object, fraction: object) -> datetime | None:
    text = str(stamp).strip("\0 ")
    try:
        moment = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        moment = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{_zone(offset)}")
    except ValueError:
        return None
    digits = str(fraction).strip("\0 ")
    if digits.isdecimal() and digits.isascii():
        moment = moment.replace(microsecond=int(digits[:6].ljust(6, "0")))
    return moment


def _zone(offset: object) -> str:
    text = str(offset).strip("\0 ")
    try:
        datetime.strptime(text, "%z")
    except ValueError:
        return "+00:00"
    return text
