"""Pictures and files for the tests of pixel work, made on the spot: good ones, odd ones, bombs."""

import base64
import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 40), (30, 40, 200), (220, 200, 40)

# 64 x 48, left half red, right half blue, taken 2024-05-06 07:08:09.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAAGEAAgAAAAACQwABAAAAAAAAAFYAAAA4aWlu"
    "ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA"
    "/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAA"
    "AAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAA"
    "AA5jZHNjAAIAAQABAAAAv21kYXQAAABdKAGvE4D1J4E//+ClR/+61nh+Dw0xP/7zxiP6BrH/4vV3bgMdiygMJ4lE"
    "U3iO7ljLFNYaUrPcCpWjq9JqvZNoUv4TaP/gI8J4HyBD3iexvjxR23q/Wu+qMpQuModuAAAABkV4aWYAAE1NACoA"
    "AAAIAAIBEgADAAAAAQABAACHaQAEAAAAAQAAACYAAAAAAAGQAwACAAAAFAAAADgAAAAAMjAyNDowNTowNiAwNzow"
    "ODowOQA="
)


def make_quarters(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """Red, green above blue, yellow: every turn and flip of it looks different."""
    image = Image.new("RGB", size)
    across, down = size[0] // 2, size[1] // 2
    for colour, corner in zip(
        (RED, GREEN, BLUE, YELLOW), ((0, 0), (across, 0), (0, down), (across, down)), strict=True
    ):
        image.paste(colour, (*corner, corner[0] + across, corner[1] + down))
    return image.convert(mode)


def make_scene(size: tuple[int, int] = (600, 800), colour: tuple[int, int, int] = BLUE) -> Any:
    """A plain rounded thing in the middle of a light table, with a little noise."""
    image = Image.new("RGB", size, (232, 230, 226))
    width, height = size
    box = (width * 0.25, height * 0.2, width * 0.75, height * 0.8)
    ImageDraw.Draw(image).rounded_rectangle(box, radius=width // 12, fill=colour)
    noise = np.random.default_rng(1).normal(0, 2, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def make_exif(**fields: Any) -> Image.Exif:
    """orientation=, taken=, offset=, place=True."""
    exif = Image.Exif()
    if "orientation" in fields:
        exif[0x0112] = fields["orientation"]
    if "taken" in fields:
        exif.get_ifd(0x8769)[0x9003] = fields["taken"]
    if "offset" in fields:
        exif.get_ifd(0x8769)[0x9011] = fields["offset"]
    if fields.get("place"):
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (64.0, 8.0, 0.0)
    return exif


def make_png(width: int, height: int, *chunks: bytes, colour_type: int = 2) -> bytes:
    """A PNG with a header of our choice and whatever chunks follow, good or not."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated piece by piece: the bomb is never in our own memory."""
    packer = zlib.compressobj(9)
    piece = bytes(1024 * 1024)
    packed = [packer.compress(piece) for _ in range(count // len(piece))]
    return b"".join([*packed, packer.compress(bytes(count % len(piece))), packer.flush()])


def make_webp_header(width: int, height: int) -> bytes:
    """The first 30 bytes of an extended WebP with that canvas, and nothing to decode."""
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    body += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body)) + body


def corners(image: Image.Image) -> list[str]:
    """The names of the colours in the four corners, left to right, top to bottom."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.int32)
    spots = pixels[[4, 4, -5, -5], [4, -5, 4, -5]]
    return [_named(spot) for spot in spots]


def _named(colour: npt.NDArray[np.int32]) -> str:
    names = {"red": RED, "green": GREEN, "blue": BLUE, "yellow": YELLOW}
    return min(names, key=lambda name: int(np.abs(colour - names[name]).sum()))
