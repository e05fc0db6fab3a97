"""What was read on a shelf: lines with their places, and which of them stand in one column.

All places are shares of the upright photo, 0..1, x to the right and y down. As JSON this is the
raw result of the OCR stage, kept as it came.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Point = tuple[float, float]
VERSION = 1


@dataclass(frozen=True)
class Line:
    """A line of text. `box`: four corners, the text's top left first; `turned`: degrees clockwise
    that its top is away from the photo's; `confidence` 0..1 of the reader in its letters."""

    text: str
    confidence: float
    box: tuple[Point, Point, Point, Point]
    turned: int = 0


@dataclass(frozen=True)
class Column:
    """Lines one after the other along a spine. `wall` 0..1: how surely another book begins here.

    `shelf` counts shelves from the top; columns come in the order of the books on the shelf.
    """

    lines: tuple[int, ...]
    shelf: int
    wall: float


@dataclass(frozen=True)
class Reading:
    """`width` and `height` are the upright photo's pixels; `model` is who read it."""

    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    width: int
    height: int
    model: str

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION} | asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Reading":
        lines = tuple(
            Line(each["text"], each["confidence"], box_of(each["box"]), each["turned"])
            for each in given["lines"]
        )
        columns = tuple(
            Column(tuple(each["lines"]), each["shelf"], each["wall"]) for each in given["columns"]
        )
        return cls(lines, columns, given["width"], given["height"], given["model"])


def box_of(points: Sequence[Sequence[float]]) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = ((float(x), float(y)) for x, y in points)
    return a, b, c, d


def hull(boxes: Sequence[Sequence[Point]]) -> tuple[float, float, float, float]:
    """x, y, width, height of what holds all the boxes."""
    xs = [x for box in boxes for x, _ in box]
    ys = [y for box in boxes for _, y in box]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def middle(box: Sequence[Point]) -> Point:
    return sum(x for x, _ in box) / 4, sum(y for _, y in box) / 4


def sides(box: Sequence[Point], width: int, height: int) -> tuple[float, float]:
    """Length along the text and height of its letters, in pixels."""
    (ax, ay), (bx, by), (cx, cy), _ = box
    along = math.hypot((bx - ax) * width, (by - ay) * height)
    across = math.hypot((cx - bx) * width, (cy - by) * height)
    return along, across
