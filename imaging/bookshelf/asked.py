"""What the shelf's two models are asked: read this photo; name the books in this reading."""

from dataclasses import dataclass

from PIL import Image

from imaging.bookshelf.library import Catalogue
from imaging.bookshelf.reading import Reading


@dataclass(frozen=True)
class Photographed:
    """An upright RGB photo of a shelf."""

    image: Image.Image


@dataclass(frozen=True)
class Shelved:
    """What was read, the books the shop knows, and the confidence (0..1) to stand by."""

    reading: Reading
    catalogue: Catalogue | None
    least: float
