"""How all that is not worn is painted: cartons, crockery, lamps, machines, toys, furniture."""

from pricing.demo.canvas import Canvas, darker, lighter

STEEL = (150, 154, 160)
WOOD = (156, 112, 68)
GLASS = (196, 214, 220)
SCREEN = (24, 30, 38)


def carton(c: Canvas) -> None:
    """A tall box with a gable, as milk and juice come in."""
    look = c.look
    c.box(0.3, 0.24, 0.7, 0.94)
    c.shape((0.3, 0.24), (0.36, 0.12), (0.64, 0.12), (0.7, 0.24), colour=lighter(look.main, 0.3))
    c.box(0.36, 0.07, 0.64, 0.13, colour=lighter(look.main, 0.5))
    c.shape((0.7, 0.24), (0.76, 0.28), (0.76, 0.9), (0.7, 0.94), colour=darker(look.main, 0.3))
    if look.detail > 0.4:
        c.oval(0.5, 0.18, 0.05, 0.04, lighter(look.second, 0.4))
    c.oval(0.5, 0.46, 0.14, 0.08, lighter(look.second, 0.75))
    c.box(0.38, 0.44, 0.62, 0.48, colour=darker(look.second, 0.2))
    c.oval(0.5, 0.72, 0.11 + 0.05 * look.detail, 0.1, look.second)


def bottle(c: Canvas) -> None:
    look = c.look
    c.shape((0.43, 0.14), (0.57, 0.14), (0.58, 0.3), (0.68, 0.42), (0.68, 0.92), (0.32, 0.92),
            (0.32, 0.42), (0.42, 0.3))  # fmt: skip
    c.box(0.42, 0.06, 0.58, 0.15, r=0.015, colour=look.second)
    c.box(0.32, 0.52, 0.68, 0.76, colour=lighter(look.second, 0.8))
    c.box(0.38, 0.6, 0.62, 0.66, colour=darker(look.second, 0.1))


def jar(c: Canvas) -> None:
    look = c.look
    c.box(0.26, 0.26, 0.74, 0.9, r=0.08)
    c.box(0.27, 0.14, 0.73, 0.28, r=0.03, colour=look.second)
    c.box(0.26, 0.44, 0.74, 0.72, colour=lighter(look.main, 0.75))
    c.oval(0.5, 0.58, 0.12, 0.08, look.second)


def mug(c: Canvas) -> None:
    c.ring(0.74, 0.52, 0.14, 0.16, colour=darker(c.look.main, 0.12), width=0.045)
    c.box(0.22, 0.26, 0.7, 0.82, r=0.05)
    c.oval(0.46, 0.27, 0.24, 0.05, darker(c.look.main, 0.45))


def vase(c: Canvas) -> None:
    belly = 0.16 + 0.1 * c.look.detail
    c.oval(0.5, 0.6, belly + 0.04, 0.3)
    c.shape((0.44, 0.12), (0.56, 0.12), (0.55, 0.36), (0.45, 0.36))
    c.oval(0.5, 0.12, 0.09, 0.03, darker(c.look.main, 0.5))
    c.box(0.4, 0.86, 0.6, 0.92, colour=darker(c.look.main, 0.15))


def bowl(c: Canvas) -> None:
    c.shape((0.12, 0.4), (0.88, 0.4), (0.8, 0.64), (0.62, 0.78), (0.38, 0.78), (0.2, 0.64))
    c.oval(0.5, 0.4, 0.38, 0.1, darker(c.look.main, 0.3))
    c.oval(0.5, 0.41, 0.33, 0.075, lighter(c.look.second, 0.4))
    c.box(0.38, 0.77, 0.62, 0.83, colour=darker(c.look.main, 0.2))


def teapot(c: Canvas) -> None:
    dark = darker(c.look.main, 0.2)
    c.ring(0.22, 0.54, 0.12, 0.15, colour=dark, width=0.04)
    c.shape((0.72, 0.56), (0.9, 0.36), (0.95, 0.38), (0.8, 0.7), colour=dark)
    c.oval(0.5, 0.58, 0.27, 0.24)
    c.oval(0.5, 0.36, 0.14, 0.05, dark)
    c.oval(0.5, 0.3, 0.035, 0.035, c.look.second)


