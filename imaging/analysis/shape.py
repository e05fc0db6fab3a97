"""The outline and the edges of an item as a vector: what kind of thing it is, whatever its colour.

The built-in descriptor tells one item from another, mostly by colour. Kinds of things differ in
shape, so the vote on the category compares these vectors instead. 1,024 numbers of length 1.
"""

import cv2
import numpy as np
import numpy.typing as npt

MODEL = "carousel-shape-1"
DIMENSIONS = 1024
GRID = 8
CELL = 12
BINS = 9
SIDE = GRID * CELL
SOLID = 128

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def describe(rgba: Pixels) -> Floats:
    """The shape vector of a cut-out of shape (height, width, 4)."""
    grey, mask, aspect = _squared(rgba)
    blocks = [
        (_outline(mask), 0.35),
        (_edges(grey, mask), 0.45),
        (_edges(mask * 255, np.ones_like(mask)), 0.15),
        (_proportions(mask, aspect), 0.05),
    ]
    joined = np.concatenate([weight**0.5 * _unit(block) for block, weight in blocks])
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[: min(len(joined), DIMENSIONS)] = joined[:DIMENSIONS]
    return _unit(vector)


def _squared(rgba: Pixels) -> tuple[Pixels, Pixels, float]:
    """The item's box in the middle of a square, proportions kept: grey, mask 0/1, width/height."""
    solid = (rgba[..., 3] >= SOLID).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(solid)
    if not width:
        x, y, (height, width) = 0, 0, solid.shape
        solid = np.ones_like(solid)
    scale = SIDE / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    box = np.s_[y : y + height, x : x + width]
    colours = cv2.resize(
        np.ascontiguousarray(rgba[box][..., :3]), size, interpolation=cv2.INTER_AREA
    )
    mask = cv2.resize(np.ascontiguousarray(solid[box]), size, interpolation=cv2.INTER_NEAREST)
    grey = cv2.equalizeHist(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY))
    return (
        _centred(np.asarray(grey * mask, np.uint8)),
        _centred(np.asarray(mask, np.uint8)),
        width / height,
    )


def _centred(image: Pixels) -> Pixels:
    height, width = image.shape
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    square = np.zeros((SIDE, SIDE), np.uint8)
    square[top : top + height, left : left + width] = image
    return square


def _outline(mask: Pixels) -> Floats:
    """How full each part of the square is, 16 x 16."""
    full = cv2.resize(mask.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(full - full.mean(), np.float32)


def _edges(grey: Pixels, mask: Pixels) -> Floats:
    """Directions of edges by cell, each cell normalised: mirrored pictures look alike."""
    smooth = cv2.GaussianBlur(grey, (5, 5), 0).astype(np.float32)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    length, angle = cv2.cartToPolar(across, down)
    length = length * mask
    place = ((angle % np.pi) / np.pi * BINS).astype(np.int64) % BINS
    rows, columns = np.indices(grey.shape)
    cell = (rows // CELL) * GRID + columns // CELL
    votes = np.bincount((cell * BINS + place).ravel(), length.ravel(), GRID * GRID * BINS)
    cells = votes.reshape(GRID, GRID, BINS)
    mirrored = cells[:, ::-1, ::-1]
    both = np.sqrt((cells + mirrored)[:, : GRID // 2] / 2)
    norms = np.linalg.norm(both, axis=2, keepdims=True)
    return np.asarray((both / (norms + 0.3 * float(norms.max() or 1))).ravel(), np.float32)


def _proportions(mask: Pixels, aspect: float) -> Floats:
    rows = mask.mean(axis=1)
    legs = np.array([_gaps(row) for row in mask[:: SIDE // 12]], np.float32)
    shape = np.array([np.log(max(aspect, 0.05)) * 3, rows[: SIDE // 2].mean(), rows.std()])
    return np.concatenate([shape.astype(np.float32), legs])


def _gaps(row: npt.NDArray[np.uint8]) -> int:
    """In how many pieces a row of the mask is: two for a pair of legs."""
    return int(np.count_nonzero(np.diff(row.astype(np.int8)) == 1))


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return (vector / length if length > 0 else vector).astype(np.float32)
