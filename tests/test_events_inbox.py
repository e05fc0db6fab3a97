"""Received events: each counts once, in any order; what cannot be done is kept with its reason."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils.timezone import now

from carousel import wiring
from carousel.errors import GiveUp
from carousel.events import inbox
from carousel.events.envelope import opened
from carousel.events.inbox import Outcome
from carousel.models import DeadLetter, Event, InboxEvent, Product
from pricing.models import Sale
from tests.makers import make_product, make_tenant

pytestmark = pytest.mark.django_db
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500}
LIFE = ("listed", "updated", "sold", "delisted")


def make_body(product, kind="product.sold", **fields):
    """An EventBridge envelope; `id`, `time` and what belongs into `detail`."""
    when = fields.pop("time", None) or now() - timedelta(minutes=1)
    name = fields.pop("id", None) or str(uuid4())
    detail = {"tenant_id": str(make_tenant().pk), "product_id": str(product)} | fields
    if kind == "product.sold":
        detail = {"sale_id": f"sale-{product}", "price": 4000, "currency": "ISK"} | detail
    return {
        "version": "0", "id": name, "detail-type": kind, "source": "storefront",
        "time": when.isoformat(), "detail": detail,
    }  # fmt: skip


def receive(body):
    return inbox.receive(make_tenant(), opened(json.dumps(body)))


def make_listed(**fields):
    return make_product(**FULL | {"state": "listed"} | fields)


def test_a_sale_takes_few_statements(django_assert_num_queries):
    lamp = make_listed()
    sold = make_body(lamp.pk)
    tenant = make_tenant()

    with django_assert_num_queries(15):
        inbox.receive(tenant, opened(json.dumps(sold)))

    assert Sale.objects.get().product_id == str(lamp.pk)


def test_a_sale_is_recorded_with_the_event_in_one_piece():
    lamp = make_listed(brand="Acme")

    receipt = receive(make_body(lamp.pk, sale_id="S-1", price=3900))

    lamp.refresh_from_db()
    sale = Sale.objects.get()
    assert (receipt.outcome, receipt.event.state, lamp.state) == (Outcome.TAKEN, "applied", "sold")
    assert (sale.sale_id, sale.price, sale.currency, sale.brand) == ("S-1", 3900, "ISK", "Acme")
    assert (sale.product_id, sale.sold_at) == (str(lamp.pk), lamp.sold_at)


def test_the_same_event_again_is_a_no_op_that_is_counted():
    body = make_body(make_listed().pk)

    outcomes = [receive(body).outcome for _ in range(3)]

    assert outcomes == [Outcome.TAKEN, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert (Sale.objects.count(), InboxEvent.objects.get().duplicates) == (1, 2)


def test_a_cloud_event_is_understood_too():
    lamp = make_listed()
    body = make_body(lamp.pk)
    cloud = {
        "specversion": "1.0", "id": body["id"], "type": body["detail-type"],
        "source": "/storefront", "time": body["time"], "data": body["detail"],
    }  # fmt: skip

    receive(cloud)

    lamp.refresh_from_db()
    assert lamp.state == "sold"


def test_one_id_with_two_bodies_is_a_conflict_for_a_person():
    lamp = make_listed()
    body = make_body(lamp.pk, price=100)
    receive(body)
    body["detail"]["price"] = 900

    receipt = receive(body)

    assert receipt.outcome == Outcome.CONFLICT
    assert (Sale.objects.get().price, DeadLetter.objects.get().cause) == (100, "conflict")


def test_an_id_may_be_used_again_after_a_day_and_the_sale_is_still_one():
    lamp = make_listed()
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False) as clock:
        receive(make_body(lamp.pk, id="recycled", sale_id="S-1"))
        clock.shift(timedelta(hours=25))
        again = receive(make_body(lamp.pk, id="recycled", sale_id="S-1"))

    assert (again.outcome, again.event.state) == (Outcome.TAKEN, "unchanged")
    assert (InboxEvent.objects.count(), Sale.objects.count()) == (2, 1)


def test_a_second_sale_of_one_item_needs_a_person():
    lamp = make_listed()
    receive(make_body(lamp.pk, sale_id="S-1"))

    receive(make_body(lamp.pk, sale_id="S-2"))

    letter = DeadLetter.objects.get()
    assert (letter.category, letter.error) == (
        "permanent", "The item was sold before, as sale S-1.",
    )  # fmt: skip
    assert Sale.objects.get().sale_id == "S-1"


def test_one_sale_id_for_two_items_needs_a_person():
    first, second = make_listed(), make_listed()
    receive(make_body(first.pk, sale_id="S-1"))

    receive(make_body(second.pk, sale_id="S-1"))

    second.refresh_from_db()
    assert (second.state, Sale.objects.count()) == ("listed", 1)
    assert DeadLetter.objects.get().error == "The sale S-1 is already known, for another item."


def test_a_sale_that_comes_before_the_listing_waits_for_it():
    lamp = make_product(**FULL)
    early = receive(make_body(lamp.pk)).event
    assert (early.state, early.attempts, Sale.objects.count()) == ("parked", 0, 0)

    receive(make_body(lamp.pk, "product.listed", time=now() - timedelta(minutes=2)))

    early.refresh_from_db()
    lamp.refresh_from_db()
    assert (early.state, lamp.state, Sale.objects.count()) == ("applied", "sold", 1)


def test_publishing_by_hand_wakes_what_waited():
    lamp = make_product(**FULL)
    receive(make_body(lamp.pk))

    lamp.become("listed", at=now() - timedelta(minutes=5))

    lamp.refresh_from_db()
    assert (lamp.state, Sale.objects.count()) == ("sold", 1)


def test_a_partner_may_list_an_item_that_we_never_saw():
    name = uuid4()
    receive(make_body(name))
    details = {"title": "Þula", "category": "Books", "price": 900, "currency": "ISK"}

    receive(make_body(name, "product.listed", time=now() - timedelta(minutes=3), **details))

    item = Product.objects.get(pk=name)
    assert (item.title, item.state, item.price) == ("Þula", "sold", 900)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_order_ends_the_same(order):
    lamp, start = make_product(**FULL), now() - timedelta(minutes=10)
    for place in order:
        receive(make_body(lamp.pk, f"product.{LIFE[place]}", time=start + timedelta(seconds=place)))

    lamp.refresh_from_db()
    assert (lamp.state, Sale.objects.count(), DeadLetter.objects.count()) == ("sold", 1, 0)
    assert not InboxEvent.objects.open().exists()


def test_an_event_over_an_hour_old_is_expired():
    lamp = make_listed()

    receive(make_body(lamp.pk, time=now() - timedelta(minutes=61)))

    letter = DeadLetter.objects.get()
    assert (letter.category, letter.cause, Sale.objects.count()) == ("expired", "expired", 0)


def test_what_waits_for_its_listing_expires_after_an_hour():
    lamp = make_product(**FULL)
    with time_machine.travel(now(), tick=False) as clock:
        receive(make_body(lamp.pk))
        clock.shift(timedelta(minutes=59))
        assert inbox.sweep() == 1
        assert InboxEvent.objects.get().state == "parked"
        clock.shift(timedelta(minutes=1))
        inbox.sweep()

    assert DeadLetter.objects.get().category == "expired"


def broken_twice(count):
    calls = iter(range(count))

    def hear(tenant, news):
        if next(calls, None) is not None:
            raise OperationalError("canceling statement due to statement timeout")
        return True

    return hear


@pytest.mark.parametrize(("failures", "state", "letters"), [(2, "applied", 0), (3, "dead", 1)])
def test_two_retries_then_a_dead_letter(monkeypatch, failures, state, letters):
    monkeypatch.setattr("carousel.products.news.hear", broken_twice(failures))
    with time_machine.travel(now(), tick=False) as clock:
        receive(make_body(make_listed().pk))
        for _ in range(4):
            clock.shift(timedelta(seconds=10))
            inbox.sweep()

    assert InboxEvent.objects.get().state == state
    assert [letter.attempts for letter in DeadLetter.objects.filter(category="retryable")] == (
        [3] * letters
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"detail": []}, "not an object"),
        ({"detail-type": "product.eaten"}, "not known"),
        ({"time": "yesterday"}, "not an RFC 3339 time"),
        ({"time": "2026-11-20T12:00:00"}, "no time zone"),
        ({"id": ""}, "no id"),
        ({"id": "x" * 256}, "longer than 255"),
        ({"source": 5}, "no source"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "outside the years"),
        ({"time": "9999-12-31T23:59:59-14:00"}, "outside the years"),
        ({"source": "a\x00"}, "cannot be kept"),
        ({"detail": {"more": [{"deep": "\x00"}]}}, "cannot be kept"),
        ({"detail": {"half a smile": "\ud83d"}}, "cannot be kept"),
        ({"detail": {"more": float("nan")}}, "cannot be kept"),
        ({"detail": json.loads('{"a":' * 100 + "1" + "}" * 100)}, "nested deeper than 100"),
    ],
)
def test_a_malformed_event_is_refused_with_a_sentence(change, sentence):
    body = make_body(uuid4()) | change

    with pytest.raises(GiveUp, match=sentence):
        opened(json.dumps(body))


def test_the_name_of_a_nul_is_not_a_nul():
    body = make_body(uuid4(), note="\\u0000")

    assert opened(json.dumps(body)).data["note"] == "\\u0000"


@pytest.mark.parametrize(
    "detail",
    [
        {"price": 0}, {"price": "4000"}, {"price": True}, {"sale_id": ""}, {"currency": "kr"},
        {"sold_at": "9999-12-31T23:59:59-14:00"},
    ],
)  # fmt: skip
def test_a_sale_without_its_facts_is_buried_at_once(detail):
    lamp = make_listed()

    receive(make_body(lamp.pk, **detail))

    lamp.refresh_from_db()
    letter = DeadLetter.objects.get()
    assert (letter.category, letter.attempts, lamp.state) == ("permanent", 1, "listed")


def test_another_shops_item_is_not_sold():
    theirs = make_product(make_tenant("rival"), **FULL, state="listed")

    receive(make_body(theirs.pk))
    listed = make_body(theirs.pk, "product.listed", price=100, time=now() - timedelta(minutes=2))
    receive(listed)

    theirs.refresh_from_db()
    assert (theirs.state, theirs.version, Sale.objects.count()) == ("listed", 1, 0)


def test_keys_are_forgotten_after_a_day_and_the_log_is_not():
    receive(make_body(make_listed().pk))
    InboxEvent.objects.update(created_at=now() - timedelta(hours=24, minutes=1))

    assert inbox.forget() == 1
    assert InboxEvent.objects.get().key is None


@pytest.mark.django_db(transaction=True)
def test_one_sale_delivered_by_many_at_once_is_one_sale():
    lamp, tenant = make_listed(), make_tenant()
    envelope = opened(json.dumps(make_body(lamp.pk)))

    def deliver(_: int) -> Outcome:
        try:
            return inbox.receive(tenant, envelope).outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(deliver, range(200)))

    assert (outcomes.count(Outcome.TAKEN), outcomes.count(Outcome.DUPLICATE)) == (1, 199)
    assert (Sale.objects.count(), Event.objects.filter(kind="product.sold").count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_listing_and_a_sale_that_come_at_the_same_moment_both_count():
    tenant = make_tenant()
    start = now() - timedelta(minutes=5)
    items = [make_product(**FULL) for _ in range(20)]
    bodies = [
        make_body(item.pk, f"product.{kind}", time=start + timedelta(seconds=place))
        for item in items
        for place, kind in enumerate(LIFE)
        for _ in range(2)
    ]
    random.Random(7).shuffle(bodies)

    def deliver(body: dict) -> None:
        try:
            inbox.receive(tenant, opened(json.dumps(body)))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deliver, bodies))

    assert {item.state for item in Product.objects.all()} == {"sold"}
    assert (Sale.objects.count(), DeadLetter.objects.count()) == (20, 0)


def test_every_kind_is_wired():
    assert set(wiring.INBOX) == {f"product.{name}" for name in LIFE}


def test_times_are_the_senders(settings):
    lamp = make_listed()
    moment = datetime.fromisoformat((now() - timedelta(minutes=30)).isoformat())

    receive(make_body(lamp.pk, sold_at=moment.isoformat()))

    assert Sale.objects.get().sold_at == moment
