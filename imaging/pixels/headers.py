"""What a file is, and how large a picture it claims, from its first bytes alone.

Nothing is decoded or decompressed here, so a pixel bomb costs a few microseconds.
"""

import struct
from dataclasses import dataclass

from imaging.pixels.errors import Rejected

MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_383

CONTENT_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
}
HEIC_BRANDS = frozenset(
    [
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"hevm",
        b"hevs",
        b"mif1",
        b"msf1",
    ]
)
NOT_ACCEPTED = (
    (b"GIF8", "a GIF"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"BM", "a BMP"),
    (b"8BPS", "a Photoshop file"),
    (b"%PDF", "a PDF"),
    (b"%!PS", "a PostScript file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"DDS ", "a texture (DDS)"),
    (b"qoif", "a QOI"),
    (b"\0\0\x01\0", "an icon (ICO)"),
    (b"\x1f\x8b", "a compressed archive"),
)
ACCEPTED = "use JPEG, PNG, WebP or HEIC."
# Start-of-frame markers; C4, C8 and CC share the range but mean something else.
SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Header:
    """`size` is (width, height) as stored, before orientation; None where only a decoder knows."""

    format: str
    size: tuple[int, int] | None


def read_header(data: bytes, length: int | None = None) -> Header:
    """Name the format and the claimed size, or raise `Rejected` before anything is decoded.

    `data` may be only the start of a file when `length` gives the bytes of the whole.
    """
    length = len(data) if length is None else length
    check_bytes(length)
    header = _recognise(data, length)
    if header.size is not None:
        check_size(*header.size)
    return header


def check_bytes(count: int) -> None:
    if count == 0:
        raise Rejected("The file is empty.")
    if count > MAX_BYTES:
        raise Rejected(f"The file is {count / 1024 / 1024:.1f} MB, the limit is 50.")


def check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Rejected("The photo is damaged: it has no width or no height.")
    if width * height > MAX_PIXELS:
        megapixels = f"{width * height / 1e6:.1f}".removesuffix(".0")
        raise Rejected(f"{width} x {height} = {megapixels} megapixels, the limit is 50.")
    if max(width, height) > MAX_SIDE:
        raise Rejected(f"{width} x {height}: a side may be at most {MAX_SIDE} pixels.")


def _recognise(data: bytes, length: int) -> Header:
    if data.startswith(b"\xff\xd8\xff"):
        return Header("jpeg", _jpeg_size(data))
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Header("png", _png_size(data))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Header("webp", _webp_size(data, length))
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return Header("heic", None)
    raise Rejected(_why_not(data))


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 <= len(data):
        marker = data[at + 1]
        if marker in SOF:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker == 0xFF:
            at += 1
        elif marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            at += 2
        elif marker in (0xD9, 0xDA):
            return None
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _png_size(data: bytes) -> tuple[int, int] | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _webp_size(data: bytes, length: int) -> tuple[int, int] | None:
    if int.from_bytes(data[4:8], "little") + 8 > length:
        raise Rejected("The photo is cut short.")
    kind = data[12:16]
    if len(data) < 30:
        return None
    if kind == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _why_not(data: bytes) -> str:
    for magic, name in NOT_ACCEPTED:
        if data.startswith(magic):
            return f"This is {name}, which is not accepted: {ACCEPTED}"
    if data[4:8] == b"ftyp":
        return _why_not_boxed(data[8:12])
    return _why_not_text(data[:512])


def _why_not_boxed(brand: bytes) -> str:
    if brand in (b"avif", b"avis"):
        return f"This is an AVIF, which is not accepted: {ACCEPTED}"
    return f"This is a film, not a photo: {ACCEPTED}"


def _why_not_text(start: bytes) -> str:
    lowered = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lowered.startswith((b"<!doctype html", b"<html", b"<script", b"<head", b"<body")):
        return "This is not a photo: the file starts like a web page."
    if lowered.startswith((b"<svg", b"<?xml")):
        return f"This is a drawing (SVG), which is not accepted: {ACCEPTED}"
    if not any(byte < 9 or 13 < byte < 32 for byte in start):
        return "This is not a photo: the file starts like text."
    return f"This is not a photo that can be read: {ACCEPTED}"
