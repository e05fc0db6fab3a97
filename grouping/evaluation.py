"""`manage.py evaluate grouping FOLDER`: groups a labelled folder and says how well it went.

FOLDER holds images/ and labels.csv with the columns image and item_id. Needs no database.
"""

import csv
import random
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from grouping.calibration import default_for
from grouping.clustering import ClusterOptions, PhotoFacts, propose
from grouping.quality import Quality, quality
from imaging.pixels import descriptor
from imaging.pixels.cutout import cut_out
from imaging.pixels.opening import open_safely

SIDE = 1024
SEED = 20240601


@dataclass(frozen=True)
class Labelled:
    """Photos in the order of the rows, and which item each shows."""

    paths: tuple[Path, ...]
    items: tuple[str, ...]


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def command(folder: Path, arguments: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Evaluate one folder. Raises OSError and ValueError with a sentence."""
    options = _options(arguments)
    started = time.perf_counter()
    labelled = read(folder, options.labels)
    vectors = described(labelled.paths, options.cutout)
    seconds = {"describe": time.perf_counter() - started}
    result = asdict(measured(labelled, vectors, descriptor.MODEL, options.order))
    seconds["all"] = time.perf_counter() - started
    result |= {"seconds": round(seconds["all"], 2), "order": options.order}
    say(
        ", ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in result.items())
    )
    return result


def read(folder: Path, labels: str = "labels.csv") -> Labelled:
    """The rows of `labels` in `folder`, whose pictures lie in images/."""
    with (folder / labels).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"image", "item_id"} <= rows[0].keys():
        raise ValueError(f"{labels} needs the columns image and item_id, and at least one row.")
    paths = tuple(folder / "images" / row["image"] for row in rows)
    return Labelled(paths, tuple(row["item_id"] for row in rows))


def described(paths: Sequence[Path], cutout_model: str) -> npt.NDArray[np.float32]:
    """Vectors (N, 1024) of the cut-outs of photos on disk."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return np.stack(list(pool.map(partial(_vector, cutout_model), paths)))


def _vector(cutout_model: str, path: Path) -> npt.NDArray[np.float32]:
    return descriptor.describe(cut_out(open_safely(path, SIDE), cutout_model).image)


def measured(
    labelled: Labelled, vectors: npt.NDArray[np.float32], model: str, order: str
) -> Quality:
    """The quality of the proposal for photos in the order of the rows, or shuffled and timeless."""
    places = list(range(len(labelled.items)))
    options = ClusterOptions()
    if order == "shuffled":
        random.Random(SEED).shuffle(places)
        options = replace(options, use_order=False)
    photos = [PhotoFacts(str(at), vectors[at], model, index) for index, at in enumerate(places)]
    proposal = propose(photos, calibration=default_for(model), options=options)
    found = {photo: name for name, group in enumerate(proposal.groups) for photo in group.ids}
    return quality([found[str(at)] for at in range(len(places))], labelled.items)


def _options(arguments: Sequence[str]) -> Namespace:
    parser = _Parser(prog="evaluate grouping FOLDER")
    parser.add_argument("--labels", default="labels.csv")
    parser.add_argument("--order", choices=["shot", "shuffled"], default="shot")
    parser.add_argument("--cutout", default="u2netp")
    return parser.parse_args(list(arguments))
