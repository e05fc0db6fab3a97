"""The fault gate: which cut-outs a person should look at, and what seems wrong with them.

Nothing here knows the right answer. A true outline runs where the colours on its two sides
differ; an outline through the middle of the item, or through the background, does not. All is
measured on a copy of 320 pixels; thresholds were picked on half of the labelled photos and
checked on the other half (`manage.py evaluate cutout` repeats it).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.pixels.rules import told

SIDE = 320
SOLID = 128
# Half of the window in which the colours beside an outline are averaged, plus one, in pixels.
BESIDE = 9
FRAME = 3


@dataclass(frozen=True)
class Rules:
    """From where on it is a fault; the names and units are those of `Evidence`.

    `no_edge`, `no_contrast` and `plain` are differences of colour (CIE76).
    """

    no_edge: float = 6.0
    no_contrast: float = 7.0
    plain: float = 8.0
    rim: float = 0.22
    too_small: float = 0.015
    too_large: float = 0.85
    everything: float = 0.98
    large_faint_run: float = 0.06
    """A close-up fills its frame, and its outline still follows an edge nearly all along."""
    missing: float = 0.03
    surplus: float = 0.10
    faint_run: float = 0.15
    faint: float = 0.06
    hole: float = 0.006
    vague: float = 0.04


RULES = told("faults", Rules())

SENTENCES = {
    "empty": "Nothing was found to cut out.",
    "too_small": "The cut-out is a tiny part of the photo.",
    "too_large": "Nearly the whole photo was taken for the item.",
    "area_jump": "Part of the item is missing, or background came along.",
    "clipped_edge": "The outline runs through the item or through the background.",
    "enclosed_hole": "There is a hole in the item that may not be one.",
    "white_on_white": "Item and background have nearly the same colour.",
    "fringe": "A rim of background was left around the item.",
    "vague": "A large part of the item is half transparent.",
}

Lab = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Evidence:
    """Shares 0..1 of the photo (`area`), of the item's area (`hole`, `missing`, `surplus`,
    `vague`) or of the outline (`faint`, `rim`); `contrast` is the median colour difference across
    the outline; `faint_run` the longest stretch without one, in square roots of the item's area."""

    area: float
    contrast: float
    faint: float
    faint_run: float
    hole: float
    rim: float
    missing: float
    surplus: float
    vague: float


