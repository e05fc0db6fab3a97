"""Photos that a benchmark makes itself, as heavy as a camera's."""

import io
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw

LARGE, SMALL = (4000, 3000), (1600, 1200)
"""Pixels of a 12 megapixel photo, and of one that is quick to make."""


@cache
def made_photo(size: tuple[int, int], seed: int = 0) -> bytes:
    """A JPEG as a camera writes it: soft light, grain, and a thing in the middle."""
    chance = np.random.default_rng(seed)
    width, height = size
    light = cv2.resize(chance.uniform(150, 215, (6, 8, 3)).astype(np.float32), size)
    grain = chance.normal(0, 6, (height, width, 1)).astype(np.float32)
    image = Image.fromarray(np.clip(light + grain, 0, 255).astype(np.uint8))
    colour = tuple(int(part) for part in chance.integers(20, 160, 3))
    box = (width * 0.3, height * 0.2, width * 0.7, height * 0.85)
    ImageDraw.Draw(image).rounded_rectangle(box, radius=width / 12, fill=colour)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()
