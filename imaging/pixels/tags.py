"""Reads the consignor's card that staff photograph between items: a QR code that says whose.

The code's text is `consignor:NAME`, and may go on with `;sku:CODE` and `;location:PLACE`. Any other
code (the bar code of a packet, a poster's address) is no card.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image

LONGEST = 120
SIDE = 1600
FIELDS = re.compile(r"^(consignor|sku|location)\s*[:=]\s*(.+)$", re.IGNORECASE)
TWO_DIMENSIONAL = {"QRCode", "MicroQRCode", "DataMatrix", "Aztec"}


@dataclass(frozen=True)
class Tag:
    """What a card says; `sku` and `location` may be empty."""

    consignor: str
    sku: str = ""
    location: str = ""


def read_tag(photo: Image.Image) -> Tag | None:
    """The card in an upright photo, or None. Of several cards the first in reading order."""
    picture = photo.convert("L")
    picture.thumbnail((SIDE, SIDE))
    found = zxingcpp.read_barcodes(_pixels(picture))
    found = [code for code in found if code.valid and _kind(code) in TWO_DIMENSIONAL]
    found.sort(key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    return next(filter(None, (parsed(code.text) for code in found)), None)


def parsed(text: str) -> Tag | None:
    """`consignor:NAME;sku:CODE;location:PLACE` as a tag; None for any other text."""
    fields = {}
    for part in re.split(r"[;\n]", text):
        if found := FIELDS.match(part.strip()):
            fields[found[1].lower()] = " ".join(found[2].split())[:LONGEST]
    return Tag(**fields) if fields.get("consignor") else None


def _kind(code: zxingcpp.Barcode) -> str:
    return str(code.format).rsplit(".", 1)[-1].replace(" ", "")


def _pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(picture, np.uint8)
