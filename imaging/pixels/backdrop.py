"""Mends a model's mask where the photo's backdrop is plain, by the backdrop's own colour.

A small model sees what stands out: of a close-up, the pocket and not the shirt. On a plain backdrop
colour knows better: what differs from it and hangs together with what the model found belongs to
the item, and what equals it and reaches the frame does not. Where all of the frame is backdrop,
nothing but the item can lie in the picture, and what stands apart from the rest of it (the second
shoe, the lower strap of a watch) belongs to it too. Where the backdrop is not plain, or might be
the item itself, the mask stays as it was.

Measured on 88 kept-back photos of a catalogue: mean IoU .895 to .976, close-ups .626 to .947; on 66
of the same items before other backdrops it stays at .965. What stands apart: on 32 composed photos
on plain ground .944 to .967, with no photo of 322 the worse for it. It costs a thirtieth of the
model's time.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.pixels.rules import told

Lab = npt.NDArray[np.float32]
Mask = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Rules:
    """Colour distances are CIE76; shares are 0..1, of what their names say; `side` in pixels."""

    side: int = 256
    mask_from: float = 0.5
    """From here the model means the item, below `beyond` surely something else."""
    beyond: float = 0.3
    certain: float = 0.97
    """So sure of a pixel is the model that the backdrop's colour does not take it away."""
    same: float = 10.0
    step: float = 6.0
    of_frame: float = 0.05
    of_beyond: float = 0.6
    """A backdrop covers this share of the frame and of all that is not the item; or it is white."""
    fewest: int = 400
    white_from: float = 97.0
    white_chroma: float = 3.0
    white_noise: float = 2.0
    noisiest: float = 5.0
    """90th percentile of the distance above which a backdrop is not plain."""
    like: float = 3.0
    like_noises: float = 1.5
    unlike: float = 10.0
    unlike_noises: float = 4.0
    tinted: float = 6.0
    tinted_noises: float = 2.5
    darker: float = 35.0
    lighter: float = 12.0
    """Less tinted, less dark and less light than that, it may be a shadow."""
    shadow_side: float = 0.3
    """A shadow does not run out of the frame along so much of a side."""
    seen: float = 0.08
    large: float = 0.5
    side_run: float = 0.2
    """A piece is added if the model half saw it (mean of its mask), if it is large beside what the
    model found, or if it runs out of the frame along so much of a side."""

    nothing_else: float = 0.98
    """From this share of the frame the backdrop is all there is besides the item."""
    speck: float = 0.01
    """A piece that is smaller beside what the model found is dust."""
    deep: float = 60.0
    """Less dark than that and not tinted, a piece that stands apart is a shadow."""


RULES = told("backdrop", Rules())


@dataclass(frozen=True)
class Backdrop:
    """How far each pixel is from the backdrop expected there: `tint` in a and b, `light` signed."""

    distance: Mask
    tint: Mask
    light: Mask
    noise: float


