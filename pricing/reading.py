"""Sales from a CSV or Parquet file, each row as values or as a sentence saying what is wrong.

Columns: sold_at, price, currency, category, brand, condition, title; and, where they are there,
color (or colour), material, size, image, sale_id, product_id, listed_at, description.
"""

import csv
import datetime as dt
import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from carousel.products.money import to_minor
from pricing.traits import CONDITIONS, Traits, plain

NEEDED = ("sold_at", "price", "category")
NOTHING = {"", "nan", "none", "null", "nat", "n/a", "-"}
HIGHEST = 10**12
EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)

# How shops write the six conditions, in plain lower case.
SYNONYMS = {
    "new with tags": "new_with_tags", "nwt": "new_with_tags", "brand new": "new_with_tags",
    "new": "new_with_tags", "never worn, with tag": "new_with_tags", "never worn": "like_new",
    "new without tags": "like_new", "nwot": "like_new", "like new": "like_new",
    "as new": "like_new", "mint": "like_new", "excellent": "very_good", "very good": "very_good",
    "very good condition": "very_good", "good": "good", "good condition": "good",
    "used": "good", "pre-owned": "good", "fair": "fair", "fair condition": "fair",
    "satisfactory": "fair", "acceptable": "fair", "worn": "fair", "poor": "poor",
    "for parts": "poor", "damaged": "poor", "nýtt með miða": "new_with_tags",
    "eins og nýtt": "like_new", "mjög gott": "very_good", "gott": "good", "sæmilegt": "fair",
    "lélegt": "poor",
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


def rows(path: Path, currency: str) -> Iterator[Read | Wrong]:
    """Every row in the file's order, numbered from 1. `currency` is for rows that name none."""
    for number, row in enumerate(_raw(path), start=1):
        yield read(number, row, currency)


def _raw(path: Path) -> Iterator[Mapping[str, Any]]:
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.")
    if path.suffix.lower() in (".parquet", ".pq"):
        yield from _parquet(path)
    else:
        yield from _csv(path)


def _csv(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = file.read(4096)
        file.seek(0)
        reader = csv.DictReader(file, delimiter=_delimiter(head))
        _check(reader.fieldnames or [])
        try:
            yield from ({_name(k): v for k, v in row.items() if k} for row in reader)
        except (csv.Error, UnicodeDecodeError) as error:
            raise Unreadable(f"The file is not readable as CSV: {error}") from error


def _delimiter(head: str) -> str:
    first = head.splitlines()[0] if head else ""
    return max(",;\t", key=first.count)


def _parquet(path: Path) -> Iterator[Mapping[str, Any]]:
    from pyarrow import ArrowInvalid, parquet

    try:
        file = parquet.ParquetFile(path)
    except (ArrowInvalid, OSError) as error:
        raise Unreadable(f"The file is not readable as Parquet: {error}") from error
    _check(file.schema_arrow.names)
    for batch in file.iter_batches(5_000):
        for row in batch.to_pylist():
            yield {_name(key): value for key, value in row.items()}


def _check(names: Any) -> None:
    there = {_name(name) for name in names}
    missing = [name for name in NEEDED if name not in there]
    if missing:
        raise Unreadable(f"The file has no column {' and no column '.join(missing)}.")


def _name(name: str) -> str:
    known = {"color": "colour", "sale_date": "sold_at", "image_url": "image"}
    kept = plain(name).replace(" ", "_")
    return known.get(kept, kept)


def read(number: int, row: Mapping[str, Any], currency: str) -> Read | Wrong:
    """One row, or the first thing that is wrong with it."""
    try:
        return _read(number, row, currency)
    except ValueError as error:
        return Wrong(number, str(error))


def _read(number: int, row: Mapping[str, Any], currency: str) -> Read:
    code = _text(row, "currency", 3).upper() or currency
    if len(code) != 3 or not code.isalpha():
        raise ValueError(f"“{code}” is not a currency.")
    sold_at = _moment(row.get("sold_at"), "sold_at")
    if sold_at is None:
        raise ValueError("There is no date of sale.")
    listed_at = _moment(row.get("listed_at"), "listed_at")
    category = _path(_text(row, "category", 200))
    if not category:
        raise ValueError("There is no category.")
    found = Read(
        number=number,
        sale_id=_text(row, "sale_id", 100),
        sold_at=sold_at,
        price=_price(row.get("price"), code),
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


def condition(text: str) -> str:
    """One of the six, or empty for what is not known under any of its names."""
    kept = plain(text).replace("_", " ")
    if kept.replace(" ", "_") in CONDITIONS:
        return kept.replace(" ", "_")
    if kept in SYNONYMS:
        return SYNONYMS[kept]
    starts = [name for name in SYNONYMS if kept.startswith(name)]
    return SYNONYMS[max(starts, key=len)] if starts else ""


def _path(text: str) -> str:
    parts = (" ".join(part.split()) for part in text.replace(">", "/").split("/"))
    return "/".join(part for part in parts if part)


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    value = row.get(name)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    text = " ".join(str(value).replace("\x00", "").split())
    return "" if plain(text) in NOTHING else text[:most]


def _price(value: Any, currency: str) -> int:
    try:
        amount = Decimal(str(value).strip().replace(" ", ""))
    except InvalidOperation as error:
        raise ValueError(f"“{str(value)[:30]}” is not a price.") from error
    if not amount.is_finite():
        raise ValueError("The price is not a finite number.")
    minor = to_minor(amount, currency) if abs(amount) < HIGHEST else HIGHEST
    if not 0 < minor < HIGHEST:
        raise ValueError(f"A price of {amount} cannot be.")
    return minor


def _moment(value: Any, name: str) -> dt.datetime | None:
    """A time in UTC; a bare date is its midnight. None for nothing."""
    if value is None or plain(str(value)) in NOTHING:
        return None
    if isinstance(value, dt.datetime):
        found = value
    elif isinstance(value, dt.date):
        found = dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    else:
        found = _parsed(str(value).strip(), name)
    aware = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    if not EARLIEST <= aware <= dt.datetime.now(dt.UTC) + dt.timedelta(days=2):
        raise ValueError(f"{name} {aware:%Y-%m-%d} cannot be: it is too long ago or yet to come.")
    return aware.astimezone(dt.UTC)


def _parsed(text: str, name: str) -> dt.datetime:
    if text.isdigit() and len(text) in (10, 13):  # seconds or milliseconds since 1970
        return dt.datetime.fromtimestamp(int(text[:10]), dt.UTC)
    for form in (dt.datetime.fromisoformat, _icelandic):
        try:
            return form(text)
        except ValueError:
            continue
    raise ValueError(f"{name} “{text[:30]}” is not a date.")


def _icelandic(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=dt.UTC)
