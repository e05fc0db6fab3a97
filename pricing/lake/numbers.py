"""How sales reach the lake: what waits, since when, and how long the way took. For Prometheus."""

from collections.abc import Iterator

from django.utils.timezone import now
from prometheus_client.core import GaugeMetricFamily

from pricing.lake import feed
from pricing.lake.models import Shipment


def collect() -> Iterator[GaugeMetricFamily]:
    known = feed.backlog()
    age = (now() - known.since).total_seconds() if known.since else 0
    yield GaugeMetricFamily("carousel_lake_waiting", "Sales not yet in the lake", known.total)
    yield GaugeMetricFamily("carousel_lake_oldest_seconds", "Age of the oldest of them", age)
    last = Shipment.objects.filter(state=Shipment.State.DONE).order_by("-written_at").first()
    at = last.written_at.timestamp() if last and last.written_at else 0
    yield GaugeMetricFamily("carousel_lake_written", "Last snapshot, Unix time", at)
