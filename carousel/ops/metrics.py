"""Prometheus' numbers. What happens in a request is counted there; the rest is read from rows."""

from collections.abc import Iterator

from django.db import connection
from django.utils.module_loading import import_string
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from carousel import wiring
from carousel.events.models import DeadLetter, Event
from carousel.ops import answers, lights
from carousel.ops.models import Alert, Heartbeat, Sample

Families = Iterator[GaugeMetricFamily]


class Rows(Collector):
    """Read at each scrape: the rows are the truth."""

    def collect(self) -> Families:
        yield from own()
        for name in wiring.METRICS:
            yield from import_string(name)()


def own() -> Families:
    yield gauge("carousel_alerts_firing", "Alerts that fire", Alert.objects.firing().count())
    open_letters = DeadLetter.objects.open()
    letters = GaugeMetricFamily("carousel_dead_letters", "Open dead letters", labels=["category"])
    for category in DeadLetter.Category.values:
        letters.add_metric([category], open_letters.filter(category=category).count())
    yield letters
    yield gauge("carousel_outbox_unsent", "Events not yet relayed", Event.objects.unsent().count())
    beats = GaugeMetricFamily("carousel_heartbeat", "Last heartbeat, Unix time", labels=["worker"])
    for beat in Heartbeat.objects.all()[:100]:
        beats.add_metric([beat.worker], beat.seen_at.timestamp())
    yield beats
    for sample in Sample.objects.order_by("name", "-created_at").distinct("name"):
        label = sample.name.replace(".", "_")
        yield gauge(f"carousel_sample_{label}", f"Last reading of {sample.name}", sample.value)
    share = GaugeMetricFamily("carousel_failure_share", "Failed share, last hour", labels=["what"])
    for light in lights.lights():
        share.add_metric([light.name], light.share)
    yield share
    yield from database()


def database() -> Families:
    """How full it is, and how many of its connections are taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), count(*),"
            " current_setting('max_connections')::int FROM pg_stat_activity"
        )
        size, used, most = cursor.fetchone()
    yield gauge("carousel_database_bytes", "Size of the database", size)
    yield gauge("carousel_database_connections", "Open connections", used)
    yield gauge("carousel_database_connections_limit", "Connections it allows", most)


def gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


def exposition() -> tuple[bytes, str]:
    """Every process' counts and the rows' numbers, as text."""
    registry = answers.of_every_process()
    registry.register(Rows())
    return generate_latest(registry), CONTENT_TYPE_LATEST
