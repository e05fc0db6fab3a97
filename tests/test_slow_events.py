"""Events under fire: killed at every point, in every order, a thousand at a time. Not ordinary."""

import itertools
import json
import os
import random
import signal
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carousel.events import inbox, letters, relay
from carousel.events.envelope import opened
from carousel.events.models import Delivery
from carousel.events.outbox import record
from carousel.models import DeadLetter, Event, InboxEvent, Product
from pricing.models import Sale
from tests.dying import dying, in_child, say
from tests.makers import make_product, make_tenant
from tests.test_events_relay import make_destination, receiver, relay_all

__all__ = ["receiver"]  # a fixture
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(2_400)]
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500}
POINTS = {
    "before the key": ("carousel.events.inbox.add_once", False),
    "after the key": ("carousel.events.inbox.process", False),
    "after the sale": ("pricing.sold.record_sale", True),
    "after the outbox": ("carousel.products.models.record", True),
    "before the commit": ("django.db.backends.postgresql.base.DatabaseWrapper._commit", False),
    "after the commit": ("carousel.events.inbox.receive", True),
}


def make_event(product, kind="product.sold", at=None, **detail):
    known = {"tenant_id": str(make_tenant().pk), "product_id": str(product)} | detail
    if kind == "product.sold":
        known |= {"sale_id": f"S-{product}", "price": 4000, "currency": "ISK"}
    at = at or now() - timedelta(minutes=1)
    told = {"id": f"{kind}-{product}-{at.isoformat()}", "detail-type": kind, "source": "partner"}
    return opened(json.dumps(told | {"time": at.isoformat(), "detail": known}))


@pytest.mark.parametrize("point", POINTS)
def test_a_consumer_killed_twenty_times_at_one_point_leaves_one_sale_of_each(point):
    """C2."""
    place, after = POINTS[point]
    tenant = make_tenant()
    items = [make_product(**FULL | {"state": "listed"}) for _ in range(20)]

    for item in items:
        event = make_event(item.pk)

        def consume(event=event) -> None:
            connections["default"].ensure_connection()
            with dying(place, after=after):
                inbox.receive(tenant, event)

        assert in_child(consume) == -signal.SIGKILL
        assert Sale.objects.filter(product_id=item.pk).count() == (point == "after the commit")
        inbox.receive(tenant, event)  # the sender tries again, as it got no answer

    assert [Sale.objects.filter(product_id=item.pk).count() for item in items] == [1] * 20
    assert Event.objects.filter(kind="product.sold").count() == 20
    assert Product.objects.filter(state="sold").count() == 20
    say(f"C2 {point}: 20 kills, 20 sales, 20 events in the outbox")


ENDS = st.sampled_from([(), ("sold",), ("delisted",), ("sold", "delisted")])
LIVES = st.tuples(st.integers(0, 3), ENDS, st.randoms(use_true_random=False), st.integers(0, 4))


@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(LIVES)
def test_a_thousand_lives_in_any_order_with_duplicates_end_as_in_order(life):
    """C3. A life is a listing, some updates and an end; `end` of nothing stays on sale."""
    updates, end, chance, again = life
    kinds = ["listed", *["updated"] * updates, *end]
    start = now() - timedelta(minutes=30)
    straight, mixed = make_product(**FULL), make_product(**FULL)
    lives = {
        item.pk: [
            make_event(item.pk, f"product.{kind}", start + timedelta(seconds=place))
            for place, kind in enumerate(kinds)
        ]
        for item in (straight, mixed)
    }
    shuffled = lives[mixed.pk] + chance.choices(lives[mixed.pk], k=again)
    chance.shuffle(shuffled)

    for event in [*lives[straight.pk], *shuffled]:
        inbox.receive(make_tenant(), event)

    straight.refresh_from_db()
    mixed.refresh_from_db()
    sales = [Sale.objects.filter(product_id=item.pk).count() for item in (straight, mixed)]
    assert (straight.state, sales[0]) == (mixed.state, sales[1])
    assert not InboxEvent.objects.open().filter(subject=mixed.pk).exists()
    assert not DeadLetter.objects.exists()


