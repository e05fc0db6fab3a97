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

from grouping.calibration import Calibration, default_for
from grouping.clustering import ClusterOptions, PhotoFacts, propose
from grouping.fitting import fitted
from grouping.quality import Bin, Quality, quality, reliability
from grouping.scoring import Method, Stream, pair_scores
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
    calibration = _calibration(describer, options)
    found = measured(labelled, vectors, calibration, options.order, ClusterOptions())
    result = asdict(found) | {"seconds": round(time.perf_counter() - started, 2)}
    result |= {"order": options.order, "model": describer.name, "fitted_on": calibration.source}
    say(_line(f"{options.order}, {describer.name}", found))
    bins = reliable(labelled, vectors, calibration, options.order)
    result["reliability"] = [asdict(each) for each in bins]
    say(f"Calibration: {calibration.source}. Pairs by score, and how many are one item:")
    for each in bins:
        share = "-" if each.share is None else f"{100 * each.share:.1f} %"
        say(f"  {each.low:.2f} to {each.high:.2f}  {each.pairs:6} pairs  {share}")
    if options.ablate:
        result["ablation"] = _ablated(labelled, vectors, describer, calibration, options, say)
    return result


def _calibration(describer: Describer, options: Namespace) -> Calibration:
    """The model's own numbers, or those that another labelled folder gives it."""
    usual = default_for(describer.name)
    if options.fitted_on is None:
        return usual
    other = read(options.fitted_on, options.fitted_labels)
    return fitted(described(other.paths, describer, options.cutout), other.items, usual)


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
    labelled: Labelled,
    vectors: Vectors,
    calibration: Calibration,
    order: str,
    options: ClusterOptions,
) -> Quality:
    """The quality of the proposal for photos in the order of the rows, or shuffled and timeless."""
    places = _places(labelled, order)
    if order == "shuffled":
        options = replace(options, use_order=False)
    model = calibration.model
    photos = [PhotoFacts(str(at), vectors[at], model, index) for index, at in enumerate(places)]
    proposal = propose(photos, calibration=calibration, options=options)
    found = {photo: name for name, group in enumerate(proposal.groups) for photo in group.ids}
    return quality([found[str(at)] for at in range(len(places))], labelled.items)


def reliable(
    labelled: Labelled, vectors: Vectors, calibration: Calibration, order: str
) -> list[Bin]:
    """What the scores of all pairs are worth, as they are before any pair is joined."""
    places = _places(labelled, order)
    photos = len(places)
    stream = Stream(vectors[places], np.zeros(photos), np.zeros(photos, np.int64))
    scores = pair_scores(stream, calibration, Method(use_order=order == "shot"))
    a, b = np.triu_indices(photos, 1)
    items = np.asarray(labelled.items)[places]
    return reliability(np.asarray(scores[a, b], np.float64).ravel(), items[a] == items[b])


def _places(labelled: Labelled, order: str) -> list[int]:
    places = list(range(len(labelled.items)))
    if order == "shuffled":
        random.Random(SEED).shuffle(places)
    return places


LEFT_OUT = {
    "shooting order": ClusterOptions(use_order=False),
    "contrast with the batch": ClusterOptions(method=Method(use_contrast=False)),
    "taking out what all share": ClusterOptions(method=Method(centred=False)),
    "learned length of runs": ClusterOptions(method=Method(learn_lengths=False)),
    "joining what came back": ClusterOptions(method=Method(use_returns=False)),
    "complete-link floor": ClusterOptions(floor=0.5),
}


def _ablated(
    labelled: Labelled,
    vectors: Vectors,
    describer: Describer,
    calibration: Calibration,
    options: Namespace,
    say: Say,
) -> dict[str, Any]:
    """The same photos with one ingredient left out at a time."""
    table = {}
    for name, without in LEFT_OUT.items():
        table[name] = measured(labelled, vectors, calibration, options.order, without)
    whole = described(labelled.paths, describer, "none")
    table["cut-out"] = measured(labelled, whole, calibration, options.order, ClusterOptions())
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
    parser.add_argument("--fitted-on", type=Path, help="another labelled folder to calibrate on")
    parser.add_argument("--fitted-labels", default="labels.csv")
    parser.add_argument("--ablate", action="store_true", help="leave out one ingredient at a time")
    return parser.parse_args(list(arguments))
