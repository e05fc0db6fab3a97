"""Very many invented sales with vectors for benchmarks, brought in by COPY: a million in minutes.

Each look of a category is a direction; sales of one look vary around it in a few directions, as the
vectors of pictures do, and a little in all. Everything follows from the number of the sale.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from carousel.models import Tenant
from pricing.models import Sale
from pricing.sales import DIMENSIONS

CATEGORIES = [f"Root {a}/Leaf {b}" for a in range(4) for b in range(5)]
LOOKS = 40
"""Kinds of look in each category."""
MODEL, DAYS, PORTION = "bench-1", 700, 20_000
WAYS = 32

Vectors = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

INDEX = next(each for each in Sale._meta.indexes if each.name == "sale_nearest")

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
ROW = np.dtype(
    [
        ("fields", ">i2"), ("length", ">i4"), ("number", ">i4"), ("long", ">i4"), ("look", ">i4"),
        ("size", ">i4"), ("dimensions", ">i2"), ("unused", ">i2"), ("vector", ">f2", DIMENSIONS),
    ]
)  # fmt: skip
INSERT = """
    INSERT INTO pricing_sale (
        id, created_at, tenant_id, sale_id, price, sold_at, category, title, product_id, currency,
        brand, condition, description, colour, material, size, image_key, model, source, vector)
    SELECT gen_random_uuid(), now(), %(tenant)s, 'bench-' || number,
        500 + number::bigint * 7919 %% 49500,
        now() - (number::bigint * 104729 %% %(minutes)s) * interval '1 minute',
        (%(categories)s::text[])[1 + number %% %(kinds)s], 'Thing ' || look, '', 'ISK',
        '', 'good', '', '', '', '', '', %(model)s, 'bench', vector
    FROM given
"""


def fill(tenant: Tenant, number: int) -> float:
    """Give `tenant` sales 0 to `number`. Returns the seconds that the index of looks took."""
    drop_index()
    _rows(tenant, number)
    return make_index()


def drop_index() -> None:
    """Each row that is added to it costs milliseconds: very many are indexed afterwards."""
    with connection.schema_editor() as editor:
        editor.remove_index(Sale, INDEX)


def make_index() -> float:
    """Build it with much memory, however long that takes. Returns the seconds."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET maintenance_work_mem = '3GB'")
    with connection.schema_editor() as editor:
        editor.add_index(Sale, INDEX)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE pricing_sale")
        cursor.execute("RESET statement_timeout; RESET maintenance_work_mem")
    return time.monotonic() - started


def _rows(tenant: Tenant, number: int) -> None:
    told: dict[str, Any] = {
        "tenant": tenant.pk,
        "minutes": DAYS * 24 * 60,
        "categories": CATEGORIES,
        "kinds": len(CATEGORIES),
        "model": MODEL,
    }
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE given (number int, look int, vector halfvec)")
        for start in range(0, number, PORTION):
            _copy(cursor, np.arange(start, min(start + PORTION, number)))
            cursor.execute(INSERT, told)
            cursor.execute("TRUNCATE given")
        cursor.execute("DROP TABLE given")


def _copy(cursor: Any, numbers: Numbers) -> None:
    looks, vectors = looks_of(numbers)
    rows = np.zeros(len(numbers), ROW)
    rows["fields"], rows["length"], rows["long"], rows["size"] = 3, 4, 4, 4 + 2 * DIMENSIONS
    rows["number"], rows["look"], rows["dimensions"] = numbers, looks, DIMENSIONS
    rows["vector"] = vectors
    with cursor.copy("COPY given FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(HEADER)
        copy.write(rows.tobytes())
        copy.write(b"\xff\xff")


def looks_of(numbers: Numbers) -> tuple[Numbers, Vectors]:
    """The look of each sale, [n], and its vector of norm 1, [n, dimensions]."""
    random = np.random.default_rng([int(numbers[0]), 3])
    shape = (len(CATEGORIES), LOOKS, DIMENSIONS)
    centres = np.random.default_rng(0).standard_normal(shape, np.float32)
    ways = np.random.default_rng(1).standard_normal((WAYS, DIMENSIONS), np.float32)
    looks = random.integers(LOOKS, size=len(numbers))
    vectors = centres[numbers % len(CATEGORIES), looks]
    vectors += 0.5 / np.sqrt(WAYS) * random.standard_normal((len(numbers), WAYS), np.float32) @ ways
    vectors += 0.15 * random.standard_normal(vectors.shape, np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return looks, vectors