def lamp(c: Canvas) -> None:
    c.box(0.485, 0.44, 0.515, 0.86, colour=STEEL)
    c.oval(0.5, 0.88, 0.17, 0.045, darker(c.look.second, 0.2))
    narrow = 0.1 + 0.1 * c.look.detail
    c.shape((0.5 - narrow, 0.12), (0.5 + narrow, 0.12), (0.76, 0.48), (0.24, 0.48))
    c.line((0.24, 0.475), (0.76, 0.475), colour=c.look.second, width=0.014)


def floor_lamp(c: Canvas) -> None:
    c.box(0.49, 0.26, 0.51, 0.92, colour=STEEL)
    c.oval(0.5, 0.93, 0.13, 0.03, darker(c.look.second, 0.2))
    c.shape((0.42, 0.06), (0.58, 0.06), (0.66, 0.28), (0.34, 0.28))


def radio(c: Canvas) -> None:
    look = c.look
    c.arc(0.5, 0.3, 0.26, 0.16, 180, 360, colour=STEEL, width=0.022)
    c.box(0.1, 0.3, 0.9, 0.78, r=0.05)
    c.oval(0.3, 0.54, 0.15, 0.15, darker(look.main, 0.6))
    c.oval(0.3, 0.54, 0.1, 0.1, darker(look.main, 0.4))
    c.box(0.52, 0.38, 0.84, 0.5, colour=lighter(look.second, 0.7))
    for x in (0.57, 0.68, 0.79):
        c.oval(x, 0.64, 0.035, 0.035, look.second)


def camera(c: Canvas) -> None:
    c.box(0.12, 0.32, 0.88, 0.76, r=0.05)
    c.box(0.12, 0.32, 0.88, 0.44, r=0.04, colour=lighter(c.look.second, 0.4))
    c.box(0.4, 0.24, 0.6, 0.36, r=0.02, colour=darker(c.look.main, 0.3))
    for radius, colour in ((0.18, STEEL), (0.145, (18, 18, 22)), (0.08, (58, 76, 112))):
        c.oval(0.5, 0.56, radius, radius, colour)


def phone(c: Canvas) -> None:
    c.box(0.33, 0.1, 0.67, 0.92, r=0.06)
    c.box(0.355, 0.15, 0.645, 0.87, r=0.02, colour=SCREEN)
    c.box(0.355, 0.15, 0.645, 0.5, colour=darker(c.look.second, 0.2))
    c.oval(0.5, 0.125, 0.015, 0.015, (10, 10, 12))


def watch(c: Canvas) -> None:
    c.box(0.4, 0.04, 0.6, 0.96, r=0.04)
    c.oval(0.5, 0.5, 0.22, 0.22, lighter(STEEL, 0.3))
    c.oval(0.5, 0.5, 0.17, 0.17, c.look.second)
    c.line((0.5, 0.5), (0.5, 0.38), colour=(20, 20, 20), width=0.012)
    c.line((0.5, 0.5), (0.58, 0.54), colour=(20, 20, 20), width=0.012)


def headphones(c: Canvas) -> None:
    c.arc(0.5, 0.5, 0.32, 0.36, 180, 360, colour=darker(c.look.main, 0.2), width=0.06)
    c.box(0.12, 0.46, 0.28, 0.82, r=0.06)
    c.box(0.72, 0.46, 0.88, 0.82, r=0.06)
    c.box(0.26, 0.5, 0.32, 0.78, r=0.03, colour=c.look.second)
    c.box(0.68, 0.5, 0.74, 0.78, r=0.03, colour=c.look.second)


def teddy(c: Canvas) -> None:
    for x, y, r in ((0.34, 0.14, 0.08), (0.66, 0.14, 0.08), (0.22, 0.58, 0.11), (0.78, 0.58, 0.11),
                    (0.34, 0.86, 0.12), (0.66, 0.86, 0.12)):  # fmt: skip
        c.oval(x, y, r, r)
    c.oval(0.5, 0.3, 0.22, 0.2)
    c.oval(0.5, 0.66, 0.25, 0.25)
    c.oval(0.5, 0.68, 0.15, 0.16, lighter(c.look.main, 0.45))
    c.oval(0.5, 0.36, 0.09, 0.07, lighter(c.look.main, 0.5))
    for x in (0.42, 0.58):
        c.oval(x, 0.27, 0.02, 0.02, (16, 12, 10))
    c.oval(0.5, 0.34, 0.028, 0.02, (30, 20, 16))


