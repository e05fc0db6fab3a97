"""What an item looks like, as 1,024 numbers, from its cut-out alone: no weights, no network.

Colour carries most of it: two photos of one item share their colours more surely than their
outline (gradient orientations in cells, HOG, were measured and left out: a front and a back do not
share them). Each block is flattened by a root and scaled to length 1, so the cosine of two vectors
is a weighted mean of the blocks' likeness. Cosine is the only measure meant.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.feature import local_binary_pattern

from imaging.pixels.item import Item, item_of, lab_of, rgba

MODEL = "carousel-descriptor-1"
DIMENSIONS = 1024

Vector = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

FLATTENING = 0.25
"""Rare colours count nearly as much as common ones: a close-up shares few of the common ones."""
LARGEST_CHROMA = 60.0
COLOURS = 24
EDGES = 5
KEYPOINTS = 150
KEYPOINT_SCALE = 1.5
WORDS, WORD_SIZE = 4, 32
NOTHING = 1e-7


class Weighted(NamedTuple):
    vector: Floats
    weight: float


def describe(cutout: Image.Image | npt.NDArray[np.uint8]) -> Vector:
    """A cut-out, RGBA picture or pixels (height, width, 4), as a vector (1024,) of length 1.

    Raises ValueError for pixels without a transparency channel.
    """
    item = item_of(rgba(cutout))
    blocks = (
        Weighted(_colours(item.lab, item.weight, (3, 14, 14)), 1.0),
        Weighted(_colours(_relit(item), item.weight, (1, 12, 12)), 0.4),
        Weighted(_edges(item), 0.6),
        Weighted(_patterns(item), 0.4),
        Weighted(_texture(item), 0.2),
    )
    joined = np.concatenate([block.weight**0.5 * _unit(block.vector) for block in blocks])
    vector = np.zeros(DIMENSIONS)
    vector[: len(joined)] = joined
    return _unit(vector).astype(np.float32)


def _colours(lab: npt.NDArray[np.float32], weight: Floats, bins: tuple[int, int, int]) -> Floats:
    """The LAB histogram, only the bins that sRGB can reach."""
    return _histogram(lab, weight, bins)[_reachable(bins)] ** FLATTENING


def _histogram(lab: npt.NDArray[np.float32], weight: Floats, bins: tuple[int, int, int]) -> Floats:
    """Shares (product of bins,); each pixel is divided among its eight nearest bins.

    Chroma is square-rooted: bins are finer near grey, where most items lie.
    """
    chroma = np.sign(lab[..., 1:]) * np.sqrt(np.abs(lab[..., 1:]) / LARGEST_CHROMA) / 2 + 0.5
    axes = (lab[..., 0] / 100, chroma[..., 0], chroma[..., 1])
    places = [np.clip(a, 0, 1) * max(n - 1 - 1e-4, 0) for a, n in zip(axes, bins, strict=True)]
    floors = [place.astype(np.int64) for place in places]
    parts = [place - floor for place, floor in zip(places, floors, strict=True)]
    histogram = np.zeros(bins[0] * bins[1] * bins[2])
    for corner in np.ndindex(*(min(n, 2) for n in bins)):
        share, index = weight, np.zeros(weight.shape, np.int64)
        for up, floor, part, n in zip(corner, floors, parts, bins, strict=True):
            share = share * (part if up else 1 - part)
            index = index * n + floor + up
        histogram += np.bincount(index.ravel(), share.ravel(), len(histogram))
    return np.asarray(histogram / histogram.sum(), np.float64)


@cache
def _reachable(bins: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Bins that some sRGB colour falls into, on a grid of 33 steps a channel."""
    steps = np.linspace(0, 255, 33, dtype=np.float32)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    lab = lab_of(cube)
    return _histogram(lab, np.ones(lab.shape[:2]), bins) > NOTHING


