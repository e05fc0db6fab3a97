"""Which old sales are safe in the lake, so that the store may let them go."""

from datetime import datetime, timedelta
from uuid import UUID

from pricing.lake import feed, reading
from pricing.lake.models import Shipment
from pricing.lake.rows import key_of
from pricing.lake.table import Month, month_of
from pricing.models import Sale

Name = tuple[UUID, str, int]
"""What names a sale in the lake: its tenant, its key, and its moment in microseconds."""


def safe(most: int) -> list[Sale]:
    """Up to `most` expired sales that are seen in the lake. `Retry` while the lake is away.

    One that is not there, whatever its shipment says, is sent again and stays.
    """
    old = list(
        Sale.objects.expired()
        .filter(shipment__state=Shipment.State.DONE)
        .order_by("tenant_id", "sold_at")
        .only("pk", "tenant_id", "sold_at", "product_id", "sale_id", "image_key")[:most]
    )
    with reading.there():
        here = _in_lake({month_of(sale.tenant_id, sale.sold_at) for sale in old})
    lost = [sale.pk for sale in old if _name(sale) not in here]
    if lost:
        feed.send_again(Sale.objects.filter(pk__in=lost))
    return [sale for sale in old if _name(sale) in here]


def _name(sale: Sale) -> Name:
    return sale.tenant_id, key_of(sale.product_id, sale.sale_id), _microseconds(sale.sold_at)


def _in_lake(months: set[Month]) -> set[Name]:
    found: set[Name] = set()
    for month in months:
        with reading.sales(month=month) as known:
            rows = known.execute("SELECT product_id, epoch_us(sold_date) FROM sales").fetchall()
        found.update((UUID(month.tenant), key, at) for key, at in rows)
    return found


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=at.tzinfo)) // timedelta(microseconds=1)
