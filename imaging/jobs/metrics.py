"""Queue depth, age and durations for Prometheus, read from the rows."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils.timezone import now
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily

from carousel import wiring
from imaging.jobs.models import Step

BOUNDS_MS = (10, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 90_000)


def collect() -> Iterator[GaugeMetricFamily | HistogramMetricFamily]:
    yield from _depths()
    yield _durations()


def _depths() -> Iterator[GaugeMetricFamily]:
    depth = GaugeMetricFamily("carousel_steps", "Open steps", labels=["queue", "kind", "state"])
    age = GaugeMetricFamily("carousel_oldest_step_seconds", "Age of the oldest", labels=["kind"])
    rows = (
        Step.objects.filter(state__in=[Step.State.WAITING, Step.State.RUNNING])
        .values("kind", "state")
        .annotate(n=Count("pk"), oldest=Min("created_at"))
    )
    for row in rows:
        queue = wiring.QUEUES.get(row["kind"], "default")
        depth.add_metric([queue, row["kind"], row["state"]], row["n"])
        age.add_metric([row["kind"]], (now() - row["oldest"]).total_seconds())
    yield depth
    yield age


def _durations() -> HistogramMetricFamily:
    """Of the last hour, so that it is cheap: a gauge in the shape of a histogram."""
    family = HistogramMetricFamily("carousel_step_ms", "Step durations, last hour", labels=["kind"])
    done = Step.objects.filter(
        state=Step.State.DONE, finished_at__gt=now() - timedelta(hours=1), duration_ms__isnull=False
    )
    for kind in done.values_list("kind", flat=True).distinct().order_by("kind"):
        mine = done.filter(kind=kind)
        counts = mine.aggregate(
            total=Count("pk"),
            sum=Sum("duration_ms"),
            **{f"b{bound}": _below(bound) for bound in BOUNDS_MS},
        )
        buckets = [(str(bound), counts[f"b{bound}"]) for bound in BOUNDS_MS]
        buckets.append(("+Inf", counts["total"]))
        family.add_metric([kind], buckets, counts["sum"])
    return family


def _below(bound: int) -> Count:
    return Count("pk", filter=Q(duration_ms__lte=bound))
