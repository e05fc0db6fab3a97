"""`manage.py evaluate analysis FOLDER [--keep CUTOUTS] [--limit N]`: colours and kinds, measured.

FOLDER holds images/ and labels.csv with the columns image, item_id, style_id, colour and category.
The colour of an item is what its photos say together, as on the item page. The kind is voted by the
other styles only: no photo of the same style has a vote. Needs no database.
"""

import csv
from argparse import ArgumentParser, Namespace
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.analysis import shape
from imaging.analysis.gathering import ColourSeen, PhotoSeen, gather, photo_weight
from imaging.pixels.cutout import cut_out
from imaging.pixels.opening import open_safely
from imaging.sight import colours, looks, votes

SIDE = 640
USUAL = votes.Rules()
ACCEPTED = {
    "black": {"black"},
    "blue": {"blue", "turquoise"},
    "brown": {"brown"},
    "gray": {"grey"},
    "green": {"green", "lime", "turquoise"},
    "orange": {"orange", "salmon"},
    "purple": {"purple"},
    "red": {"red", "salmon", "pink"},
    "white": {"white"},
    "yellow": {"yellow", "lime"},
}
"""A label's colour -> the families of ours that say the same. The shop has one word where we have
two: its red covers pink and salmon, its yellow lime, its blue turquoise."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Row:
    path: Path
    item: str
    style: str
    colour: str
    category: str


@dataclass(frozen=True)
class Seen:
    """What was seen in one photo. `shape` has length 1."""

    row: Row
    photo: PhotoSeen
    shape: npt.NDArray[np.float32]


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def command(folder: Path, arguments: Sequence[str], say: Callable[[str], None]) -> dict[str, Any]:
    """Evaluate one folder. Raises OSError and ValueError with a sentence."""
    options = _options(arguments)
    seen = [see(row, options.keep) for row in read(folder)[: options.limit]]
    result = colour_figures(seen) | kind_figures(seen)
    confusion = result["confusion"]
    for line in _table(confusion):
        say(line)
    say(", ".join(f"{name} {value}" for name, value in result.items() if name != "confusion"))
    return result


def _options(arguments: Sequence[str]) -> Namespace:
    parser = _Parser(prog="evaluate analysis")
    parser.add_argument("--keep", type=Path, help="where cut-outs are kept between runs")
    parser.add_argument("--limit", type=int)
    return parser.parse_args(list(arguments))


def read(folder: Path) -> list[Row]:
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        return [
            Row(
                folder / "images" / row["image"],
                row["item_id"],
                row["style_id"],
                row["colour"].lower(),
                row["category"],
            )
            for row in csv.DictReader(file)
        ]


def see(row: Row, keep: Path | None = None) -> Seen:
    """Cut the photo out and look at it as the steps do."""
    pixels = _cutout(row.path, keep)
    look = looks.look("", pixels)
    found = colours.name_colours(pixels)
    weight = photo_weight(look.quality, look.large, is_close=looks.is_close(pixels))
    photo = PhotoSeen(colours=tuple(ColourSeen(c.key, c.share) for c in found), weight=weight)
    return Seen(row, photo, shape.describe(pixels))


def _cutout(path: Path, keep: Path | None) -> Pixels:
    kept = keep / f"{path.stem}.webp" if keep else None
    if kept and kept.is_file():
        with Image.open(kept) as image:
            return np.asarray(image.convert("RGBA"))
    cut = cut_out(open_safely(path, SIDE)).image
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        cut.save(kept, "WEBP", quality=92)
    return np.asarray(cut)


def colour_figures(seen: Iterable[Seen]) -> dict[str, Any]:
    """Shares 0..1 of items whose first colour is right, and of single photos."""
    labelled = [each for each in seen if each.row.colour in ACCEPTED]
    items: dict[str, list[Seen]] = defaultdict(list)
    for each in labelled:
        items[each.row.item].append(each)
    pairs = [(group[0].row.colour, _first(s.photo for s in group)) for group in items.values()]
    photos = [(each.row.colour, _first([each.photo])) for each in labelled]
    return {
        "colour_items": len(pairs),
        "colour_right": _share(pairs),
        "colour_right_by_photo": _share(photos),
        "confusion": Counter(pairs),
    }


def _first(photos: Iterable[PhotoSeen]) -> str:
    found = gather(list(photos)).colours
    return colours.family(found[0]) if found else ""


def _share(pairs: list[tuple[str, str]]) -> float:
    right = sum(found in ACCEPTED[label] for label, found in pairs)
    return round(right / len(pairs), 3) if pairs else 0.0


def kind_figures(seen: Sequence[Seen], rules: votes.Rules = USUAL) -> dict[str, Any]:
    """How often the vote of the other styles names the kind, says nothing, or is wrong."""
    if not seen:
        return {}
    vectors = np.stack([each.shape for each in seen])
    alike = vectors @ vectors.T
    figures: dict[str, Any] = {}
    for name, kind in (("category", _whole), ("part", _part)):
        counts = Counter(
            _verdict(number, seen, alike[number], kind, rules) for number in range(len(seen))
        )
        said = counts["right"] + counts["wrong"]
        figures[f"{name}_right"] = round(counts["right"] / len(seen), 3)
        figures[f"{name}_right_of_said"] = round(counts["right"] / said, 3) if said else 0.0
        figures[f"{name}_unknown"] = round(counts["unknown"] / len(seen), 3)
    return figures


def _whole(category: str) -> str:
    return category


def _part(category: str) -> str:
    """Tops, bottoms, bags: the second part of the path."""
    return [*category.split("/"), ""][1]


def _verdict(
    number: int,
    seen: Sequence[Seen],
    alike: npt.NDArray[np.float32],
    kind: Callable[[str], str],
    rules: votes.Rules,
) -> str:
    own = seen[number].row
    others = [n for n in np.argsort(-alike) if seen[n].row.style != own.style]
    ballots = [
        votes.Ballot(kind(seen[n].row.category), float(alike[n]))
        for n in others[: rules.neighbours]
    ]
    found = votes.vote(ballots, rules).value
    return "unknown" if not found else "right" if found == kind(own.category) else "wrong"


def _table(confusion: Counter[tuple[str, str]]) -> list[str]:
    """Labels down, what we said across."""
    labels = sorted({label for label, _ in confusion})
    said = sorted({found for _, found in confusion})
    lines = [" " * 8 + "".join(f"{name[:7]:>8}" for name in said)]
    return lines + [
        f"{label:8}" + "".join(f"{confusion[label, name] or '.':>8}" for name in said)
        for label in labels
    ]
