"""EventBridge and SQS, against a server that speaks as they do."""

import json
from datetime import timedelta
from uuid import uuid4

import boto3
import pytest
from django.core.management import call_command
from django.utils.timezone import now
from moto.server import ThreadedMotoServer

from carousel.events import posting, relay, sqs
from carousel.events.models import Delivery, Destination
from carousel.models import InboxEvent
from pricing.models import Sale
from tests.makers import make_product, make_tenant

pytestmark = pytest.mark.django_db
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500, "state": "listed"}
WARNINGS = "ignore::DeprecationWarning"


@pytest.fixture
def aws(monkeypatch, settings):
    """A cloud of our own: its address and keys are in the environment, as boto3 reads them."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.AWS_REGION = "eu-west-1"
    posting._bridge.cache_clear()
    yield boto3
    posting._bridge.cache_clear()
    server.stop()


def make_queue_behind_a_bus(aws):
    """A bus whose events of ours go to a queue. Gives (bus, queue address)."""
    name = f"shop-{uuid4().hex[:8]}"
    bus = aws.client("events", region_name="eu-west-1")
    queue = aws.client("sqs", region_name="eu-west-1")
    url = queue.create_queue(QueueName=name)["QueueUrl"]
    arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    bus.create_event_bus(Name=name)
    bus.put_rule(
        Name=name,
        EventBusName=name,
        EventPattern=json.dumps({"source": ["storefront", "carousel"]}),
    )
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    bus.put_targets(Rule=name, EventBusName=name, Targets=[target])
    return name, url


def sale_of(product, tenant=None):
    return {
        "tenant_id": str((tenant or product.tenant).pk), "product_id": str(product.pk),
        "sale_id": f"S-{product.pk}", "price": 4000, "currency": "ISK",
    }  # fmt: skip


def put(aws, bus, detail, kind="product.sold"):
    entry = {
        "Source": "storefront", "DetailType": kind, "Detail": json.dumps(detail),
        "Time": now() - timedelta(seconds=5), "EventBusName": bus,
    }  # fmt: skip
    answer = aws.client("events", region_name="eu-west-1").put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0


@pytest.mark.filterwarnings(WARNINGS)
def test_a_sale_on_the_bus_becomes_a_sale_here(aws, capsys):
    bus, queue = make_queue_behind_a_bus(aws)
    lamp = make_product(**FULL)
    put(aws, bus, sale_of(lamp))

    call_command("consume_events", queue, "--once")

    lamp.refresh_from_db()
    assert (lamp.state, Sale.objects.get().price) == ("sold", 4000)
    assert capsys.readouterr().out == "1 events taken, 0 left on the queue\n"


@pytest.mark.filterwarnings(WARNINGS)
def test_what_cannot_be_read_stays_for_the_queues_own_dead_letters(aws):
    bus, queue = make_queue_behind_a_bus(aws)
    lamp = make_product(**FULL)
    put(aws, bus, sale_of(lamp) | {"tenant_id": str(uuid4())})
    put(aws, bus, {"nothing": 1})
    put(aws, bus, sale_of(lamp))

    received, kept = sqs.poll(sqs.client(), queue, wait=1)

    assert (received, kept, Sale.objects.count()) == (3, 2, 1)


@pytest.mark.filterwarnings(WARNINGS)
def test_a_message_that_comes_twice_counts_once(aws):
    lamp = make_product(**FULL)
    body = json.dumps(
        {
            "id": "one", "detail-type": "product.sold", "source": "storefront",
            "time": now().isoformat(), "detail": sale_of(lamp),
        }
    )  # fmt: skip

    assert [sqs.take(body), sqs.take(body)] == [True, True]
    assert (Sale.objects.count(), InboxEvent.objects.get().duplicates) == (1, 1)


@pytest.mark.filterwarnings(WARNINGS)
def test_our_events_go_out_over_a_bus_and_our_own_echo_changes_nothing(aws):
    bus, queue = make_queue_behind_a_bus(aws)
    Destination.objects.create(tenant=make_tenant(), name="bus", kind="eventbridge", address=bus)
    lamp = make_product(**FULL)
    lamp.become("sold", **{k: v for k, v in sale_of(lamp).items() if not k.endswith("t_id")})

    relay.fan_out()
    [destination] = relay.waiting()
    relay.deliver(destination)
    received, kept = sqs.poll(sqs.client(), queue, wait=1)

    assert Delivery.objects.get().state == "sent"
    assert (received, kept) == (1, 0)
    assert (Sale.objects.count(), InboxEvent.objects.get().state) == (1, "unchanged")
