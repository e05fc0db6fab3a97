"""How clothes, bags and shoes are painted: a painter takes a canvas and leaves the item on it."""

from pricing.demo.canvas import Canvas, darker, lighter


def _body(c: Canvas, *, hem: float = 0.88, flare: float = 0.0) -> None:
    c.shape((0.32, 0.16), (0.42, 0.13), (0.5, 0.17), (0.58, 0.13), (0.68, 0.16), (0.71, 0.4),
            (0.70 + flare, hem), (0.30 - flare, hem), (0.29, 0.4))  # fmt: skip


def _sleeves(c: Canvas, length: float) -> None:
    """0 is a cap sleeve, 1 reaches the hand."""
    end = 0.34 + 0.42 * length
    out = 0.12 - 0.02 * length
    c.both_sides((0.33, 0.15), (0.26, 0.2), (out, end), (out + 0.11, end + 0.03), (0.32, 0.38))


def tshirt(c: Canvas) -> None:
    _body(c)
    _sleeves(c, 0.08 + 0.1 * c.look.detail)
    c.arc(0.5, 0.13, 0.09, 0.06, 10, 170, colour=darker(c.look.main), width=0.012)


def tank(c: Canvas) -> None:
    c.shape((0.36, 0.1), (0.42, 0.1), (0.44, 0.22), (0.56, 0.22), (0.58, 0.1), (0.64, 0.1),
            (0.66, 0.3), (0.71, 0.36), (0.70, 0.88), (0.30, 0.88), (0.29, 0.36),
            (0.34, 0.3))  # fmt: skip
    c.line((0.30, 0.86), (0.70, 0.86), colour=darker(c.look.main), width=0.008)


def hoodie(c: Canvas) -> None:
    _body(c, hem=0.84)
    _sleeves(c, 0.95)
    dark = darker(c.look.main)
    c.oval(0.5, 0.13, 0.15, 0.1)
    c.oval(0.5, 0.15, 0.09, 0.06, darker(c.look.main, 0.6))
    c.shape((0.38, 0.6), (0.62, 0.6), (0.66, 0.74), (0.34, 0.74), colour=darker(c.look.main, 0.12))
    c.box(0.29, 0.81, 0.71, 0.86, colour=dark)
    for x in (0.46, 0.54):
        c.line((x, 0.2), (x, 0.36), colour=lighter(c.look.second), width=0.01)


def jacket(c: Canvas) -> None:
    _body(c, hem=0.82, flare=0.01)
    _sleeves(c, 1.0)
    dark = darker(c.look.main, 0.5)
    c.both_sides((0.41, 0.09), (0.5, 0.2), (0.41, 0.24), (0.36, 0.14), colour=darker(c.look.main))
    c.line((0.5, 0.18), (0.5, 0.82), colour=lighter(c.look.second, 0.2), width=0.014)
    c.both_sides((0.34, 0.58), (0.43, 0.56), (0.43, 0.59), (0.34, 0.61), colour=dark)
    if c.look.detail > 0.5:
        c.box(0.295, 0.34, 0.705, 0.4, colour=c.look.second)
    c.line((0.30, 0.81), (0.70, 0.81), colour=dark, width=0.012)


def jumper(c: Canvas) -> None:
    _body(c, hem=0.82)
    _sleeves(c, 0.95)
    for step in range(5):
        radius = 0.1 + 0.035 * step
        colour = c.look.second if step % 2 else lighter(c.look.second, 0.6)
        c.arc(0.5, 0.13, radius, radius, 15, 165, colour=colour, width=0.018)
    c.box(0.30, 0.78, 0.70, 0.83, colour=darker(c.look.main, 0.2))


def trousers(c: Canvas) -> None:
    wide = 0.03 * c.look.detail
    c.shape((0.36, 0.06), (0.64, 0.06), (0.68 + wide, 0.5), (0.66 + wide, 0.95), (0.54, 0.95),
            (0.5, 0.36), (0.46, 0.95), (0.34 - wide, 0.95), (0.32 - wide, 0.5))  # fmt: skip
    c.box(0.355, 0.05, 0.645, 0.1, colour=darker(c.look.main, 0.3))
    c.both_sides(
        (0.37, 0.12), (0.44, 0.11), (0.38, 0.2), (0.36, 0.2), colour=darker(c.look.main, 0.2)
    )


