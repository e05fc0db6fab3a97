"""Put the invented year into a tenant: sales, their pictures, and what they teach."""

import datetime as dt
import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from django.db.models import F, Max
from django.utils.timezone import now

from carousel import storage
from carousel.models import Tenant
from imaging.analysis import shape
from imaging.analysis.models import Exemplar
from imaging.pixels import descriptor
from pricing import lessons
from pricing.demo import clothes, market, things, worn
from pricing.demo.canvas import Canvas
from pricing.demo.market import DemoSale
from pricing.models import Lesson, Sale

PAINTERS = clothes.PAINTERS | things.PAINTERS
IN_USE = worn.PAINTERS | {"carton": worn.held(things.carton), "bottle": worn.held(things.bottle)}
SOURCE = "demo"
PORTION = 250
STALE = timedelta(days=7)


class Drawn(NamedTuple):
    """A sale's picture as WebP, its look and its shape as vectors of norm 1."""

    sale: DemoSale
    picture: bytes
    vector: list[float]
    shape: list[float]


def seed_demo_sales(tenant: Tenant, *, most: int = market.SALES) -> int:
    """A year of invented sales, the newest from yesterday; how many are new. May run again."""
    today = now().date()
    there = set(Sale.objects.filter(tenant=tenant, source=SOURCE).values_list("sale_id", flat=True))
    wanted = [market.sale(number, today) for number in range(most)]
    missing = [sale for sale in wanted if sale.sale_id not in there]
    for start in range(0, len(missing), PORTION):
        _write(tenant, list(_drawn(missing[start : start + PORTION])))
    moved = _bring_up_to_date(tenant)
    if missing or moved or not Lesson.objects.filter(tenant=tenant, is_current=True).exists():
        lessons.teach(tenant, "ISK")
    return len(missing)


def _drawn(sales: list[DemoSale]) -> Iterator[Drawn]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(draw, sales)


def draw(sale: DemoSale) -> Drawn:
    """The item is painted on nothing, so it needs no cut-out: its own edge is the mask."""
    canvas = Canvas(sale.look)
    painters = PAINTERS | IN_USE if sale.in_use else PAINTERS
    painters[sale.kind.painter](canvas)
    item = canvas.finished()
    file = io.BytesIO()
    item.save(file, "WEBP", quality=80, method=0)
    outline = shape.describe(np.asarray(item))
    return Drawn(sale, file.getvalue(), descriptor.describe(item).tolist(), outline.tolist())


def _write(tenant: Tenant, drawn: list[Drawn]) -> None:
    for each in drawn:
        storage.save_bytes(_key(tenant, each.sale), each.picture)
    Exemplar.objects.bulk_create(
        [
            Exemplar(
                tenant=tenant,
                key=f"sale:{each.sale.sale_id}",
                model=shape.MODEL,
                vector=each.shape,
                category=each.sale.kind.category,
                brand=each.sale.brand,
            )
            for each in drawn
        ],
        ignore_conflicts=True,
    )
    Sale.objects.bulk_create([_row(tenant, each) for each in drawn], ignore_conflicts=True)


def _key(tenant: Tenant, sale: DemoSale) -> str:
    return f"sales/{tenant.pk}/{sale.sale_id}.webp"


def _row(tenant: Tenant, drawn: Drawn) -> Sale:
    sale = drawn.sale
    noon = now().replace(hour=12, minute=0, second=0, microsecond=0)
    sold_at = noon - timedelta(days=sale.ago, minutes=sale.number % 240)
    return Sale(
        tenant=tenant,
        sale_id=sale.sale_id,
        product_id=f"demo-item-{sale.number:04}",
        price=sale.price,
        currency="ISK",
        sold_at=sold_at,
        listed_at=sold_at - timedelta(days=sale.listed),
        category=sale.kind.category,
        brand=sale.brand,
        condition=sale.condition,
        title=sale.title,
        colour=sale.colour,
        material=sale.material,
        size=sale.size,
        image_key=_key(tenant, sale),
        vector=drawn.vector,
        model=descriptor.MODEL,
        source=SOURCE,
    )


def _bring_up_to_date(tenant: Tenant) -> bool:
    """A demo that is started again next month should still have sales of yesterday."""
    sales = Sale.objects.filter(tenant=tenant, source=SOURCE)
    newest: dt.datetime | None = sales.aggregate(newest=Max("sold_at"))["newest"]
    if newest is None or now() - newest < STALE:
        return False
    late = timedelta(days=(now() - newest).days)
    sales.update(sold_at=F("sold_at") + late, listed_at=F("listed_at") + late)
    return True
