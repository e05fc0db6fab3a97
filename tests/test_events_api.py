"""The signed door for partners: who is let in, what they are told, what strangers can do."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import now

from carousel.events.signing import new_key, sign
from carousel.models import DeadLetter, InboxEvent, Source
from carousel.tenants import walls
from pricing.models import Sale
from tests.makers import make_product, make_tenant, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/events"
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500, "state": "listed"}


def make_source(tenant=None, name="storefront"):
    source = Source.objects.create(tenant=tenant or make_tenant(), name=name)
    return source, source.add_key()


def make_sale(product=None, **fields):
    product = product or make_product(**FULL)
    detail = {
        "tenant_id": str(make_tenant().pk), "product_id": str(product.pk),
        "sale_id": f"S-{product.pk}", "price": 4000, "currency": "ISK",
    }  # fmt: skip
    return {
        "id": str(uuid4()), "detail-type": "product.sold", "source": "storefront",
        "time": (now() - timedelta(minutes=1)).isoformat(), "detail": detail,
    } | fields  # fmt: skip


def deliver(client, source, key, event, *, at=None, body=None, **headers):
    content = body if body is not None else json.dumps(event).encode()
    stamp = int(time.time() if at is None else at)
    known = {
        "carousel-source": str(source.pk),
        "webhook-id": "msg_1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(key, "msg_1", stamp, content),
    }
    return client.post(
        URL, content, content_type="application/json",
        headers=known | {name.replace("_", "-"): value for name, value in headers.items()},
    )  # fmt: skip


def test_a_signed_event_is_taken_once(client):
    source, key = make_source()
    event = make_sale()

    first, second = deliver(client, source, key, event), deliver(client, source, key, event)

    assert (first.status_code, first.json()["outcome"]) == (202, "taken")
    assert first.json()["state"] == "applied"
    assert (second.status_code, second.json()["outcome"]) == (200, "duplicate")
    assert Sale.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook_signature": ""},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": "v1,ö"},
        {"webhook_id": "msg_2"},
        {"webhook_id": ""},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "9" * 5000},
        {"carousel_source": str(uuid4())},
        {"carousel_source": "'; DROP TABLE"},
    ],
)
def test_a_request_that_is_not_signed_right_is_refused_and_does_nothing(client, headers):
    source, key = make_source()

    answer = deliver(client, source, key, make_sale(), **headers)

    assert (answer.status_code, Sale.objects.count(), InboxEvent.objects.count()) == (401, 0, 0)


def test_another_sources_key_opens_nothing(client):
    source, _ = make_source()
    _, theirs = make_source(make_tenant("rival"))

    assert deliver(client, source, theirs, make_sale()).status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 202), (299, 202), (301, 401)])
def test_a_clock_may_be_five_minutes_off(client, seconds, status):
    source, key = make_source()
    with time_machine.travel(now(), tick=False):
        answer = deliver(client, source, key, make_sale(), at=time.time() + seconds)

    assert answer.status_code == status


def test_a_body_that_was_written_anew_is_not_what_was_signed(client):
    source, key = make_source()
    event = make_sale()
    stamp = int(time.time())
    signature = sign(key, "msg_1", stamp, json.dumps(event).encode())
    anew = json.dumps(event, indent=1).encode()

    answer = deliver(client, source, key, event, body=anew, webhook_signature=signature)

    assert answer.status_code == 401


def test_one_good_signature_of_three_is_enough(client):
    source, key = make_source()
    event = make_sale()
    body, stamp = json.dumps(event).encode(), int(time.time())
    signatures = [sign(one, "msg_1", stamp, body) for one in (new_key(), key, new_key())]

    answer = deliver(client, source, key, event, webhook_signature=" ".join(signatures))

    assert answer.status_code == 202


def test_a_key_is_replaced_without_losing_an_event(client):
    source, old = make_source()
    new = source.add_key()
    assert deliver(client, source, old, make_sale()).status_code == 202
    assert deliver(client, source, new, make_sale()).status_code == 202

    source.drop_key(old)

    assert deliver(client, source, old, make_sale()).status_code == 401
    assert deliver(client, source, new, make_sale()).status_code == 202


def test_keys_are_not_readable_in_the_database(client):
    source, key = make_source()

    assert key not in str(Source.objects.values().get())
    assert source.keys == [key]


def test_bad_signatures_leave_one_letter_with_a_count(client):
    source, _ = make_source()
    for _ in range(5):
        deliver(client, source, new_key(), make_sale())

    letter = DeadLetter.objects.get()
    assert (letter.cause, letter.category, letter.attempts) == ("bad signature", "permanent", 5)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"specversion": "0.3"}',
        json.dumps({"id": "\x00"}).encode(), b'{"id":' + b"[" * 880 + b"]" * 880 + b"}",
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_kept_and_answered_for_good(client, body):
    source, key = make_source()

    answer = deliver(client, source, key, None, body=body)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert DeadLetter.objects.get().origin == "inbox:malformed"


def test_a_time_that_nobody_could_read_again_is_not_taken(client):
    source, key = make_source()

    answer = deliver(client, source, key, make_sale(time="0001-01-01T00:00:00+14:00"))

    assert (answer.status_code, InboxEvent.objects.count()) == (422, 0)
    client.force_login(make_user(role="manager"))
    assert client.get("/events/").status_code == 200


def test_an_event_for_another_tenant_is_not_taken(client):
    source, key = make_source()
    event = make_sale()
    event["detail"]["tenant_id"] = str(make_tenant("rival").pk)

    assert deliver(client, source, key, event).status_code == 422
    assert Sale.objects.count() == 0


def test_one_id_with_two_bodies_is_answered_with_409(client):
    source, key = make_source()
    event = make_sale()
    deliver(client, source, key, event)
    event["detail"]["price"] = 1

    assert deliver(client, source, key, event).status_code == 409


def test_a_source_that_was_switched_off_is_a_stranger(client):
    source, key = make_source()
    Source.objects.update(is_active=False)

    assert deliver(client, source, key, make_sale()).status_code == 401


@pytest.fixture
def behind_the_walls(settings):
    """As the web server runs: a role that owns nothing, and no tenant named yet."""
    settings.WALLED = True

    @contextmanager
    def acting() -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {walls.ROLE}")
            cursor.execute("RESET app.tenant")
            try:
                yield
            finally:
                cursor.execute("RESET ROLE")
                cursor.execute("RESET app.tenant")

    return acting


def test_the_signature_opens_the_wall_of_its_own_tenant(client, behind_the_walls):
    source, key = make_source()
    event = make_sale()

    with behind_the_walls():
        answer = deliver(client, source, key, event)

    assert (answer.status_code, Sale.objects.count()) == (202, 1)


def test_a_bad_signature_is_noted_behind_the_wall_too(client, behind_the_walls):
    source, _ = make_source()
    event = make_sale()

    with behind_the_walls():
        answer = deliver(client, source, new_key(), event)

    assert (answer.status_code, DeadLetter.objects.get().cause) == (401, "bad signature")
