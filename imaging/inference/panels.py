"""What the models cost, for the ops page."""

from datetime import timedelta

from django.db.models import Count, Sum
from django.db.models.functions import TruncDay, TruncMonth
from django.utils.timezone import now

from carousel.ops import charts
from carousel.ops.panels import Panel
from imaging.inference.models import ModelCall

DAYS, MONTHS = 30, 12


def panels() -> list[Panel]:
    return [by_day(), by_month()]


def by_day() -> Panel:
    """Today by task and shop, over a plot of the last 30 days."""
    start = now().date() - timedelta(days=DAYS)
    sums = (
        ModelCall.objects.filter(created_at__date__gt=start)
        .annotate(period=TruncDay("created_at"))
        .values("period")
        .annotate(micro=Sum("cost_micro_usd"))
        .order_by("period")
    )
    values = [(f"{row['period']:%d %b}", row["micro"] / 1e6) for row in sums]
    plot = charts.bars(values, "US$ a day")
    return Panel("Cost of models today, US$", *_costs(now().date()), plot)


def by_month() -> Panel:
    """This month by task and shop, over a plot of the last 12 months."""
    sums = (
        ModelCall.objects.annotate(period=TruncMonth("created_at"))
        .values("period")
        .annotate(micro=Sum("cost_micro_usd"))
        .order_by("-period")[:MONTHS]
    )
    values = [(f"{row['period']:%b %Y}", row["micro"] / 1e6) for row in reversed(sums)]
    plot = charts.bars(values, "US$ a month")
    return Panel("Cost of models this month, US$", *_costs(now().date().replace(day=1)), plot)


def _costs(start: object) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """US dollars by task and tenant since `start`: headers and rows."""
    sums = (
        ModelCall.objects.filter(created_at__date__gte=start)
        .values("capability", "tenant__name")
        .annotate(n=Count("pk"), micro=Sum("cost_micro_usd"))
        .order_by("-micro", "capability")[:30]
    )
    rows: list[tuple[object, ...]] = [
        (row["capability"], row["tenant__name"], row["n"], f"{row['micro'] / 1e6:.4f}")
        for row in sums
    ]
    return ("Task", "Shop", "Calls", "US$"), rows
