"""A 64-bit fingerprint of a picture, to point at photos that are nearly the same file."""

import numpy as np
from PIL import Image


def fingerprint(image: Image.Image) -> int:
    """Difference hash: 64 bits, each whether one of 8 x 8 cells is brighter than its neighbour."""
    small = image.convert("L").resize((9, 8), Image.Resampling.BOX, reducing_gap=2.0)
    cells = np.asarray(small, np.int16)
    return int.from_bytes(np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes())


def distance(one: int, other: int) -> int:
    """How many of the 64 bits differ; up to about 6 is the same picture saved again."""
    return (one ^ other).bit_count()