def test_all_24_orders_of_the_four_events_end_sold_with_one_sale():
    """C3, at the inbox and not only in the rules."""
    start = now() - timedelta(minutes=10)
    kinds = ("listed", "updated", "sold", "delisted")
    for order in itertools.permutations(range(4)):
        item = make_product(**FULL)
        for place in order:
            at = start + timedelta(seconds=place)
            inbox.receive(make_tenant(), make_event(item.pk, f"product.{kinds[place]}", at))

    assert Product.objects.filter(state="sold").count() == Sale.objects.count() == 24
    assert (InboxEvent.objects.open().count(), DeadLetter.objects.count()) == (0, 0)
    say("C3: 24 of 24 orders end sold, 24 sales, 0 parked, 0 dead")


def test_a_replay_of_a_thousand_killed_half_way_and_run_again_does_each_once():
    """C6. Five hundred had been applied before by another door."""
    items = [make_product(**FULL | {"state": "listed"}) for _ in range(1_000)]
    late = now() - timedelta(hours=2)
    for item in items:
        inbox.receive(make_tenant(), make_event(item.pk, at=late))
    for item in items[:500]:
        inbox.receive(make_tenant(), make_event(item.pk), however_old=True)
    assert (DeadLetter.objects.open().count(), Sale.objects.count()) == (1_000, 500)

    connections.close_all()
    pid = os.fork()
    if pid == 0:
        letters.try_again(DeadLetter.objects.open(), None, dry=False)
        os._exit(0)
    while DeadLetter.objects.open().count() > 500:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    left = DeadLetter.objects.open().count()
    tried = letters.try_again(DeadLetter.objects.open(), None, dry=False)

    assert 0 < left <= 500 and tried.total == left
    assert (DeadLetter.objects.open().count(), Sale.objects.count()) == (0, 1_000)
    assert Event.objects.filter(kind="deadletter.replayed").count() == 1_000
    assert Event.objects.filter(kind="product.sold").count() == 1_000
    say(f"C6: killed with {left} of 1,000 left; then 0 left, 1,000 sales, 1,000 audit rows")


def test_a_publisher_killed_fifty_times_after_sending_loses_and_reorders_nothing(receiver):
    """C8, with two publishers at once at the end."""
    destination = make_destination(receiver.address)
    items = [uuid4() for _ in range(10)]
    for number in range(100):
        record(make_tenant(), "product.updated", subject=items[number % 10], number=number)
    relay.fan_out()

    for _ in range(50):

        def publish() -> None:
            with dying("carousel.events.relay._note"):
                relay.deliver(destination.pk)

        assert in_child(publish) == -signal.SIGKILL
        # Its claim stands for a minute; here the minute is over at once.
        Delivery.objects.waiting().update(run_after=now() - timedelta(seconds=1))
    connections.close_all()
    pids = []
    for _ in range(2):
        if (pid := os.fork()) == 0:
            relay.deliver(destination.pk)
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    relay_all()

    told = receiver.bodies()
    first = {}
    for body in told:
        first.setdefault(body["subject"], []).append(body["data"]["number"])
    assert len({body["id"] for body in told}) == 100
    assert all(list(dict.fromkeys(numbers)) == sorted(set(numbers)) for numbers in first.values())
    assert Delivery.objects.filter(state=Delivery.State.SENT).count() == 100
    say(f"C8: 50 kills; 100 events told {len(told)} times, 0 lost, order kept per product")


def test_fan_out_killed_fifty_times_skips_nothing(receiver):
    """C8, the step before: between making deliveries and the commit."""
    make_destination(receiver.address)
    for number in range(50):
        record(make_tenant(), "product.updated", subject=uuid4(), number=number)

        def fan_out() -> None:
            with dying("django.db.backends.postgresql.base.DatabaseWrapper._commit"):
                relay.fan_out()

        assert in_child(fan_out) == -signal.SIGKILL
    random.seed(8)
    relay_all()

    assert {body["data"]["number"] for body in receiver.bodies()} == set(range(50))
    assert len(receiver.got) == 50
    say("C8: fan-out killed 50 times before its commit; 50 of 50 events told once")
