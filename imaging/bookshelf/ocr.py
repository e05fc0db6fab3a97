"""Reads the text of a shelf photo with RapidOCR, whose models are inside its package. No network.

Text is looked for in the whole photo and, when it is large, again in tiles for the small print.
Each strip is turned until it can be read, so upright and turned spines are read alike.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from rapidocr import RapidOCR

from imaging.bookshelf import spines
from imaging.bookshelf.reading import Line, Reading, box_of

Pixels = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]

MODEL = "rapidocr-ppocr6-small"
MAX_SIDE = 4800
WHOLE = 2000
"""Pixels of the longer side at which text is looked for."""
TILES_FROM = 2600
OVERLAP = 0.08
TALL = 1.3
"""Strips higher than wide by this much are turned text."""
LEAST, SURE = 0.4, 0.85
TALLEST = 64
_one_at_a_time = Lock()


def read(image: Image.Image, threads: int = 1) -> Reading:
    """Lines, columns and walls of an upright RGB photo. Holds one photo's pixels at a time."""
    pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
    with _one_at_a_time:  # The engine keeps state between calls.
        engine = _engine(threads)
        quads = _quads(engine, pixels)
        lines = _recognised(engine, pixels, quads)
    columns = spines.columns(lines, pixels)
    return Reading(lines, columns, pixels.shape[1], pixels.shape[0], MODEL)


@cache
def _engine(threads: int) -> Any:
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _quads(engine: Any, pixels: Pixels) -> list[Quad]:
    """Boxes of text in pixels. A tile adds only what the whole photo did not show."""
    found = _detected(engine, pixels)
    if max(pixels.shape[:2]) < TILES_FROM:
        return found
    for x, y, tile in _tiles(pixels):
        for quad in _detected(engine, tile):
            moved = quad + np.array([x, y], np.float32)
            if not _cut_off(quad, tile) and not any(_overlaps(moved, known) for known in found):
                found.append(moved)
    return found


def _detected(engine: Any, pixels: Pixels) -> list[Quad]:
    scale = min(1.0, WHOLE / max(pixels.shape[:2]))
    small = pixels
    if scale < 1:
        shrunk = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        small = np.asarray(shrunk, np.uint8)
    boxes = engine(np.ascontiguousarray(small), use_det=True, use_cls=False, use_rec=False).boxes
    return [] if boxes is None else [np.asarray(box, np.float32) / scale for box in boxes]


def _tiles(pixels: Pixels) -> Iterator[tuple[int, int, Pixels]]:
    """Quarters of the photo that overlap a little."""
    height, width = pixels.shape[:2]
    high, wide = int(height * (0.5 + OVERLAP)), int(width * (0.5 + OVERLAP))
    for y in (0, height - high):
        for x in (0, width - wide):
            yield x, y, pixels[y : y + high, x : x + wide]


def _cut_off(quad: Quad, tile: Pixels) -> bool:
    height, width = tile.shape[:2]
    low, high = quad.min(0), quad.max(0)
    return bool(min(low) < 4 or high[0] > width - 4 or high[1] > height - 4)


def _overlaps(quad: Quad, known: Quad) -> bool:
    """A quarter of the smaller upright rectangle lies in the other."""
    low = np.maximum(quad.min(0), known.min(0))
    high = np.minimum(quad.max(0), known.max(0))
    common = float(np.prod(np.clip(high - low, 0, None)))
    smaller = min(float(np.prod(np.ptp(each, axis=0))) for each in (quad, known))
    return common > 0.25 * smaller


def _recognised(engine: Any, pixels: Pixels, quads: Sequence[Quad]) -> tuple[Line, ...]:
    """Each strip as the classifier turns it, and the other way round where that reads badly."""
    if not quads:
        return ()
    placed = [_begun(quad) for quad in quads]
    strips = [_strip(pixels, quad) for quad in placed]
    flipped = [label == "180" for label, _ in engine.cls_and_rotate(list(strips))[1].cls_res]
    read = _read(engine, [_turn(s) if f else s for s, f in zip(strips, flipped, strict=True)])
    doubtful = [at for at, (_, score) in enumerate(read) if score < SURE]
    again = _read(engine, [strips[at] if flipped[at] else _turn(strips[at]) for at in doubtful])
    for at, other in zip(doubtful, again, strict=True):
        if other[1] > read[at][1]:
            read[at], flipped[at] = other, not flipped[at]
    height, width = pixels.shape[:2]
    return tuple(
        _line(text, score, np.roll(quad, 2, axis=0) if turn else quad, width, height)
        for (text, score), quad, turn in zip(read, placed, flipped, strict=True)
        if score >= LEAST and text.strip()
    )


def _begun(quad: Quad) -> Quad:
    """Corners in the order of reading; of a tall strip first as if its top were at the right."""
    wide = np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])
    high = np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])
    return np.roll(quad, -1, axis=0) if high > TALL * wide else quad


def _strip(pixels: Pixels, quad: Quad) -> Pixels:
    """The text laid flat: at most `TALLEST` pixels high."""
    wide = float(np.linalg.norm(quad[1] - quad[0]))
    high = max(1.0, float(np.linalg.norm(quad[3] - quad[0])))
    scale = min(1.0, TALLEST / high)
    size = (max(8, round(wide * scale)), max(8, round(high * scale)))
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    flat = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    area = cv2.warpPerspective(pixels, flat, size, flags=cv2.INTER_LINEAR)
    return np.asarray(area, np.uint8)


def _turn(strip: Pixels) -> Pixels:
    return np.ascontiguousarray(strip[::-1, ::-1])


def _read(engine: Any, strips: list[Pixels]) -> list[tuple[str, float]]:
    if not strips:
        return []
    answer = engine.recognize_txt(strips)
    return [(t, float(s)) for t, s in zip(answer.txts, answer.scores, strict=True)]


def _line(text: str, score: float, quad: Quad, width: int, height: int) -> Line:
    placed = np.clip(quad / np.array([width, height]), 0, 1).round(5).tolist()
    dx, dy = (quad[1] - quad[0]).tolist()
    turned = round(float(np.degrees(np.arctan2(dy, dx))) / 90) % 4 * 90
    return Line(text.strip(), round(score, 3), box_of(placed), turned)