def shorts(c: Canvas) -> None:
    c.shape(
        (0.3, 0.2), (0.7, 0.2), (0.8, 0.74), (0.54, 0.78), (0.5, 0.48), (0.46, 0.78), (0.2, 0.74)
    )
    c.box(0.295, 0.18, 0.705, 0.26, colour=c.look.second)
    if c.look.detail > 0.4:
        c.both_sides((0.24, 0.34), (0.29, 0.3), (0.27, 0.74), (0.21, 0.73), colour=c.look.second)


def dress(c: Canvas) -> None:
    c.shape((0.38, 0.08), (0.42, 0.08), (0.5, 0.18), (0.58, 0.08), (0.62, 0.08), (0.63, 0.36),
            (0.78, 0.92), (0.22, 0.92), (0.37, 0.36))  # fmt: skip
    c.box(0.37, 0.36, 0.63, 0.4, colour=darker(c.look.second, 0.1))
    if c.look.detail > 0.5:
        c.both_sides((0.38, 0.08), (0.26, 0.2), (0.32, 0.28), (0.4, 0.24))


def skirt(c: Canvas) -> None:
    c.shape((0.34, 0.16), (0.66, 0.16), (0.82, 0.86), (0.18, 0.86))
    c.box(0.335, 0.14, 0.665, 0.2, colour=darker(c.look.main))
    for x in (0.36, 0.5, 0.64):
        c.line(
            (0.5 + (x - 0.5) * 0.6, 0.22), (x, 0.85), colour=darker(c.look.main, 0.2), width=0.006
        )


def shoe(c: Canvas) -> None:
    c.shape(
        (0.12, 0.4), (0.3, 0.36), (0.42, 0.44), (0.6, 0.56), (0.86, 0.62), (0.9, 0.72), (0.12, 0.72)
    )
    c.box(0.1, 0.7, 0.91, 0.78, r=0.03, colour=lighter(c.look.second, 0.7))
    for step in range(4):
        x = 0.36 + 0.06 * step
        c.line(
            (x, 0.44 + 0.04 * step),
            (x + 0.06, 0.52 + 0.03 * step),
            colour=c.look.second,
            width=0.014,
        )
    c.shape((0.16, 0.48), (0.3, 0.56), (0.24, 0.64), (0.14, 0.62), colour=c.look.second)


def backpack(c: Canvas) -> None:
    c.arc(0.5, 0.14, 0.08, 0.08, 180, 360, colour=darker(c.look.main, 0.6), width=0.02)
    c.box(0.24, 0.12, 0.76, 0.9, r=0.14)
    dark = darker(c.look.main, 0.35)
    c.box(0.3, 0.52, 0.7, 0.84, r=0.05, colour=darker(c.look.main, 0.18))
    c.line((0.31, 0.58), (0.69, 0.58), colour=c.look.second, width=0.012)
    c.arc(0.5, 0.4, 0.24, 0.24, 180, 360, colour=dark, width=0.012)
    c.both_sides((0.2, 0.4), (0.24, 0.38), (0.25, 0.84), (0.2, 0.8), colour=dark)


def handbag(c: Canvas) -> None:
    c.arc(0.5, 0.4, 0.18, 0.28, 180, 360, colour=darker(c.look.main, 0.4), width=0.026)
    c.shape((0.22, 0.4), (0.78, 0.4), (0.86, 0.86), (0.14, 0.86))
    c.box(0.46, 0.44, 0.54, 0.56, r=0.01, colour=(206, 172, 92))
    c.line((0.2, 0.5), (0.8, 0.5), colour=darker(c.look.main, 0.25), width=0.008)


def hat(c: Canvas) -> None:
    c.shape((0.22, 0.62), (0.26, 0.34), (0.4, 0.2), (0.6, 0.2), (0.74, 0.34), (0.78, 0.62))
    c.box(0.18, 0.6, 0.82, 0.76, r=0.04, colour=darker(c.look.main, 0.15))
    c.oval(0.5, 0.17, 0.07, 0.07, c.look.second)


PAINTERS = {
    each.__name__: each
    for each in (
        tshirt, tank, hoodie, jacket, jumper, trousers, shorts, dress, skirt, shoe, backpack,
        handbag, hat,
    )
}  # fmt: skip