def _relit(item: Item) -> npt.NDArray[np.float32]:
    """The same pixels with the mean lightness taken out and half of the mean colour cast."""
    mean = np.average(item.lab.reshape(-1, 3), axis=0, weights=item.weight.ravel())
    lab = item.lab - (mean * (1, 0.5, 0.5) - (50, 0, 0))
    return np.asarray(lab, np.float32)


def _edges(item: Item) -> Floats:
    """How strong the edges are in each of 24 colours, shape (5 x 24,)."""
    across = cv2.Sobel(item.grey, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(item.grey, cv2.CV_32F, 0, 1)
    strength = np.log2(1 + np.hypot(across, down) / 8).astype(np.int64).clip(0, EDGES - 1)
    inside = cv2.erode(item.alpha, np.ones((5, 5))) * item.weight
    index = strength * COLOURS + _named(item.lab)
    counts = np.bincount(index.ravel(), inside.ravel(), EDGES * COLOURS)
    return np.asarray((counts + 1e-12) ** FLATTENING, np.float64)


def _named(lab: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Each pixel as one of 24 colours: four greys, ten hues light and dark."""
    lightness, a, b = np.moveaxis(lab, -1, 0)
    hue = (np.arctan2(b, a) % (2 * np.pi)) / (2 * np.pi) * 10
    coloured = 4 + ((hue + 0.5).astype(np.int64) % 10) * 2 + (lightness > 50)
    grey = (lightness / 25).astype(np.int64).clip(0, 3)
    return np.asarray(np.where(np.hypot(a, b) < 12, grey, coloured), np.int64)


def _patterns(item: Item) -> Floats:
    """SIFT keypoints gathered into 4 words of 32 sums, shape (128,): prints and labels.

    Words and projections are drawn once from a fixed seed, in place of a learned vocabulary
    (VLAD: Jegou et al., "Aggregating local descriptors into a compact image representation").
    """
    sums = np.zeros((WORDS, WORD_SIZE))
    grey = cv2.resize(
        item.grey, None, fx=KEYPOINT_SCALE, fy=KEYPOINT_SCALE, interpolation=cv2.INTER_CUBIC
    )
    sift = cv2.SIFT.create(nfeatures=KEYPOINTS, contrastThreshold=0.02)
    points, found = sift.detectAndCompute(grey, None)
    if found is not None:
        rooted = np.sqrt(found / (found.sum(axis=1, keepdims=True) + 1e-6)) - 0.078
        splits, projections = _vocabulary()
        words = (rooted @ splits > 0) @ (1 << np.arange(splits.shape[1]))
        height, width = item.weight.shape
        rows = [min(height - 1, int(p.pt[1] / KEYPOINT_SCALE)) for p in points]
        columns = [min(width - 1, int(p.pt[0] / KEYPOINT_SCALE)) for p in points]
        np.add.at(sums, words, rooted @ projections * item.weight[rows, columns][:, None])
    return np.asarray(np.sign(sums) * np.sqrt(np.abs(sums)), np.float64).ravel()


@cache
def _vocabulary() -> tuple[Floats, Floats]:
    splits = np.random.RandomState(1).randn(128, WORDS.bit_length() - 1)
    return splits, np.random.RandomState(2).randn(128, WORD_SIZE) / 8


def _texture(item: Item) -> Floats:
    """Uniform local binary patterns at three radii, shape (3 x 10,)."""
    counts = [
        np.bincount(
            _local_patterns(item.grey, radius).ravel(),
            item.weight.ravel(),
            10,
        )
        for radius in (1, 2, 4)
    ]
    return np.asarray(np.sqrt(np.concatenate(counts) + 1e-9), np.float64)


def _local_patterns(grey: npt.NDArray[np.uint8], radius: int) -> npt.NDArray[np.int64]:
    found = local_binary_pattern(grey, 8, radius, "uniform")  # type: ignore[no-untyped-call]
    return np.asarray(found, np.int64)


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
