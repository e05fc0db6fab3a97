"""Making both sides equal again, without losing anything that only one of them has.

What the lake lacks is sent again. Where it holds a sale more often than the store, that month is
written anew from the store. What only the lake has is named and left alone: it may be the last.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from carousel.events.outbox import record
from carousel.models import User
from pricing.lake import feed
from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.lake.rows import by_month
from pricing.lake.table import Month, month_of
from pricing.models import Sale
from pricing.validation import looking, sides
from pricing.validation.models import Lack, Validation

AT_ONCE = 500


@dataclass(frozen=True)
class Plan:
    """What a repair does: sales to send again, months to write anew, rows that are left alone."""

    send: int
    rewrite: tuple[Month, ...]
    only_in_lake: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.send} sales are sent again, {len(self.rewrite)} months written anew,"
            f" {self.only_in_lake} rows that only the lake has are left alone."
        )


def plan(found: Validation) -> Plan:
    """The dry run."""
    doubled, alone = _extras(found)
    return Plan(
        send=found.lacks.filter(side=Lack.Side.MISSING).count(),
        rewrite=tuple(sorted(doubled)),
        only_in_lake=alone,
    )


def repair(found: Validation, by: User | None = None) -> Validation:
    """Do what the plan says, then look again. Returns the new look. Harmless to call twice."""
    wanted = plan(found)
    for month in wanted.rewrite:
        _rewrite(month)
    for sales in _missing(found, without=wanted.rewrite):
        feed.send_again(sales)
    feed.ship_all()
    Validation.objects.filter(pk=found.pk).update(repaired_at=now())
    record(
        found.tenant, "validation.repaired", subject=found.pk,
        by=str(by.pk) if by else "", plan=wanted.sentence,
    )  # fmt: skip
    return looking.look(found.tenant)


def _extras(found: Validation) -> tuple[set[Month], int]:
    """Months that can be written anew, and how many rows only the lake has.

    A month with a row that only the lake has is not written anew: the row would be lost.
    """
    extra: dict[Month, list[tuple[str, datetime]]] = defaultdict(list)
    for key, at in found.lacks.filter(side=Lack.Side.EXTRA).values_list("key", "sold_at"):
        extra[month_of(found.tenant_id, at)].append((key, at))
    anew, alone = set(), 0
    for month, rows in extra.items():
        known = {(row.key, row.sold_at) for row in sides.store_rows(found.tenant, month)}
        strangers = sum(row not in known for row in rows)
        alone += strangers
        if not strangers:
            anew.add(month)
    return anew, alone


def _missing(found: Validation, without: tuple[Month, ...]) -> Iterator[QuerySet[Sale]]:
    """The sales to send again, some hundred at a time.

    Not those that were shipped after the look: another repair was faster, and once is enough.
    """
    lacks = found.lacks.filter(side=Lack.Side.MISSING).values_list("key", "sold_at")
    wanted = [row for row in lacks if month_of(found.tenant_id, row[1]) not in without]
    arrived = Q(shipment__state=Shipment.State.DONE, shipment__written_at__lt=found.created_at)
    for start in range(0, len(wanted), AT_ONCE):
        which = Q()
        for key, at in wanted[start : start + AT_ONCE]:
            which |= _named(key) & Q(sold_at=at)
        yield Sale.objects.filter(arrived, which, tenant=found.tenant_id)


def _named(key: str) -> Q:
    prefix, _, sale = key.partition("sale:")
    return Q(sale_id=sale, product_id="") if not prefix and sale else Q(product_id=key)


def _rewrite(month: Month) -> None:
    """All of a month that was ever shipped, from the store, in one snapshot."""
    with lake.alone(), lake.sales_history() as table:
        lake.replace(table, month, f"rewrite-{now():%Y%m%dT%H%M%S%f}", _shipped(month))


def _shipped(month: Month) -> Iterator[pa.Table]:
    """The month's sales as the store has them, a file's worth at a time."""
    sales = Sale.objects.filter(
        tenant_id=month.tenant,
        sold_at__gte=month.first,
        sold_at__lt=month.end,
        shipment__state=Shipment.State.DONE,
    )
    keys = list(sales.order_by("sold_at", "id").values_list("pk", flat=True))
    for start in range(0, len(keys), feed.AT_ONCE):
        some = Sale.objects.filter(pk__in=keys[start : start + feed.AT_ONCE])
        yield from by_month(some)[month]
