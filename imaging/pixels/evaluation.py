"""`manage.py evaluate cutout FOLDER [--model NAME] [--limit N]`: how good the cut-outs are.

FOLDER holds images/ and masks/, a mask for each image by name (white or opaque where the item is).
The fault gate is measured on the same photos: false alarms on the cut-outs that are right, and
recall on the same cut-outs spoiled in five ways. Needs no database.
"""

import time
import zlib
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NoReturn

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.pixels import faults
from imaging.pixels.cutout import Cutout, cut_out
from imaging.pixels.damage import DAMAGES
from imaging.pixels.errors import Rejected
from imaging.pixels.opening import open_safely

SIDE = 2048
RIGHT = 0.93
# As the DAVIS benchmark does (Perazzi et al. 2016): a share of the picture's diagonal.
TOLERANCE = 0.008

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """One photo: overlap and boundary F against its mask, and what the gate said.

    `caught` has, for a cut-out that is right, whether each of its spoiled versions was noticed.
    """

    iou: float
    boundary_f: float
    seconds: float
    is_fallback: bool
    is_suspect: bool
    caught: dict[str, bool]


@dataclass(frozen=True)
class Evaluation:
    """Shares 0..1. `false_alarms` among cut-outs with IoU >= .93, `recall` over all five damages;
    both None when no cut-out was right."""

    photos: int
    iou_mean: float
    iou_min: float
    boundary_f: float
    seconds_per_photo: float
    fallbacks: int
    false_alarms: float | None
    recall: float | None
    recall_by_damage: dict[str, float]


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def command(folder: Path, arguments: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Evaluate one folder. Raises OSError and ValueError with a sentence."""
    parser = _Parser(prog="evaluate cutout", add_help=False)
    parser.add_argument("--model", default="u2netp")
    parser.add_argument("--limit", type=int, default=None)
    options = parser.parse_args(list(arguments))
    result = asdict(evaluate_cutouts(folder, model=options.model, limit=options.limit))
    for name, value in result.items():
        say(f"{name:18} {value}")
    return result


def evaluate_cutouts(
    folder: Path, *, model: str = "u2netp", limit: int | None = None
) -> Evaluation:
    """Cut out every photo that has a mask and compare; ValueError where there is none."""
    pairs = list(_pairs(folder))[:limit]
    if not pairs:
        raise ValueError(f"{folder} has no images/ with masks/ of the same names.")
    return _summed([measured(image, mask, model) for image, mask in pairs])


def measured(image_path: Path, mask_path: Path, model: str) -> Measured:
    """ValueError when the photo is refused."""
    start = time.perf_counter()
    try:
        image = open_safely(image_path, SIDE)
    except Rejected as refused:
        raise ValueError(f"{image_path.name}: {refused.sentence}") from refused
    cutout = cut_out(image, model)
    seconds = time.perf_counter() - start
    solid, truth = cutout.mask >= 128, _truth(mask_path, cutout.image.size)
    overlap = iou(solid, truth)
    return Measured(
        iou=overlap,
        boundary_f=boundary_f(solid, truth),
        seconds=seconds,
        is_fallback=cutout.is_fallback,
        is_suspect=bool(cutout.faults),
        caught=_caught(cutout, image_path.name) if overlap >= RIGHT else {},
    )


def iou(one: Flags, other: Flags) -> float:
    """Intersection over union; 1 for two empty masks."""
    union = int((one | other).sum())
    return float((one & other).sum()) / union if union else 1.0


def boundary_f(one: Flags, other: Flags) -> float:
    """Harmonic mean of how much of each boundary lies near the other (0.8 % of the diagonal)."""
    reach = max(1, round(TOLERANCE * float(np.hypot(*one.shape))))
    edges = [_edge(each) for each in (one, other)]
    near = [_near(each, reach) for each in edges]
    if not edges[0].any() or not edges[1].any():
        return 1.0 if not edges[0].any() and not edges[1].any() else 0.0
    precision = float((edges[0] & near[1]).sum()) / float(edges[0].sum())
    recall = float((edges[1] & near[0]).sum()) / float(edges[1].sum())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    masks = {path.stem: path for path in sorted((folder / "masks").glob("*"))}
    for image in sorted((folder / "images").glob("*")):
        if image.stem in masks:
            yield image, masks[image.stem]


def _truth(path: Path, size: tuple[int, int]) -> Flags:
    mask = open_safely(path)
    channel = mask.getchannel("A") if mask.mode == "RGBA" else mask.convert("L")
    return np.asarray(channel.resize(size, Image.Resampling.BILINEAR)) >= 128


def _caught(cutout: Cutout, name: str) -> dict[str, bool]:
    rgb = np.asarray(cutout.image.convert("RGB"))
    caught = {}
    for number, (damage, spoil) in enumerate(DAMAGES.items()):
        chance = np.random.default_rng([zlib.crc32(name.encode()), number])
        pixels, mask = spoil(rgb, cutout.mask, chance)
        caught[damage] = bool(faults.find(Image.fromarray(pixels), mask))
    return caught


def _summed(photos: list[Measured]) -> Evaluation:
    right = [photo for photo in photos if photo.caught]
    by_damage = {name: fmean(p.caught[name] for p in right) for name in DAMAGES} if right else {}
    return Evaluation(
        photos=len(photos),
        iou_mean=round(fmean(photo.iou for photo in photos), 4),
        iou_min=round(min(photo.iou for photo in photos), 4),
        boundary_f=round(fmean(photo.boundary_f for photo in photos), 4),
        seconds_per_photo=round(fmean(photo.seconds for photo in photos), 3),
        fallbacks=sum(photo.is_fallback for photo in photos),
        false_alarms=round(fmean(photo.is_suspect for photo in right), 4) if right else None,
        recall=round(fmean(by_damage.values()), 4) if right else None,
        recall_by_damage={name: round(share, 4) for name, share in by_damage.items()},
    )


def _edge(mask: Flags) -> Flags:
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return np.asarray(mask & ~inner)


def _near(edge: Flags, reach: int) -> Flags:
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(edge.astype(np.uint8), disk).astype(bool)
