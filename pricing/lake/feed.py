"""Bringing sales to the lake: in batches, each sale once, and on from where it stood.

A sale without a shipment is waiting; that is the whole queue, and whoever inserts sales need not
know of it. A shipment is claimed, its files are written, one snapshot shows them and names it, and
then it is done. Whoever dies in between leaves an open shipment: when its lease is over, the
snapshots say whether it arrived.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, QuerySet
from django.utils.timezone import now
from pyiceberg.exceptions import CommitFailedException

from carousel.models import Tenant
from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.lake.rows import by_month
from pricing.models import Sale

log = logging.getLogger(__name__)

TRIES = 3
AT_ONCE = 10_000
"""Sales of one shipment: 80 MB of vectors in memory."""
WORTH_A_FILE = 500
PATIENCE = timedelta(minutes=5)
"""Fewer sales than are worth a file wait for more, but not longer than this."""
AGAIN = timedelta(minutes=1)
LATE = timedelta(minutes=15)


@dataclass(frozen=True)
class Backlog:
    """What waits for the lake. `since` is when the oldest of it was written, None if nothing."""

    waiting: int
    on_the_way: int
    since: datetime | None

    @property
    def total(self) -> int:
        return self.waiting + self.on_the_way

    @property
    def is_late(self) -> bool:
        return self.since is not None and now() - self.since > LATE


def run() -> str:
    """The scheduled call: finish what was left, and ship what is worth it."""
    recover()
    known = backlog()
    patient = known.since is None or now() - known.since < PATIENCE
    if known.waiting < WORTH_A_FILE and patient:
        return f"{known.waiting} sales wait for company"
    return f"{ship_all()} sales shipped"


def ship_all() -> int:
    total = 0
    while shipped := ship():
        total += shipped
    return total


def ship(most: int = AT_ONCE) -> int:
    """Write up to `most` waiting sales as one snapshot. Returns how many."""
    shipment = _claim(most)
    if shipment is None:
        return 0
    try:
        _write(shipment)
    finally:
        _soon(shipment)
    return shipment.sales_count


def recover() -> int:
    """Finish shipments whose process died: they arrived already, or are written now."""
    left = list(Shipment.objects.abandoned())
    for shipment in left:
        renewed = Shipment.objects.abandoned().filter(pk=shipment.pk)
        if renewed.update(lease_until=now() + Shipment.LEASE):
            with lake.sales_history() as table:
                arrived = lake.has(table, str(shipment.pk))
            log.warning("shipment %s was left %s", shipment.pk, "done" if arrived else "open")
            _finish(shipment) if arrived else _write(shipment)
    return len(left)


def backlog(tenant: Tenant | None = None) -> Backlog:
    sales = Sale.objects.filter(tenant=tenant) if tenant else Sale.objects.all()
    waiting = sales.filter(shipment=None).aggregate(count=Count("pk"), since=Min("created_at"))
    moving = sales.filter(shipment__state=Shipment.State.OPEN)
    on_the_way = moving.aggregate(count=Count("pk"), since=Min("created_at"))
    times = [found["since"] for found in (waiting, on_the_way) if found["since"]]
    return Backlog(waiting["count"], on_the_way["count"], min(times, default=None))


@transaction.atomic
def send_again(sales: QuerySet[Sale]) -> int:
    """Put these sales among the waiting. The caller knows that the lake does not have them."""
    return sales.update(shipment=None)


@transaction.atomic
def _claim(most: int) -> Shipment | None:
    waiting = Sale.objects.filter(shipment=None).order_by("created_at")
    keys = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:most])
    if not keys:
        return None
    shipment = Shipment.objects.create(lease_until=now() + Shipment.LEASE, sales_count=len(keys))
    Sale.objects.filter(pk__in=keys).update(shipment=shipment)
    return shipment


def _write(shipment: Shipment) -> None:
    """Show the shipment in the lake. Should another house write too, the table is asked again."""
    parts = by_month(Sale.objects.filter(shipment=shipment))
    with lake.alone():
        for attempt in range(TRIES):
            try:
                with lake.sales_history() as table:
                    lake.add(table, str(shipment.pk), parts)
                break
            except CommitFailedException:
                if attempt == TRIES - 1:
                    raise
        _finish(shipment)


def _soon(shipment: Shipment) -> None:
    """Whoever failed and lives need not be waited for as long as one who may have died."""
    still_open = Shipment.objects.filter(pk=shipment.pk, state=Shipment.State.OPEN)
    still_open.update(lease_until=now() + AGAIN)


def _finish(shipment: Shipment) -> None:
    Shipment.objects.filter(pk=shipment.pk).update(state=Shipment.State.DONE, written_at=now())
