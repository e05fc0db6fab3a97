"""Which lines stand on one spine, by the picture: columns of text and the walls between them. Pure.

A wall is an edge that runs along the books: the light changes at the same place over the whole
height, which letters do not do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from imaging.bookshelf.reading import Column, Line

Pixels = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.float32]

SIDE = 1600
"""Pixels of the longer side in which edges are measured."""
LEANS = np.tan(np.radians(np.arange(-4.0, 4.1, 1.0)))
HARD = 7.0
"""Grey levels of 255 that a boundary steps by, averaged along it, to be as likely as not."""
BINS = 200
NEAR, AWAY = 1.5, 2.0
"""Free heights of letters from which on columns drift apart even without an edge between them, and
nats for each more. The columns of one spine stood 0.2 apart, those of two books 1 in the median."""
TOUCHING = 0.35
"""Lines as close as those of one text are more often one book than two."""


@dataclass
class _Strip:
    """A line in the shelf's frame: `s` along the shelf, `t` across it (down, for standing books).

    `lean`: how far `s` moves for one step of `t`. `thick`: height of the letters.
    """

    number: int
    s: float
    t: float
    low: float
    high: float
    thick: float
    lean: float
    along: bool

    def at(self, t: float) -> float:
        return self.s + (t - self.t) * self.lean


def columns(lines: Sequence[Line], pixels: Pixels) -> tuple[Column, ...]:
    """Columns in shelf order, each with the wall before it."""
    if not lines:
        return ()
    grey = _grey(pixels)
    strips, standing = _strips(lines, grey.shape[1], grey.shape[0])
    if not standing:
        grey = np.ascontiguousarray(grey.T)
    _straighten(strips)
    found: list[Column] = []
    for shelf, members in enumerate(_shelves(strips, grey.shape[0])):
        found += _walled(_columns(members), grey, shelf)
    return tuple(found)


def _grey(pixels: Pixels) -> Grey:
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _strips(lines: Sequence[Line], width: int, height: int) -> tuple[list[_Strip], bool]:
    """Books stand when most text, by length, runs up or down; else they lie on a pile."""
    boxes = [np.array(line.box) * (width, height) for line in lines]
    upright = [line.turned in (90, 270) for line in lines]
    lengths = [float(np.linalg.norm(box[1] - box[0])) for box in boxes]
    turned = sum(each for each, up in zip(lengths, upright, strict=True) if up)
    standing = turned >= sum(lengths) / 2
    if not standing:
        boxes = [box[:, ::-1] for box in boxes]
    return [
        _strip(number, box, along=up == standing)
        for number, (box, up) in enumerate(zip(boxes, upright, strict=True))
    ], standing


def _strip(number: int, box: npt.NDArray[np.float64], *, along: bool) -> _Strip:
    s, t = box.mean(0)
    ds, dt = box[1] - box[0]
    thick = float(np.linalg.norm(box[3] - box[0])) if along else float(np.ptp(box[:, 0]))
    lean = float(ds / dt) if along and abs(dt) > 1 else 0.0
    low, high = box[:, 1].min(), box[:, 1].max()
    return _Strip(number, float(s), float(t), float(low), float(high), thick, lean, along)


def _straighten(strips: list[_Strip]) -> None:
    """Short lines lean as the long ones around them do: their own angle is not to be trusted."""
    long = [each for each in strips if each.along and each.high - each.low > 6 * each.thick]
    for each in strips:
        if each in long or not long:
            continue
        near = sorted(long, key=lambda other: abs(other.at(each.t) - each.s))[:5]
        each.lean = float(np.median([other.lean for other in near]))


def _shelves(strips: Sequence[_Strip], height: int) -> list[list[_Strip]]:
    """Split where hardly any text runs across: between two shelves there is a board."""
    cover = np.zeros(BINS)
    for each in strips:
        if each.along:
            cover[int(each.low / height * BINS) : int(each.high / height * BINS) + 1] += 1
    free = cover <= 0.1 * cover.max()
    edges = np.flatnonzero(np.diff(np.concatenate([[True], free, [True]]).astype(int)))
    runs = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    merged: list[tuple[int, int]] = []
    for low, high in runs:
        if merged and low - merged[-1][1] < BINS * 0.02:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    found: list[list[_Strip]] = [[] for _ in merged or [(0, BINS)]]
    for each in strips:
        place = each.t / height * BINS
        far = [max(low - place, place - high, 0) for low, high in merged or [(0, BINS)]]
        found[int(np.argmin(far))].append(each)
    return _with_labels(found)


def _with_labels(shelves: list[list[_Strip]]) -> list[list[_Strip]]:
    """Labels and imprints stand in a row of their own below the titles: the same books again."""
    joined: list[list[_Strip]] = []
    for shelf in shelves:
        if joined and _goes_on(joined[-1], shelf):
            joined[-1] += shelf
        else:
            joined.append(list(shelf))
    return joined


def _goes_on(upper: Sequence[_Strip], lower: Sequence[_Strip]) -> bool:
    """Most of the lower row are short and stand on the axis of a line above, near below it."""
    above, below = ([each for each in row if each.along] for row in (upper, lower))
    if not above or not below:
        return False
    short = float(np.median([each.high - each.low for each in below]))
    if short > 0.6 * float(np.median([each.high - each.low for each in above])):
        return False
    hit = sum(_on_axis(each, above) for each in below)
    return hit >= 0.6 * len(below)


def _on_axis(each: _Strip, above: Sequence[_Strip]) -> bool:
    nearest = min(above, key=lambda other: abs(other.at(each.t) - each.s))
    off = abs(nearest.at(each.t) - each.s)
    return off < 0.8 * max(each.thick, nearest.thick)


def _columns(members: Sequence[_Strip]) -> list[list[_Strip]]:
    """Lines behind one another on one axis; what lies across a column belongs to it."""
    found: list[list[_Strip]] = []
    for each in sorted(members, key=lambda strip: (not strip.along, strip.low - strip.high)):
        fitting = [(off, column) for column in found if (off := _off(each, column)) <= 1]
        if fitting:
            min(fitting, key=lambda pair: pair[0])[1].append(each)
        else:
            found.append([each])
    middle = float(np.mean([each.t for each in members])) if members else 0.0
    return sorted(found, key=lambda column: column[0].at(middle))


def _off(each: _Strip, column: Sequence[_Strip]) -> float:
    """How far off the column's axis, 1 being just near enough; inf where lines lie side by side."""
    nearest = min(column, key=lambda other: _gap(each, other))
    if each.along and any(_gap(each, other) < -0.25 * (each.high - each.low) for other in column):
        return float("inf")
    if _gap(each, nearest) > 25 * max(each.thick, nearest.thick):
        return float("inf")
    between = (each.t + nearest.t) / 2
    off = abs(each.at(between) - nearest.at(between))
    if not each.along and nearest.along and each.thick > 3 * nearest.thick:
        return float("inf")  # A sign on the board, not a word on a spine.
    return off / (0.45 * max(each.thick, nearest.thick))