def find(image: Image.Image, mask: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    """Codes of `SENTENCES`; empty when nothing looks wrong.

    `image` is RGB, `mask` uint8 of shape (height, width), 255 where the item is.
    """
    return judge(evidence(image, mask))


def judge(seen: Evidence, rules: Rules = RULES) -> tuple[str, ...]:
    """Which faults the evidence amounts to."""
    if seen.area == 0:
        return ("empty",)
    has_rim = seen.rim > rules.rim
    no_contrast = seen.contrast < rules.no_contrast and not has_rim
    is_faint = seen.faint_run > rules.faint_run and seen.faint > rules.faint
    found = {
        "too_small": seen.area < rules.too_small,
        "too_large": _is_too_large(seen, rules),
        "area_jump": seen.missing > rules.missing
        or (seen.surplus > rules.surplus and not no_contrast),
        "clipped_edge": is_faint and not no_contrast and not has_rim,
        "enclosed_hole": seen.hole > rules.hole,
        "white_on_white": no_contrast,
        "fringe": has_rim,
        "vague": seen.vague > rules.vague,
    }
    return tuple(code for code, is_found in found.items() if is_found)


def _is_too_large(seen: Evidence, rules: Rules) -> bool:
    blurs = seen.area > rules.too_large and seen.faint_run > rules.large_faint_run
    return blurs or seen.area > rules.everything


def evidence(image: Image.Image, mask: npt.NDArray[np.uint8], rules: Rules = RULES) -> Evidence:
    lab, small = _small(image, mask)
    solid = small >= SOLID
    if not solid.any():
        return Evidence(0, 0, 0, 0, 0, 0, 0, 0, 0)
    outline = _outline(solid)
    across = _difference(_mean(lab, solid, BESIDE), _mean(lab, ~solid, BESIDE))
    size = float(solid.sum())
    missing, surplus = _against_backdrop(lab, solid, rules)
    vague = cv2.morphologyEx(
        ((small > 48) & (small < 208)).astype(np.uint8), cv2.MORPH_OPEN, _disk(5)
    )
    return Evidence(
        area=float(solid.mean()),
        contrast=_median(across[outline]),
        faint=float((across[outline] < rules.no_edge).mean()) if outline.any() else 0.0,
        faint_run=_longest(outline & (across < rules.no_edge)) / max(20.0, size**0.5),
        hole=_hole(solid, across) / size,
        rim=_rim(lab, solid, outline, rules),
        missing=missing / size,
        surplus=surplus / size,
        vague=float(vague.sum()) / size,
    )


def _small(image: Image.Image, mask: npt.NDArray[np.uint8]) -> tuple[Lab, npt.NDArray[np.uint8]]:
    scale = min(1.0, SIDE / max(image.size))
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    rgb = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    lab = cv2.cvtColor(np.asarray(rgb, np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32), np.asarray(
        cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8
    )


def _outline(solid: Flags) -> Flags:
    """The item's outermost pixels, without those along the photo's own frame."""
    outline = solid & ~_eroded(solid, 3)
    outline[:FRAME] = outline[-FRAME:] = False
    outline[:, :FRAME] = outline[:, -FRAME:] = False
    return outline


def _hole(solid: Flags, across: Numbers) -> float:
    """Pixels of the largest hole whose rim shows no more than a faint edge."""
    rims, tree = cv2.findContours(solid.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    holes = [rim for rim, (_, _, _, parent) in zip(rims, tree[0], strict=True) if parent >= 0]
    return max(
        (
            cv2.contourArea(rim)
            for rim in holes
            if cv2.contourArea(rim) > 12 and _median(across[rim[:, 0, 1], rim[:, 0, 0]]) < 12
        ),
        default=0.0,
    )


def _rim(lab: Lab, solid: Flags, outline: Flags, rules: Rules) -> float:
    """Share of the outline where the item's outermost band looks like the background and what
    lies deeper does not."""
    core = _eroded(solid, 7)
    beyond = _mean(lab, ~_dilated(solid, 3), BESIDE)
    band = _difference(_mean(lab, solid & ~core, BESIDE), beyond)[outline]
    deep = _difference(_mean(lab, core & ~_eroded(solid, 25), 25), beyond)[outline]
    return float(((band < rules.no_edge) & (deep > 10)).mean()) if band.size else 0.0


def _against_backdrop(lab: Lab, solid: Flags, rules: Rules) -> tuple[float, float]:
    """On a plain backdrop: pixels of the largest patch of item left outside, and of backdrop
    taken inside. (0, 0) where the backdrop is not plain enough to tell."""
    beyond = ~_dilated(solid, 15)
    if int(beyond.sum()) < 400:
        return 0.0, 0.0
    distance = _difference(lab, np.median(lab[beyond], axis=0))
    noise = float(np.percentile(distance[beyond], 85))
    if noise > rules.plain:
        return 0.0, 0.0
    unlike = distance > max(rules.no_edge, 1.5 * noise)
    return (
        _largest(unlike & ~_dilated(solid, 7)),
        _largest(_eroded(solid, 7) & ~unlike),
    )


def _mean(lab: Lab, where: Flags, window: int) -> Lab:
    """Mean colour of the pixels `where` within a square window round each pixel."""
    weight = where.astype(np.float32)
    count = cv2.boxFilter(weight, -1, (window, window))
    total = cv2.boxFilter(lab * weight[..., None], -1, (window, window))
    return np.asarray(total / np.maximum(count, 1e-4)[..., None], np.float32)


def _difference(one: Lab, other: npt.NDArray[np.floating]) -> Numbers:
    apart = one - other
    return np.asarray(np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)), np.float32)


def _longest(where: Flags) -> float:
    """The longer side of the largest connected stretch, in pixels."""
    joined = _dilated(where, 3).astype(np.uint8)
    stretches = cv2.connectedComponentsWithStats(joined)[2][1:]
    return float(stretches[:, 2:4].max()) if len(stretches) else 0.0


def _largest(where: Flags) -> float:
    opened = cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, _disk(3))
    patches = cv2.connectedComponentsWithStats(opened)[2][1:]
    return float(patches[:, cv2.CC_STAT_AREA].max()) if len(patches) else 0.0


def _median(values: Numbers) -> float:
    """99 (clear contrast) where there is hardly any outline to judge."""
    return float(np.median(values)) if values.size >= 12 else 99.0


def _eroded(where: Flags, size: int) -> Flags:
    return cv2.erode(where.astype(np.uint8), _disk(size), borderValue=1).astype(bool)


def _dilated(where: Flags, size: int) -> Flags:
    return cv2.dilate(where.astype(np.uint8), _disk(size)).astype(bool)


def _disk(size: int) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
