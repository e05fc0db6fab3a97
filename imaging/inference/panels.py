"""What the models cost, for the ops page."""

from django.db.models import Count, Sum
from django.db.models.functions import TruncDay, TruncMonth
from django.utils.timezone import now

from carousel.ops.panels import Panel
from imaging.inference.models import ModelCall


def panels() -> list[Panel]:
    return [by_day(), by_month()]


def by_day() -> Panel:
    return _costs("Model calls today", TruncDay("created_at"), now().date())


def by_month() -> Panel:
    return _costs("Model calls this month", TruncMonth("created_at"), now().date().replace(day=1))


def _costs(title: str, period: TruncDay | TruncMonth, start: object) -> Panel:
    """US dollars by task and tenant since `start`."""
    sums = (
        ModelCall.objects.annotate(period=period)
        .filter(period__date__gte=start)
        .values("capability", "tenant__name")
        .annotate(n=Count("pk"), micro=Sum("cost_micro_usd"))
        .order_by("-micro", "capability")[:30]
    )
    rows = [
        (row["capability"], row["tenant__name"], row["n"], f"{row['micro'] / 1e6:.4f}")
        for row in sums
    ]
    return Panel(title, ("Task", "Shop", "Calls", "US$"), rows)
