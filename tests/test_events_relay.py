"""Telling partners: everybody who wants an event gets it, in order, however often somebody dies."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.utils.timezone import now

from carousel.events import posting, relay
from carousel.events.models import Delivery, Destination
from carousel.events.outbox import record
from carousel.events.signing import Headers, verify
from carousel.models import DeadLetter, Event
from tests.makers import make_product, make_tenant

pytestmark = pytest.mark.django_db
State = Delivery.State


@dataclass
class Receiver:
    """A partner's server. Answers with the statuses in `script`, then with 204."""

    address: str = ""
    script: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    known = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known.got.append(({name.lower(): text for name, text in self.headers.items()}, body))
            self.send_response(known.script.pop(0) if known.script else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    settings.PRIVATE_RECEIVERS = [host]
    known.address = f"http://{host}/hook"
    yield known
    server.shutdown()
    server.server_close()


def make_destination(address, **fields):
    destination = Destination.objects.create(
        tenant=fields.pop("tenant", None) or make_tenant(), name="storefront", address=address,
        **fields,
    )  # fmt: skip
    destination.add_key()
    return destination


def relay_all():
    while relay.fan_out():
        pass
    for destination in relay.waiting():
        relay.deliver(destination)


def later(clock, **time):
    clock.shift(timedelta(**time))
    # What is due is asked of the database's clock, which does not travel.
    Delivery.objects.filter(run_after__lte=now()).update(run_after=Event.objects.first().created_at)
    Destination.objects.filter(open_until__lte=now()).update(open_until=None)


def test_an_event_arrives_signed_in_a_cloud_event(receiver):
    destination = make_destination(receiver.address)
    lamp = make_product(price=500, state="listed")
    lamp.become("sold", sale_id="S-1")

    relay_all()

    [(headers, body)] = receiver.got
    event = Event.objects.get(kind="product.sold")
    told = json.loads(body)
    verify(destination.keys, Headers.of(headers), body, now=now().timestamp())
    assert (told["id"], told["type"], told["specversion"]) == (str(event.pk), "product.sold", "1.0")
    assert told["data"]["product_id"] == str(lamp.pk) and told["data"]["sale_id"] == "S-1"
    assert Delivery.objects.get().state == State.SENT


def test_our_own_log_does_not_leave_the_house(receiver):
    make_destination(receiver.address)
    record(make_tenant(), "product.edited", subject=uuid4())

    relay_all()

    assert receiver.got == []


def test_a_receiver_hears_only_what_it_asked_for_and_only_of_its_shop(receiver):
    make_destination(receiver.address, kinds=["product.delisted"])
    record(make_tenant(), "product.listed", subject=uuid4())
    record(make_tenant(), "product.delisted", subject=uuid4())
    record(make_tenant("rival"), "product.delisted", subject=uuid4())

    relay_all()

    assert [told["type"] for told in receiver.bodies()] == ["product.delisted"]


def test_events_of_one_product_keep_their_order_when_one_fails(receiver):
    make_destination(receiver.address)
    name, other = uuid4(), uuid4()
    record(make_tenant(), "product.listed", subject=name)
    record(make_tenant(), "product.updated", subject=name)
    record(make_tenant(), "product.listed", subject=other)
    receiver.script = [500]

    relay_all()
    assert [told["subject"] for told in receiver.bodies()] == [str(name), str(other)]
    with time_machine.travel(now(), tick=False) as clock:
        later(clock, seconds=6)
        relay_all()

    mine = [told["type"] for told in receiver.bodies() if told["subject"] == str(name)]
    assert mine == ["product.listed", "product.listed", "product.updated"]
    assert not Delivery.objects.waiting().exists()


def test_every_try_carries_the_same_id(receiver):
    make_destination(receiver.address)
    record(make_tenant(), "product.delisted", subject=uuid4())
    receiver.script = [503]

    relay_all()
    with time_machine.travel(now(), tick=False) as clock:
        later(clock, seconds=6)
        relay_all()

    ids = [headers["webhook-id"] for headers, _ in receiver.got]
    assert len(ids) == 2 and len(set(ids)) == 1


def test_ten_tries_over_three_days_then_a_dead_letter_that_can_be_replayed(receiver):
    make_destination(receiver.address)
    record(make_tenant(), "product.delisted", subject=uuid4())
    receiver.script = [500] * 10
    began = now()

    with time_machine.travel(began, tick=False) as clock:
        for _ in range(100):
            relay_all()
            later(clock, hours=1)
            if DeadLetter.objects.exists():
                break
        hours = (now() - began).total_seconds() / 3600

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, len(receiver.got)) == (State.DEAD, 10, 10)
    assert 75 < hours < 90
    relay.replay(Delivery.objects.all())
    Destination.objects.update(open_until=None)
    relay_all()
    assert Delivery.objects.get().state == State.SENT


