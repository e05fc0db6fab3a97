"""Clothes as shops often photograph them: on a person. Head, arms, legs and what else is worn."""

from collections.abc import Callable

from pricing.demo import clothes
from pricing.demo.canvas import Canvas, Colour

SKINS: tuple[Colour, ...] = ((236, 196, 168), (214, 164, 128), (150, 100, 70), (98, 66, 48))
HAIRS: tuple[Colour, ...] = ((40, 28, 22), (96, 62, 36), (196, 160, 96), (24, 22, 24))
PLAIN: tuple[Colour, ...] = ((36, 38, 44), (70, 74, 84), (226, 224, 218), (44, 58, 92))

Painter = Callable[[Canvas], None]


def _skin(c: Canvas) -> Colour:
    return SKINS[c.look.seed % len(SKINS)]


def _other(c: Canvas) -> Colour:
    return PLAIN[c.look.seed // 7 % len(PLAIN)]


def _head(c: Canvas) -> None:
    hair = HAIRS[c.look.seed // 3 % len(HAIRS)]
    c.box(0.46, 0.15, 0.54, 0.27, colour=_skin(c))
    c.oval(0.5, 0.09, 0.075, 0.085, hair)
    if c.look.seed % 5:  # else seen from behind
        c.oval(0.5, 0.11, 0.06, 0.075, _skin(c))


def _arms(c: Canvas, top: float) -> None:
    """Bare from `top` down to the hand."""
    c.both_sides((0.245, top), (0.315, top), (0.3, 0.6), (0.3, 0.78), (0.25, 0.78), (0.23, 0.6),
                 colour=_skin(c))  # fmt: skip


def upper(garment: Painter, bare_from: float) -> Painter:
    """A person down to the hips who wears `garment`; the arms are bare from `bare_from` on."""

    def paint(c: Canvas) -> None:
        c.box(0.355, 0.74, 0.645, 1.0, colour=_other(c))
        _arms(c, bare_from)
        _head(c)
        c.place = (0.15, 0.13, 0.7)
        garment(c)
        c.place = (0.0, 0.0, 1.0)

    return paint


def lower(garment: Painter, bare_from: float | None) -> Painter:
    """A person from the waist down; the legs are bare from `bare_from`, or not at all."""

    def paint(c: Canvas) -> None:
        c.shape((0.35, 0.0), (0.65, 0.0), (0.64, 0.16), (0.36, 0.16), colour=_other(c))
        c.both_sides((0.29, 0.0), (0.34, 0.0), (0.33, 0.3), (0.28, 0.3), colour=_skin(c))
        if bare_from is not None:
            c.both_sides((0.36, bare_from), (0.48, bare_from), (0.46, 0.94), (0.39, 0.94),
                         colour=_skin(c))  # fmt: skip
        c.both_sides((0.36, 0.93), (0.47, 0.93), (0.46, 1.0), (0.32, 1.0), colour=(30, 30, 34))
        c.place = (0.1, 0.08, 0.8) if bare_from is not None else (0.07, 0.06, 0.92)
        garment(c)
        c.place = (0.0, 0.0, 1.0)

    return paint


def held(thing: Painter) -> Painter:
    """In a hand that comes in from the side."""

    def paint(c: Canvas) -> None:
        c.shape((0.0, 0.66), (0.26, 0.52), (0.32, 0.74), (0.06, 0.98), colour=_skin(c))
        thing(c)
        for step in range(4):
            y = 0.52 + 0.065 * step
            c.box(0.24, y, 0.4, y + 0.055, r=0.025, colour=_skin(c))

    return paint


def _painters() -> dict[str, Painter]:
    tops = {"tshirt": 0.46, "tank": 0.33, "hoodie": 0.66, "jacket": 0.68, "jumper": 0.66}
    bottoms = {"trousers": None, "shorts": 0.66, "skirt": 0.72}
    wearing: dict[str, Painter] = {
        name: upper(clothes.PAINTERS[name], bare) for name, bare in tops.items()
    }
    return wearing | {name: lower(clothes.PAINTERS[name], bare) for name, bare in bottoms.items()}


PAINTERS = _painters()
