"""Partners that are not told for long raise an alarm, each by its name."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now

from carousel.events import checks, relay
from carousel.events.models import Destination, Event
from carousel.events.outbox import record
from carousel.ops import alerts
from carousel.ops.models import Alert
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db


def make_event(**age):
    event = record(make_tenant(), "product.delisted", subject=uuid4())
    Event.objects.filter(pk=event.pk).update(created_at=now() - timedelta(**age))


def make_destination(**fields):
    return Destination.objects.create(
        tenant=make_tenant(), name="storefront", address="https://shop.example/hook", **fields
    )


def test_what_the_relay_leaves_for_two_minutes_is_told_until_it_is_handed_out():
    make_event(seconds=119)
    assert list(checks.late()) == []
    make_event(seconds=181)

    assert list(checks.late()) == [
        ("", "2 events are not handed out, the oldest for 3\xa0minutes.")
    ]
    relay.fan_out()
    assert list(checks.late()) == []


def test_a_receiver_that_takes_nothing_for_a_quarter_of_an_hour_is_named():
    storefront = make_destination()
    make_event(minutes=14)
    relay.fan_out()
    assert list(checks.late()) == []
    make_event(minutes=16)
    relay.fan_out()

    [(subject, said)] = checks.late()

    assert subject == f"Acme: storefront ({str(storefront.pk)[:8]})"
    assert said == "2 events are not delivered, the oldest for 16\xa0minutes."


def test_the_longest_names_of_a_shop_and_a_receiver_do_not_silence_the_alarms():
    shop = make_tenant(name="S" * 100)
    storefront = make_destination()
    Destination.objects.update(name="R" * 100)
    make_event(minutes=16)
    relay.fan_out()

    alerts.look()

    [alert] = Alert.objects.filter(kind="partners")
    assert alert.subject == f"{shop.name}: {'R' * 100} ({str(storefront.pk)[:8]})"


def test_a_receiver_that_was_switched_off_is_not_waited_for():
    storefront = make_destination()
    make_event(minutes=16)
    relay.fan_out()

    Destination.objects.filter(pk=storefront.pk).update(is_active=False)

    assert list(checks.late()) == []