def _gap(one: _Strip, other: _Strip) -> float:
    """Free space between them along the books; negative where they overlap."""
    return max(one.low, other.low) - min(one.high, other.high)


def _walled(found: Sequence[Sequence[_Strip]], grey: Grey, shelf: int) -> list[Column]:
    walls = [1.0, *(_wall(a, b, grey) for a, b in pairwise(found))]
    return [
        Column(tuple(s.number for s in sorted(column, key=lambda s: s.t)), shelf, round(wall, 3))
        for column, wall in zip(found, walls, strict=True)
    ]


def _wall(left: Sequence[_Strip], right: Sequence[_Strip], grey: Grey) -> float:
    """0..1: whether an edge separates two neighbouring columns."""
    low = max(0, int(min(s.low for s in (*left, *right))))
    high = min(grey.shape[0], int(max(s.high for s in (*left, *right))) + 1)
    rows = np.arange(low, high, 2)
    if len(rows) < 8:
        return 0.5
    start = _edge(left, rows, side=0.4)
    width = float(np.median(_edge(right, rows, side=-0.4) - start))
    if width < 2:
        return TOUCHING
    step = _strongest(grey, rows, start, width)
    away = width / max(_letters(left), _letters(right)) - NEAR
    return float(1 / (1 + np.exp(-(step - HARD) / 2 - AWAY * max(0.0, away))))


def _letters(column: Sequence[_Strip]) -> float:
    """Height of the highest letters, in pixels."""
    return max(1.0, *(strip.thick for strip in column))


def _edge(column: Sequence[_Strip], rows: npt.NDArray[np.int64], side: float) -> Grey:
    """The column's border on one side, row by row, along its longest line."""
    long = max(column, key=lambda strip: (strip.along, strip.high - strip.low))
    axis = long.s + (rows - long.t) * long.lean
    thick = max(s.thick for s in column if s.along or not long.along)
    return np.asarray(axis + side * thick, np.float32)


def _strongest(grey: Grey, rows: npt.NDArray[np.int64], start: Grey, width: float) -> float:
    """The largest step of grey in the gap that holds along it, at the best lean, in levels."""
    across = np.arange(-2, int(width) + 3, dtype=np.float32)
    best = 0.0
    for lean in LEANS:
        shift = ((rows - rows.mean()) * lean).astype(np.float32)
        xs = start[:, None] + shift[:, None] + across[None, :]
        ys = np.broadcast_to(rows[:, None].astype(np.float32), xs.shape)
        patch = cv2.remap(grey, xs, np.ascontiguousarray(ys), cv2.INTER_LINEAR)
        step = np.abs(np.median(patch[:, 3:] - patch[:, :-3], axis=0))
        best = max(best, float(step.max(initial=0.0)))
    return best