def toy_car(c: Canvas) -> None:
    c.shape((0.06, 0.52), (0.24, 0.5), (0.34, 0.34), (0.66, 0.34), (0.78, 0.5), (0.94, 0.54),
            (0.94, 0.68), (0.06, 0.68))  # fmt: skip
    c.shape((0.28, 0.5), (0.37, 0.38), (0.49, 0.38), (0.49, 0.5), colour=GLASS)
    c.shape((0.52, 0.5), (0.52, 0.38), (0.64, 0.38), (0.73, 0.5), colour=GLASS)
    for x in (0.26, 0.74):
        c.oval(x, 0.68, 0.1, 0.1, (24, 24, 26))
        c.oval(x, 0.68, 0.045, 0.045, c.look.second)


def blocks(c: Canvas) -> None:
    look = c.look
    c.box(0.16, 0.52, 0.48, 0.84, r=0.02)
    c.box(0.52, 0.52, 0.84, 0.84, r=0.02, colour=look.second)
    c.box(0.34, 0.18, 0.66, 0.5, r=0.02, colour=lighter(look.main, 0.4))
    c.oval(0.32, 0.68, 0.08, 0.08, lighter(look.second, 0.3))
    c.shape((0.68, 0.58), (0.77, 0.78), (0.59, 0.78), colour=lighter(look.main, 0.2))


def chair(c: Canvas) -> None:
    leg = darker(WOOD, 0.2) if c.look.detail > 0.5 else darker(STEEL, 0.4)
    for x, y in ((0.3, 0.6), (0.66, 0.6), (0.24, 0.62), (0.72, 0.62)):
        c.line((x, y), (x + (x - 0.5) * 0.2, 0.94), colour=leg, width=0.03)
    c.box(0.29, 0.08, 0.71, 0.48, r=0.06)
    c.shape((0.26, 0.5), (0.74, 0.5), (0.8, 0.64), (0.2, 0.64))


def table(c: Canvas) -> None:
    for x in (0.16, 0.8):
        c.box(x, 0.4, x + 0.045, 0.9, colour=darker(c.look.main, 0.35))
    for x in (0.3, 0.66):
        c.box(x, 0.4, x + 0.035, 0.78, colour=darker(c.look.main, 0.5))
    c.shape((0.2, 0.26), (0.8, 0.26), (0.94, 0.4), (0.06, 0.4))
    c.box(0.06, 0.4, 0.94, 0.45, colour=darker(c.look.main, 0.2))


def drawers(c: Canvas) -> None:
    c.box(0.16, 0.12, 0.84, 0.88, r=0.02)
    for step in range(3):
        y = 0.17 + 0.235 * step
        c.box(0.2, y, 0.8, y + 0.2, r=0.01, colour=lighter(c.look.main, 0.18))
        c.box(0.44, y + 0.08, 0.56, y + 0.11, r=0.01, colour=c.look.second)
    for x in (0.2, 0.74):
        c.box(x, 0.88, x + 0.06, 0.95, colour=darker(c.look.main, 0.4))


def book(c: Canvas) -> None:
    look = c.look
    c.box(0.72, 0.1, 0.77, 0.92, colour=(238, 232, 216))
    c.box(0.24, 0.08, 0.73, 0.92, r=0.01)
    c.box(0.24, 0.08, 0.29, 0.92, colour=darker(look.main, 0.25))
    c.box(0.34, 0.2, 0.68, 0.26, colour=lighter(look.second, 0.5))
    c.box(0.38, 0.29, 0.64, 0.32, colour=lighter(look.second, 0.5))
    if look.detail > 0.4:
        c.oval(0.51, 0.6, 0.13, 0.14, look.second)


PAINTERS = {
    each.__name__: each
    for each in (
        carton, bottle, jar, mug, vase, bowl, teapot, lamp, floor_lamp, radio, camera, phone,
        watch, headphones, teddy, toy_car, blocks, chair, table, drawers, book,
    )
}  # fmt: skip