def test_a_receiver_that_keeps_failing_is_left_in_peace(receiver):
    destination = make_destination(receiver.address)
    for _ in range(20):
        record(make_tenant(), "product.delisted", subject=uuid4())
    receiver.script = [500] * 50

    relay_all()
    relay_all()

    destination.refresh_from_db()
    assert len(receiver.got) == 5
    assert timedelta(seconds=50) < destination.open_until - now() < timedelta(seconds=70)
    assert Delivery.objects.waiting().count() == 20


def test_a_receiver_that_is_back_gets_everything(receiver):
    make_destination(receiver.address)
    for _ in range(20):
        record(make_tenant(), "product.delisted", subject=uuid4())
    receiver.script = [500] * 5

    relay_all()
    with time_machine.travel(now(), tick=False) as clock:
        later(clock, minutes=2)
        relay_all()

    assert Delivery.objects.filter(state=State.SENT).count() == 20


def test_a_receiver_that_is_gone_is_switched_off(receiver):
    destination = make_destination(receiver.address)
    record(make_tenant(), "product.delisted", subject=uuid4())
    receiver.script = [410]

    relay_all()

    destination.refresh_from_db()
    assert (destination.is_active, Delivery.objects.get().state) == (False, State.DEAD)


@pytest.mark.parametrize(
    "address",
    ["http://shop.example/hook", "https://127.0.0.1/hook", "https://localhost/", "file:///x",
     "https://169.254.169.254/latest/", "https://[::1]/"],
)  # fmt: skip
def test_an_address_inside_our_network_is_never_called(address):
    make_destination(address)
    record(make_tenant(), "product.delisted", subject=uuid4())

    relay_all()

    delivery = Delivery.objects.get()
    assert delivery.state in (State.DEAD, State.WAITING)
    assert delivery.status is None and delivery.answer


def test_who_dies_after_sending_sends_again_and_nothing_is_lost(receiver, monkeypatch):
    make_destination(receiver.address)
    for _ in range(3):
        record(make_tenant(), "product.delisted", subject=uuid4())
    relay.fan_out()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(relay, "_note", die)
        relay.deliver(relay.waiting()[0])
    with time_machine.travel(now(), tick=False) as clock:
        later(clock, seconds=61)
        relay_all()

    ids = [told["id"] for told in receiver.bodies()]
    assert (len(ids), len(set(ids))) == (4, 3)
    assert Delivery.objects.filter(state=State.SENT).count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_not_skipped(receiver):
    make_destination(receiver.address)
    make_destination(receiver.address, tenant=make_tenant("rival"))
    begun, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(make_tenant(), "product.delisted", subject=uuid4())
            begun.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    quick = record(make_tenant("rival"), "product.delisted", subject=uuid4())
    relay_all()
    go.set()
    thread.join()
    relay_all()

    late = Event.objects.exclude(pk=quick.pk).get()
    assert late.position < quick.position
    assert [told["id"] for told in receiver.bodies()] == [str(quick.pk), str(late.pk)]


def test_a_bus_gets_ten_at_a_time_and_failed_entries_again(monkeypatch):
    make_destination("shop-bus", kind="eventbridge")
    for _ in range(12):
        record(make_tenant(), "product.delisted", subject=uuid4())
    calls: list[int] = []

    class Bus:
        def put_events(self, Entries):
            calls.append(len(Entries))
            failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
            return {"Entries": [failed, *({"EventId": "1"} for _ in Entries[1:])]}

    monkeypatch.setattr(posting, "_bridge", Bus)

    relay_all()

    assert calls == [10, 2]
    assert Delivery.objects.filter(state=State.SENT).count() == 10
    assert set(Delivery.objects.waiting().values_list("answer", flat=True)) == {
        "ThrottlingException: slow down"
    }
