"""What the models cost and how they answer, for Prometheus: of today, read from the rows."""

from collections.abc import Iterator

from django.db.models import Avg, Count, Sum
from django.utils.timezone import now
from prometheus_client.core import GaugeMetricFamily

from imaging.inference.models import ModelCall

LABELS = ["capability", "model", "outcome"]


def collect() -> Iterator[GaugeMetricFamily]:
    calls = GaugeMetricFamily("carousel_model_calls_today", "Questions to models", labels=LABELS)
    cost = GaugeMetricFamily("carousel_model_usd_today", "What they cost, US$", labels=LABELS)
    wait = GaugeMetricFamily("carousel_model_ms_today", "Mean time to answer, ms", labels=LABELS)
    start = now().replace(hour=0, minute=0, second=0, microsecond=0)
    sums = (
        ModelCall.objects.filter(created_at__gte=start)
        .values(*LABELS)
        .annotate(n=Count("pk"), micro=Sum("cost_micro_usd"), mean=Avg("ms"))
        .order_by(*LABELS)
    )
    for row in sums:
        labels = [row[name] for name in LABELS]
        calls.add_metric(labels, row["n"])
        cost.add_metric(labels, row["micro"] / 1e6)
        wait.add_metric(labels, row["mean"])
    yield from (calls, cost, wait)
