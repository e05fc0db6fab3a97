"""Sales as Arrow tables, ready for the lake."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from django.db.models import BinaryField, F, Func, QuerySet

from carousel.products.money import to_major
from pricing.lake.table import ARROW, Month, month_of
from pricing.models import Sale

HEADER = 4
"""Bytes before the numbers in the database's binary form of a half vector."""

COLUMNS = (
    "sale_id", "product_id", "tenant_id", "category", "brand", "condition", "price", "currency",
    "sold_at", "season", "image_key", "description", "source",
)  # fmt: skip


def by_month(sales: QuerySet[Sale]) -> dict[Month, list[pa.Table]]:
    """The sales' rows, a table for each tenant and month, in the order of their sale."""
    found: dict[Month, list[dict[str, Any]]] = defaultdict(list)
    for row in _read(sales):
        found[month_of(row["tenant_id"], row["sold_at"])].append(row)
    return {month: [table_of(rows)] for month, rows in sorted(found.items())}


def table_of(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    known = list(rows)
    columns: dict[str, Any] = {
        "product_id": [key_of(row["product_id"], row["sale_id"]) for row in known],
        "tenant_id": [str(row["tenant_id"]) for row in known],
        "category": [row["category"] or None for row in known],
        "brand": [row["brand"] or None for row in known],
        "condition": [row["condition"] or None for row in known],
        "sold_price": [_price(row) for row in known],
        "sold_date": [row["sold_at"] for row in known],
        "season": [row["season"] for row in known],
        "image_s3_key": [row["image_key"] or None for row in known],
        "embedding": _vectors([row["raw"] for row in known]),
        "description": [row["description"] or None for row in known],
        "source": [row["source"] for row in known],
    }
    return pa.table(columns, schema=ARROW)


def key_of(product_id: str, sale_id: str) -> str:
    """What names a sale in the lake besides its moment: the product, or the sale without one."""
    return product_id or f"sale:{sale_id}"


def _read(sales: QuerySet[Sale]) -> Any:
    raw = Func(F("vector"), function="halfvec_send", output_field=BinaryField())
    return sales.order_by("tenant_id", "sold_at", "id").values(*COLUMNS, raw=raw)


def _price(row: Mapping[str, Any]) -> Decimal:
    return to_major(row["price"], row["currency"])


def _vectors(raw: list[bytes | memoryview | None]) -> pa.Array:
    """Half vectors as lists of doubles; null where there is no picture."""
    there = [np.frombuffer(bytes(one), dtype=">f2", offset=HEADER) for one in raw if one]
    values = np.concatenate(there).astype(np.float64) if there else np.empty(0)
    lengths = np.array([(len(bytes(one)) - HEADER) // 2 if one else 0 for one in raw])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    absent = np.array([one is None for one in raw] + [False])
    return pa.ListArray.from_arrays(
        pa.array(offsets, mask=absent), pa.array(values), type=ARROW.field("embedding").type
    )