def mended(mask: Mask, image: Image.Image, rules: Rules = RULES) -> Mask:
    """The mask 0..1 of an RGB image, of the mask's shape. Judged at `rules.side` pixels."""
    lab = _small(image, rules)
    resized = cv2.resize(mask, lab.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    small = np.asarray(resized, np.float32)
    found = backdrop(lab, small, rules)
    if found is None:
        return mask
    unlike = _unlike(found, rules)
    added = _added(unlike, small, rules)
    if _share(found, _frame(lab), rules) >= rules.nothing_else:
        added |= _apart(found, unlike & ~added, small, rules)
    mended = np.where(added | (unlike & _inner(small, added, rules)), np.float32(1), small)
    mended[_reached(found, rules) & (small < rules.certain)] = 0
    if added.any():
        mended[_holes(found, mended, rules)] = 1
    change = cv2.resize(cv2.GaussianBlur(mended - small, (3, 3), 0), mask.shape[::-1])
    return np.asarray(np.clip(mask + change, 0, 1), np.float32)


def backdrop(lab: Lab, mask: Mask, rules: Rules = RULES) -> Backdrop | None:
    """The plain backdrop beyond the mask, its light falling off evenly; None if there is none.

    One that is white and burnt out need not cover much: nothing worn is as smooth.
    """
    beyond = mask < rules.beyond
    frame = _frame(lab) & beyond
    if frame.sum() < rules.fewest // 4:
        return None
    grid = _grid(mask.shape)
    found = [
        (_fitted(lab, colour, beyond, grid, rules), colour) for colour in _modes(lab[frame], rules)
    ]
    plain = [
        (not _is_white(colour, one.noise, rules), -_share(one, frame, rules), one)
        for one, colour in found
        if one and one.noise <= rules.noisiest and _is_backdrop(one, colour, frame, beyond, rules)
    ]
    return min(plain, key=lambda each: each[:2])[2] if plain else None


def _small(image: Image.Image, rules: Rules) -> Lab:
    scale = min(1.0, rules.side / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    rgb = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(cv2.cvtColor(np.asarray(rgb, np.float32) / 255, cv2.COLOR_RGB2LAB))


def _frame(lab: Lab) -> Flags:
    frame = np.zeros(lab.shape[:2], bool)
    width = max(3, min(frame.shape) // 40)
    frame[:width] = frame[-width:] = frame[:, :width] = frame[:, -width:] = True
    return frame


def _modes(colours: Lab, rules: Rules) -> list[Lab]:
    """The commonest colours of the frame, at most four."""
    steps = np.round(colours / rules.step).astype(np.int64) + 64
    keys = (steps[:, 0] * 256 + steps[:, 1]) * 256 + steps[:, 2]
    _, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    common = [each for each in np.argsort(-counts)[:4] if counts[each] > rules.of_frame * len(keys)]
    return [np.median(colours[place == each], axis=0) for each in common]


def _fitted(lab: Lab, colour: Lab, beyond: Flags, grid: Lab, rules: Rules) -> Backdrop | None:
    """The backdrop of about this colour, as a plane over the picture for each channel."""
    expected: Lab = np.broadcast_to(colour, lab.shape)
    for _ in range(2):
        near = beyond & (_length(lab - expected) < rules.same)
        if int(near.sum()) < rules.fewest:
            return None
        every = max(1, int(near.sum()) // 3000)
        plane = np.linalg.lstsq(grid[near][::every], lab[near][::every], rcond=None)[0]
        expected = grid @ plane
    apart = lab - expected
    distance = _length(apart)
    noise = float(np.percentile(distance[beyond & (distance < rules.same)], 90))
    return Backdrop(distance, _length(apart[..., 1:]), apart[..., 0], noise)


def _is_backdrop(one: Backdrop, colour: Lab, frame: Flags, beyond: Flags, rules: Rules) -> bool:
    covered = min(_share(one, frame, rules), _share(one, beyond, rules))
    return covered >= rules.of_beyond or _is_white(colour, one.noise, rules)


def _is_white(colour: Lab, noise: float, rules: Rules) -> bool:
    chroma = float(np.hypot(colour[1], colour[2]))
    return bool(
        colour[0] > rules.white_from and chroma < rules.white_chroma and noise < rules.white_noise
    )


def _share(one: Backdrop, where: Flags, rules: Rules) -> float:
    return float((one.distance[where] < rules.same).mean())


def _inner(mask: Mask, added: Flags, rules: Rules) -> Flags:
    """The item without its edge: what the model was not sure of in there is no glass."""
    whole = ((mask >= rules.mask_from) | added).astype(np.uint8)
    return cv2.erode(whole, np.ones((3, 3), np.uint8)).astype(bool)


def _added(unlike: Flags, mask: Mask, rules: Rules) -> Flags:
    """Pieces unlike the backdrop that hang together with what the model found."""
    own = mask >= rules.mask_from
    _, labels = _pieces(unlike | own)
    joined = unlike & ~own & np.isin(labels, np.unique(labels[own]))
    count, pieces = _pieces(joined)
    areas = np.bincount(pieces.ravel(), minlength=count)
    seen = np.bincount(pieces.ravel(), mask.ravel(), count) / np.maximum(1, areas)
    taken = (seen >= rules.seen) | (areas >= rules.large * own.sum())
    taken |= _running_out(pieces, count, rules.side_run)
    taken[0] = False
    return np.asarray(taken[pieces])


def _apart(found: Backdrop, unlike: Flags, mask: Mask, rules: Rules) -> Flags:
    """Pieces that the model did not see, too large for dust and too clear for a shadow."""
    own = mask >= rules.mask_from
    count, pieces = _pieces(unlike & ~own)
    areas = np.bincount(pieces.ravel(), minlength=count)
    clear = _is_tinted(found, rules) | (found.light < -rules.deep) | (found.light > rules.lighter)
    cleared = np.bincount(pieces.ravel(), clear.ravel(), count)
    taken = (areas >= rules.speck * own.sum()) & (2 * cleared >= areas)
    taken[0] = False
    return np.asarray(taken[pieces])


def _is_tinted(found: Backdrop, rules: Rules) -> Flags:
    return found.tint > max(rules.tinted, rules.tinted_noises * found.noise)


def _unlike(found: Backdrop, rules: Rules) -> Flags:
    """What is no backdrop, and no shadow on it."""
    limit = max(rules.unlike, rules.unlike_noises * found.noise)
    unlike = _opened(found.distance > limit)
    is_clear = (
        _is_tinted(found, rules) | (found.light < -rules.darker) | (found.light > rules.lighter)
    )
    count, pieces = _pieces(unlike & ~is_clear)
    no_shadow = _running_out(pieces, count, rules.shadow_side)
    no_shadow[0] = False
    return np.asarray((unlike & is_clear) | no_shadow[pieces])


def _reached(found: Backdrop, rules: Rules) -> Flags:
    """What looks like the backdrop and reaches the frame through such pixels."""
    like = found.distance < max(rules.like, rules.like_noises * found.noise)
    _, labels = _pieces(np.pad(like, 1, constant_values=True), connectivity=4)
    return np.asarray((labels == labels[0, 0])[1:-1, 1:-1])


def _holes(found: Backdrop, mask: Mask, rules: Rules) -> Flags:
    """Enclosed pieces that do not look like the backdrop."""
    count, labels = _pieces(mask < rules.mask_from, connectivity=4)
    like = found.distance <= max(rules.like, rules.like_noises * found.noise)
    sizes = np.bincount(labels.ravel(), minlength=count)
    alike = np.bincount(labels.ravel(), like.ravel(), count) * 2 >= sizes
    filled = ~alike & ~_running_out(labels, count, 0)
    filled[0] = False
    return np.asarray(filled[labels])


def _pieces(where: Flags, connectivity: int = 8) -> tuple[int, Labels]:
    """How many labels there are, 0 for elsewhere included, and the label of each pixel."""
    count, labels = cv2.connectedComponents(where.astype(np.uint8), connectivity=connectivity)
    return count, np.asarray(labels, np.int32)


def _running_out(labels: Labels, count: int, share: float) -> Flags:
    """For each label, whether it lies along more than this share of one side of the picture."""
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    runs = [np.bincount(side, minlength=count) > share * len(side) for side in sides]
    return np.asarray(np.any(runs, axis=0))


def _grid(shape: tuple[int, ...]) -> Lab:
    """1, x and y of each pixel, x and y as shares of the picture."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return np.stack([np.ones_like(x), x / shape[1], y / shape[0]], axis=-1)


def _length(apart: Lab) -> Mask:
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)), np.float32)


def _opened(where: Flags) -> Flags:
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    return cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, disk).astype(bool)
