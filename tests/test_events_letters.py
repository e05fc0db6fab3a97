"""The workbench: dead letters by cause, a dry run, a replay that does nothing twice."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from carousel.events import inbox, letters, numbers
from carousel.events.causes import cause_of
from carousel.events.envelope import opened
from carousel.events.outbox import record
from carousel.models import (
    DeadLetter,
    Delivery,
    Destination,
    Event,
    InboxEvent,
    Membership,
    Product,
)  # fmt: skip
from imaging.jobs import runner
from imaging.models import Photo
from pricing.models import Sale
from tests.makers import make_product, make_step, make_tenant, make_user

pytestmark = pytest.mark.django_db
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500, "state": "listed"}


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user("boss@example.com", role=Membership.Role.MANAGER))
    return client


def make_late_sale(product=None, tenant=None, hours=2):
    """A sale that came too old, and lies with the dead letters."""
    product = product or make_product(tenant, **FULL)
    body = {
        "id": str(uuid4()), "detail-type": "product.sold", "source": "storefront",
        "time": (now() - timedelta(hours=hours)).isoformat(),
        "detail": {
            "product_id": str(product.pk), "sale_id": f"S-{product.pk}", "price": 4000,
            "currency": "ISK",
        },
    }  # fmt: skip
    inbox.receive(tenant or make_tenant(), opened(json.dumps(body)))
    return product


def receive_sale(item):
    """A sale of an item, of just now; the second of one item goes to the dead letters."""
    body = {
        "id": str(uuid4()), "detail-type": "product.sold", "source": "storefront",
        "time": now().isoformat(),
        "detail": {
            "product_id": str(item.pk), "sale_id": uuid4().hex, "price": 4000, "currency": "ISK",
        },
    }  # fmt: skip
    return inbox.receive(make_tenant(), opened(json.dumps(body)))


EXPIRED = {"origin": "inbox:product.sold", "reason": "expired"}


def post(client, name, **data):
    return client.post(reverse(name), data)


def test_letters_are_grouped_by_cause_with_the_time_to_answer(boss):
    for _ in range(3):
        make_late_sale()
    runner.bury(_claimed(make_step()), "The file is gone.")

    [expired, gone] = letters.causes(make_tenant())

    assert (expired.count, expired.reason, expired.category) == (3, "expired", "expired")
    assert (gone.count, gone.origin, gone.reason) == (1, "step:inspect", "The file is gone.")
    assert expired.due - expired.oldest == timedelta(hours=1)
    assert b"expired" in boss.get(reverse("dead-letters")).content


def _claimed(step):
    step.state = "running"
    step.save()
    return step


def test_a_dry_run_says_what_would_happen_and_does_nothing(boss):
    make_late_sale()

    html = post(boss, "replay-letters", dry="1", **EXPIRED).content.decode()

    assert "Dry run: nothing was changed." in html and "applied" in html
    assert (Sale.objects.count(), DeadLetter.objects.open().count()) == (0, 1)
    assert InboxEvent.objects.get().state == "dead"


def test_a_replay_does_each_once_and_writes_down_who_did_it(boss):
    done = make_late_sale()
    done.become("sold", sale_id=f"S-{done.pk}", price=4000)
    make_late_sale()

    first = post(boss, "replay-letters", **EXPIRED)
    second = post(boss, "replay-letters", **EXPIRED)

    assert b"1</strong> applied" in first.content and b"nothing new" in first.content
    assert b"nothing to do" in second.content
    assert (Sale.objects.count(), DeadLetter.objects.open().count()) == (2, 0)
    audit = Event.objects.filter(kind="deadletter.replayed")
    boss_id = str(make_user("boss@example.com").pk)
    assert {line.data["by"] for line in audit} == {boss_id} and audit.count() == 2


def test_what_waited_for_a_person_does_not_count_as_slow():
    receive_sale(make_product(**FULL))
    make_late_sale()

    letters.try_again(DeadLetter.objects.open(), None, dry=False)

    assert InboxEvent.objects.filter(state="applied").count() == 2
    assert numbers.latency(make_tenant()).count == numbers.latency().count == 1


def test_one_letter_can_be_tried_alone(boss):
    make_late_sale()
    make_late_sale()

    post(boss, "replay-letters", letter=DeadLetter.objects.first().pk)

    assert (Sale.objects.count(), DeadLetter.objects.open().count()) == (1, 1)


def test_a_replay_that_fails_again_leaves_a_new_letter():
    product = make_late_sale()
    Product.objects.filter(pk=product.pk).update(
        state="delisted", delisted_at=now() - timedelta(hours=3)
    )

    tried = letters.try_again(DeadLetter.objects.open(), None, dry=False)

    assert tried.tally == {"dead": 1}
    [letter] = DeadLetter.objects.open()
    assert letter.error.startswith("The item was delisted before")


def test_what_nobody_can_replay_is_set_aside(boss):
    DeadLetter.objects.create(tenant=make_tenant(), origin="inbox:malformed", error="not JSON")
    cause = {"origin": "inbox:malformed", "reason": "not JSON"}

    refused = post(boss, "replay-letters", **cause)
    assert b"refused" in refused.content and DeadLetter.objects.open().count() == 1
    post(boss, "set-letters-aside", **cause)

    assert DeadLetter.objects.open().count() == 0
    assert Event.objects.get().data["outcome"] == "set aside"


def test_a_buried_step_starts_again():
    step = _claimed(make_step())
    runner.bury(step, "The file is gone.")
    step.job.refresh_from_db()
    assert step.job.state == "failed"
    Photo.objects.update(original="photos/x.jpg")

    tried = letters.try_again(DeadLetter.objects.open(), None, dry=False)

    step.refresh_from_db()
    assert (tried.tally, step.state) == ({"started again": 1}, "waiting")


def test_a_replay_of_a_thousand_half_of_them_done_before(boss):
    with time_machine.travel(now(), tick=False):
        products = [make_late_sale() for _ in range(40)]
    for product in products[::2]:
        product.become("sold", sale_id=f"S-{product.pk}", price=4000)

    letters.try_again(DeadLetter.objects.open()[:25], None, dry=False)
    letters.try_again(DeadLetter.objects.open(), None, dry=False)

    assert (Sale.objects.count(), DeadLetter.objects.open().count()) == (40, 0)


def make_undelivered():
    """A letter about an event that its receiver did not take."""
    event = record(make_tenant(), "product.delisted", subject=uuid4())
    receiver = Destination.objects.create(tenant=event.tenant, name="shop", address="https://a.is")
    delivery = Delivery.objects.create(
        tenant=event.tenant, event=event, destination=receiver, position=event.position,
        state=Delivery.State.DEAD,
    )  # fmt: skip
    DeadLetter.objects.create(
        tenant=event.tenant, origin="delivery:product.delisted", error="x",
        payload={"delivery": str(delivery.pk)},
    )  # fmt: skip
    return receiver


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "switched off"])
def test_nothing_is_said_to_be_on_its_way_to_a_receiver_that_hears_nothing(gone):
    receiver = make_undelivered()
    if gone:
        receiver.delete()
    else:
        Destination.objects.update(is_active=False)

    tried = letters.try_again(DeadLetter.objects.open(), None, dry=False)

    assert tried.tally == {"refused: its receiver is gone or switched off": 1}
    assert DeadLetter.objects.open().count() == 1
    assert not Delivery.objects.waiting().exists()


def test_what_a_receiver_did_not_take_goes_out_again():
    make_undelivered()

    tried = letters.try_again(DeadLetter.objects.open(), None, dry=False)

    assert tried.tally == {"on its way again": 1}
    assert (DeadLetter.objects.open().count(), Delivery.objects.waiting().count()) == (0, 1)


@pytest.mark.parametrize("name", ["replay-letters", "set-letters-aside"])
def test_only_managers_replay(client, name):
    client.force_login(make_user(role=Membership.Role.REVIEWER))
    make_late_sale()

    assert post(client, name, **EXPIRED).status_code == 403
    assert (Sale.objects.count(), DeadLetter.objects.open().count()) == (0, 1)


def test_another_shops_letters_do_not_exist(boss):
    make_late_sale(tenant=make_tenant("rival"))
    letter = DeadLetter.objects.get()

    assert b"Nothing went wrong" in boss.get(reverse("dead-letters")).content
    post(boss, "replay-letters", letter=letter.pk)
    post(boss, "replay-letters", **EXPIRED)

    assert (Sale.objects.count(), DeadLetter.objects.open().count()) == (0, 1)


def test_the_log_shows_what_came_and_what_waits(boss):
    make_late_sale()
    html = boss.get(reverse("events")).content.decode()

    assert "product.sold" in html and "over an hour old" in html
    assert boss.get(reverse("events"), {"tab": "out"}).status_code == 200


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (
            "The sale S-12 is already known, for another item.",
            "The sale … is already known, for another item.",
        ),
        ("Another event of 6f1d8f0e-1111-4222-8333-123456789abc came.", "Another event of … came."),
        ("The event type 'product.eaten' is not known.", "The event type … is not known."),
        ("The receiver answered 503.", "The receiver answered 503."),
    ],
)
def test_a_cause_is_the_sentence_without_its_names(error, cause):
    assert cause_of(error) == cause


def test_two_items_with_one_trouble_are_one_cause():
    for _ in range(2):
        item = make_product(**FULL)
        item.become("sold", sale_id=f"S-{item.pk}")
        receive_sale(item)

    [cause] = letters.causes(make_tenant())

    assert (cause.reason, cause.count) == ("The item was sold before, as sale ….", 2)


def test_a_press_that_would_take_too_long_leaves_the_rest_for_the_next():
    for _ in range(3):
        make_late_sale()

    tried = letters.try_again(DeadLetter.objects.open(), None, dry=False, seconds=0)

    assert (tried.tally, Sale.objects.count()) == ({letters.LEFT: 3}, 0)


def test_many_causes_and_many_letters_are_paged(boss):
    for number in range(51):
        DeadLetter.objects.create(tenant=make_tenant(), origin=f"step:{number}", error="Gone")
        DeadLetter.objects.create(tenant=make_tenant(), origin="step:many", error="Gone")

    first = boss.get(reverse("dead-letters")).content.decode()
    letters_ = boss.get(reverse("dead-letters") + "?origin=step:many&reason=Gone&page=2")

    assert "1–50 of 52" in first
    assert "51–51 of 51" in letters_.content.decode()


def test_the_log_shows_everything_that_happened_and_how_fast(boss):
    item = make_product(**FULL)
    item.become("sold", sale_id="S-1")
    record(make_tenant(), "CarouselImageProcessed", subject=item.pk, job="j")
    receive_sale(make_product(**FULL))

    everything = boss.get(reverse("events") + "?tab=all").content.decode()
    received = boss.get(reverse("events")).content.decode()

    assert "CarouselImageProcessed" in everything and "product.sold" in everything
    assert "in the median" in received and "1 in the last hour" in received


def test_the_numbers_of_the_exchange_are_counted_by_kind_and_outcome():
    receipt = receive_sale(make_product(**FULL))
    inbox.receive(make_tenant(), inbox.envelope_of(receipt.event))

    [row] = numbers.received()
    samples = {(s.name, *s.labels.values()): s.value for f in numbers.collect() for s in f.samples}

    assert (row.kind, row.applied, row.dead, row.duplicates) == ("product.sold", 1, 0, 1)
    assert samples["carousel_events_received", "product.sold", "duplicates"] == 1
    assert samples["carousel_events_waiting", "outbox"] == Event.objects.unsent().count()
    assert 0 < samples["carousel_sync_seconds", "0.95"] < 5
