"""Paint an item with Pillow: a cloth of colour and pattern, details on it, light over it. Pure.

Coordinates run from 0 to 1, left to right and top to bottom. What is not painted stays transparent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SIDE = 320  # painted at this size, in pixels
SHOWN = 192  # and kept at this one

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Look:
    """What tells two items of one kind apart. `stretch` widens, `tilt` turns (degrees)."""

    main: Colour
    second: Colour
    pattern: str = "plain"  # plain, stripes, checks, dots, panel, label
    stretch: float = 1.0
    tilt: float = 0.0
    detail: float = 0.5  # 0-1, each kind makes its own use of it
    seed: int = 0


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` 0 is `one`, 1 is `other`."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(one, other, strict=True))
    return r, g, b


def darker(colour: Colour, share: float = 0.35) -> Colour:
    return mix(colour, (12, 12, 18), share)


def lighter(colour: Colour, share: float = 0.35) -> Colour:
    return mix(colour, (250, 250, 248), share)


class Canvas:
    """The cloth is one mask; what is drawn on top keeps its own colours.

    `place` = (left, top, scale) is where the next strokes go.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.cloth = Image.new("L", (SIDE, SIDE), 0)
        self.paint = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        self.place = (0.0, 0.0, 1.0)
        self._cloth = ImageDraw.Draw(self.cloth)
        self._paint = ImageDraw.Draw(self.paint)

    def _at(self, points: Sequence[Point]) -> list[Point]:
        wide = self.look.stretch
        left, top, scale = self.place
        placed = [(left + x * scale, top + y * scale) for x, y in points]
        return [(SIDE * (0.5 + (x - 0.5) * wide), SIDE * y) for x, y in placed]

    def shape(self, *points: Point, colour: Colour | None = None) -> None:
        """A polygon, of cloth unless it has a colour of its own."""
        if colour is None:
            self._cloth.polygon(self._at(points), fill=255)
        else:
            self._paint.polygon(self._at(points), fill=(*colour, 255))

    def both_sides(self, *points: Point, colour: Colour | None = None) -> None:
        """The same polygon on the left and mirrored on the right."""
        self.shape(*points, colour=colour)
        self.shape(*((1 - x, y) for x, y in points), colour=colour)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour | None = None) -> None:
        box = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        if colour is None:
            self._cloth.ellipse([*box[0], *box[1]], fill=255)
        else:
            self._paint.ellipse([*box[0], *box[1]], fill=(*colour, 255))

    def box(
        self, x0: float, y0: float, x1: float, y1: float, *, r: float = 0.0,
        colour: Colour | None = None,
    ) -> None:  # fmt: skip
        """A rectangle with round corners of radius `r`."""
        (a, b), (c, d) = self._at([(x0, y0), (x1, y1)])
        if colour is None:
            self._cloth.rounded_rectangle([a, b, c, d], radius=r * SIDE, fill=255)
        else:
            self._paint.rounded_rectangle([a, b, c, d], radius=r * SIDE, fill=(*colour, 255))

    def line(self, *points: Point, colour: Colour, width: float = 0.01) -> None:
        self._paint.line(
            self._at(points), fill=(*colour, 255), width=max(1, round(width * SIDE)), joint="curve"
        )

    def ring(
        self, x: float, y: float, rx: float, ry: float, *, colour: Colour, width: float
    ) -> None:
        (a, b), (c, d) = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        self._paint.ellipse([a, b, c, d], outline=(*colour, 255), width=round(width * SIDE))

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: float, end: float,
        *, colour: Colour, width: float,
    ) -> None:  # fmt: skip
        """Part of an outline; degrees clockwise from the right."""
        (a, b), (c, d) = self._at([(x - rx, y - ry), (x + rx, y + ry)])
        self._paint.arc([a, b, c, d], start, end, fill=(*colour, 255), width=round(width * SIDE))

    def finished(self) -> Image.Image:
        """The item, RGBA, `SHOWN` pixels square."""
        item = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
        item.paste(_patterned(self.look), (0, 0), self.cloth)
        item.alpha_composite(self.paint)
        small = item.resize((SHOWN, SHOWN), Image.Resampling.BOX)
        turned = small.rotate(self.look.tilt, Image.Resampling.BILINEAR)
        return _lit(turned, self.look.seed)


def _patterned(look: Look) -> Image.Image:
    picture = Image.new("RGB", (SIDE, SIDE), look.main)
    draw = ImageDraw.Draw(picture)
    gap = SIDE // (10 + look.seed % 7)
    if look.pattern in ("stripes", "checks"):
        for y in range(0, SIDE, gap):
            draw.rectangle([0, y, SIDE, y + gap // 3], fill=look.second)
    if look.pattern == "checks":
        for x in range(0, SIDE, gap):
            draw.rectangle([x, 0, x + gap // 4, SIDE], fill=mix(look.main, look.second, 0.6))
    if look.pattern == "dots":
        for y in range(0, SIDE, gap):
            for x in range((y // gap % 2) * gap // 2, SIDE, gap):
                draw.ellipse([x, y, x + gap // 3, y + gap // 3], fill=look.second)
    if look.pattern == "panel":
        draw.rectangle([0, round(SIDE * 0.55), SIDE, SIDE], fill=look.second)
    if look.pattern == "label":
        draw.rectangle([0, round(SIDE * 0.32), SIDE, round(SIDE * 0.72)], fill=look.second)
    return picture


def _lit(item: Image.Image, seed: int) -> Image.Image:
    """Light from the upper left, soft folds and the grain of a camera."""
    random = np.random.default_rng(seed)
    x = np.linspace(-1, 1, item.width, dtype=np.float32)
    light = 1.04 - 0.14 * x[None, :] - 0.16 * x[:, None]
    for _ in range(2):
        angle, waves, phase = (
            random.uniform(0, math.pi),
            random.uniform(4, 10),
            random.uniform(0, 6),
        )
        across, down = waves * math.cos(angle) * x[None, :], waves * math.sin(angle) * x[:, None]
        light += 0.06 * np.sin(across + down + phase)
    pixels = np.asarray(item).astype(np.float32)
    grain = 4 * random.standard_normal(item.size, dtype=np.float32)
    pixels[..., :3] = pixels[..., :3] * light[..., None] + grain[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGBA")
