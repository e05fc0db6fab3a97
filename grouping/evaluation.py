"""`manage.py evaluate grouping FOLDER`: groups a labelled folder and says how well it went.

FOLDER holds images/ and labels.csv with the columns image and item_id. Needs no database, and
keeps nothing between two runs.
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
from PIL import Image

from grouping.calibration import default_for
from grouping.clustering import ClusterOptions, PhotoFacts, propose
from grouping.quality import Quality, quality
from grouping.scoring import Method
from imaging.pixels import descriptor
from imaging.pixels.cutout import cut_out
from imaging.pixels.encoders import located
from imaging.pixels.opening import open_safely

SIDE = 1024
SEED = 20240601
BUILT_IN = "descriptor"

Vectors = npt.NDArray[np.float32]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Labelled:
    """Photos in the order of the rows, and which item each shows."""

    paths: tuple[Path, ...]
    items: tuple[str, ...]


@dataclass(frozen=True)
class Describer:
    """A model's name, and what makes a vector (1024,) of a cut-out."""

    name: str
    describe: Callable[[Image.Image], Vectors]


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def command(folder: Path, arguments: Sequence[str], say: Say) -> dict[str, Any]:
    """Evaluate one folder. Raises OSError and ValueError with a sentence."""
    options = _options(arguments)
    started = time.perf_counter()
    labelled = read(folder, options.labels)
    describer = _describer(options)
    vectors = described(labelled.paths, describer, options.cutout)
    found = measured(labelled, vectors, describer.name, options.order, ClusterOptions())
    result = asdict(found) | {"seconds": round(time.perf_counter() - started, 2)}
    result |= {"order": options.order, "model": describer.name}
    say(_line(f"{options.order}, {describer.name}", found))
    if options.ablate:
        result["ablation"] = _ablated(labelled, vectors, describer, options, say)
    return result


def read(folder: Path, labels: str = "labels.csv") -> Labelled:
    """The rows of `labels` in `folder`, whose pictures lie in images/."""
    with (folder / labels).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"image", "item_id"} <= rows[0].keys():
        raise ValueError(f"{labels} needs the columns image and item_id, and at least one row.")
    paths = tuple(folder / "images" / row["image"] for row in rows)
    return Labelled(paths, tuple(row["item_id"] for row in rows))


def described(paths: Sequence[Path], describer: Describer, cutout: str) -> Vectors:
    """Vectors (N, 1024) of photos on disk, with the background cut away unless `cutout` is none."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return np.stack(list(pool.map(partial(_vector, describer, cutout), paths)))


def _vector(describer: Describer, cutout: str, path: Path) -> Vectors:
    photo = open_safely(path, SIDE)
    if cutout == "none":
        return describer.describe(photo.convert("RGBA"))
    return describer.describe(cut_out(photo, cutout).image)


def measured(
    labelled: Labelled, vectors: Vectors, model: str, order: str, options: ClusterOptions
) -> Quality:
    """The quality of the proposal for photos in the order of the rows, or shuffled and timeless."""
    places = list(range(len(labelled.items)))
    if order == "shuffled":
        random.Random(SEED).shuffle(places)
        options = replace(options, use_order=False)
    photos = [PhotoFacts(str(at), vectors[at], model, index) for index, at in enumerate(places)]
    proposal = propose(photos, calibration=default_for(model), options=options)
    found = {photo: name for name, group in enumerate(proposal.groups) for photo in group.ids}
    return quality([found[str(at)] for at in range(len(places))], labelled.items)


LEFT_OUT = {
    "shooting order": ClusterOptions(use_order=False),
    "contrast with the batch": ClusterOptions(method=Method(use_contrast=False)),
    "learned length of runs": ClusterOptions(method=Method(learn_lengths=False)),
    "joining what came back": ClusterOptions(method=Method(use_returns=False)),
    "complete-link floor": ClusterOptions(floor=0.5),
}


def _ablated(
    labelled: Labelled, vectors: Vectors, describer: Describer, options: Namespace, say: Say
) -> dict[str, Any]:
    """The same photos with one ingredient left out at a time."""
    table = {}
    for name, without in LEFT_OUT.items():
        table[name] = measured(labelled, vectors, describer.name, options.order, without)
    whole = described(labelled.paths, describer, "none")
    table["cut-out"] = measured(labelled, whole, describer.name, options.order, ClusterOptions())
    for name, found in table.items():
        say(_line(f"without {name}", found))
    return {name: asdict(found) for name, found in table.items()}


def _line(name: str, found: Quality) -> str:
    return (
        f"{name:32} {found.photos} photos, {found.items} items: precision {found.precision:.3f}"
        f"  recall {found.recall:.3f}  F1 {found.f1:.3f}  ARI {found.ari:.3f}"
        f"  edits per 100 {found.edits_per_100:.1f}"
    )


def _describer(options: Namespace) -> Describer:
    if options.model == BUILT_IN:
        return Describer(descriptor.MODEL, descriptor.describe)
    encoder = located(options.model, "", Path(), _not_fetched)
    return Describer(encoder.name, encoder.describe)


def _not_fetched(source: str) -> bytes:
    raise ValueError(f"Download {source} first, and name the file.")


def _options(arguments: Sequence[str]) -> Namespace:
    parser = _Parser(prog="evaluate grouping FOLDER")
    parser.add_argument("--labels", default="labels.csv")
    parser.add_argument("--order", choices=["shot", "shuffled"], default="shot")
    parser.add_argument("--model", default=BUILT_IN, help="descriptor, or a path to an ONNX file")
    parser.add_argument("--cutout", default="u2netp", help="a model's name, or none")
    parser.add_argument("--ablate", action="store_true", help="leave out one ingredient at a time")
    return parser.parse_args(list(arguments))
