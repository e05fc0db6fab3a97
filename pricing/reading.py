"""Sales from a CSV or Parquet file, each row as values or as a sentence saying what is wrong.

Columns: sold_at, price, currency, category, brand, condition, title; and, where they are there,
color (or colour), material, size, image, sale_id, product_id, listed_at, description.
"""

import csv
import datetime as dt
import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pricing import cells
from pricing.cells import NOTHING, condition, moment, price
from pricing.traits import Traits, plain

NEEDED = ("sold_at", "price", "category")
PEEKED = 2_000  # rows that tell how the file writes its dates
STEPS = re.compile(r"[/>|›»]|::")  # between the steps of a category's path
LONGEST = 1 << 20  # characters of one cell: a description may be long, a file of one cell is none
OTHER_NAMES = {
    "color": "colour", "sale_date": "sold_at", "date": "sold_at", "image_url": "image",
    "brand_name": "brand", "product_name": "title", "name": "title",
}  # fmt: skip


class Unreadable(Exception):
    """The file as a whole cannot be used; the message says why."""


@dataclass(frozen=True)
class Read:
    """One sound row. `price` in minor units; times in UTC; `condition` one of the six or empty."""

    number: int
    sale_id: str
    sold_at: dt.datetime
    price: int
    currency: str
    traits: Traits
    product_id: str = ""
    description: str = ""
    image: str = ""
    listed_at: dt.datetime | None = None


@dataclass(frozen=True)
class Wrong:
    """A row that cannot be used, and why in a sentence."""

    number: int
    why: str


def rows(path: Path, currency: str, undated: dt.datetime | None = None) -> Iterator[Read | Wrong]:
    """Every row in the file's order, numbered from 1. `currency` is for rows that name none.

    With `undated` a file that has no dates at all is taken as of that moment: asking prices.
    """
    first = list(islice(_raw(path, is_dated=undated is None), PEEKED))
    dates = [_text(row, "sold_at", 40) for row in first]
    month_first = any(map(cells.is_month_first, dates))
    at = None if any(dates) else undated
    for number, row in enumerate(_raw(path, is_dated=undated is None), start=1):
        yield read(number, row, currency, at, month_first=month_first)


def _raw(path: Path, *, is_dated: bool) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.")
    needed = [name for name in NEEDED if is_dated or name != "sold_at"]
    is_parquet = path.suffix.lower() in (".parquet", ".pq")
    yield from (_parquet if is_parquet else _csv)(path, needed)


def _csv(path: Path, needed: list[str]) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(LONGEST)
    with path.open(newline="", encoding=_encoding(path)) as file:
        head = file.read(4096)
        file.seek(0)
        reader = csv.DictReader(file, delimiter=_delimiter(head))
        _check(reader.fieldnames or [], needed)
        try:
            yield from ({_name(k): v for k, v in row.items() if k} for row in reader)
        except csv.Error as error:
            raise Unreadable(f"The file is not readable as CSV: {error}") from error


def _encoding(path: Path) -> str:
    """UTF-8, or what spreadsheets on Windows write; read in portions, so of any size."""
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter(head: str) -> str:
    first = head.splitlines()[0] if head else ""
    return max(",;\t|", key=first.count)


def _parquet(path: Path, needed: list[str]) -> Iterator[Mapping[str, Any]]:
    from pyarrow import ArrowInvalid, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowInvalid, OSError) as error:
        raise Unreadable(f"The file is not readable as Parquet: {error}") from error
    _check(file.schema_arrow.names, needed)
    for batch in file.iter_batches(5_000):
        for row in batch.to_pylist():
            yield {_name(key): value for key, value in row.items()}


def _check(names: Any, needed: list[str]) -> None:
    there = {_name(name) for name in names}
    missing = [name for name in needed if name not in there]
    if missing:
        raise Unreadable(f"The file has no column {' and no column '.join(missing)}.")


def _name(name: str) -> str:
    kept = plain(name).replace(" ", "_")
    return OTHER_NAMES.get(kept, kept)


def read(
    number: int,
    row: Mapping[str, Any],
    currency: str,
    undated: dt.datetime | None = None,
    *,
    month_first: bool = False,
) -> Read | Wrong:
    """One row, or the first thing that is wrong with it."""
    try:
        return _read(number, row, currency, undated, month_first=month_first)
    except ValueError as error:
        return Wrong(number, str(error))


def _read(
    number: int,
    row: Mapping[str, Any],
    currency: str,
    undated: dt.datetime | None,
    *,
    month_first: bool,
) -> Read:
    code = cells.currency(_text(row, "currency", 10)) or currency
    sold_at = moment(row.get("sold_at"), "sold_at", month_first=month_first) or undated
    if sold_at is None:
        raise ValueError("There is no date of sale.")
    listed_at = moment(row.get("listed_at"), "listed_at", month_first=month_first)
    category = _path(_text(row, "category", 200))
    if not category:
        raise ValueError("There is no category.")
    found = Read(
        number=number,
        sale_id=_text(row, "sale_id", 100),
        sold_at=sold_at,
        price=price(row.get("price"), code),
        currency=code,
        traits=Traits(
            category=category,
            brand=_text(row, "brand", 120),
            condition=condition(_text(row, "condition", 60)),
            title=_text(row, "title", 300),
            colour=_text(row, "colour", 100),
            material=_text(row, "material", 100),
            size=_text(row, "size", 60),
        ),
        product_id=_text(row, "product_id", 100),
        description=_text(row, "description", 20_000),
        image=_text(row, "image", 2_000),
        listed_at=listed_at if listed_at and listed_at <= sold_at else None,
    )
    return found if found.sale_id else _named(found)


def _named(found: Read) -> Read:
    """A row without an id is named after what it says, so that reading it again finds it again."""
    said = [found.sold_at.isoformat(), str(found.price), found.currency, *map(str, _values(found))]
    digest = hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:24]
    return Read(**{**found.__dict__, "sale_id": f"row-{found.number}-{digest}"})


def _values(found: Read) -> list[str]:
    traits = found.traits
    return [traits.category, traits.brand, traits.condition, traits.title, traits.colour]


def _path(text: str) -> str:
    parts = (" ".join(part.split()) for part in STEPS.split(text))
    return "/".join(part for part in parts if part)


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    value = row.get(name)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    text = " ".join(str(value).replace("\x00", "").split())
    return "" if plain(text) in NOTHING else text[:most]
