"""Events that never came are found in the partner's own list, and count once when taken."""

import io
import json
import random
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils.timezone import now

from carousel.events import inbox, reconciling
from carousel.events.envelope import opened
from carousel.models import DeadLetter, InboxEvent, Membership, Product, Reconciliation
from pricing.models import Sale
from tests.makers import make_product, make_tenant, make_user

pytestmark = pytest.mark.django_db
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500, "state": "listed"}


def make_line(product, at=None, kind="product.sold", name=None, **detail):
    """One event as the partner wrote it down, a day ago."""
    known = {"tenant_id": str(make_tenant().pk), "product_id": str(product), "price": 4000}
    known |= {"sale_id": f"S-{product}", "currency": "ISK"} | detail
    at = at or now() - timedelta(days=1)
    told = {"id": name or f"e-{kind}-{product}", "detail-type": kind, "source": "storefront"}
    return json.dumps(told | {"time": at.isoformat(), "detail": known}).encode()


def come(line):
    inbox.receive(make_tenant(), opened(line), however_old=True)


def test_three_per_cent_of_a_days_events_that_were_lost_are_found_and_taken():
    items = [make_product(**FULL) for _ in range(200)]
    lines = [make_line(item.pk) for item in items]
    lost = set(random.Random(7).sample(range(200), 6))
    for place, line in enumerate(lines):
        if place not in lost:
            come(line)

    told = reconciling.reconcile(make_tenant(), "day", lines, apply=False)
    assert (told.tally, Sale.objects.count()) == ({"known": 194, "missing": 6}, 194)
    assert {row["product"] for row in told.missing} == {str(items[n].pk) for n in lost}

    taken = reconciling.reconcile(make_tenant(), "day", lines, apply=True)
    again = reconciling.reconcile(make_tenant(), "day", lines, apply=True)

    assert taken.tally == {"known": 194, "applied": 6}
    assert again.tally == {"known": 200}
    assert (Sale.objects.count(), DeadLetter.objects.count()) == (200, 0)
    assert not Product.objects.exclude(state="sold").exists()


def test_a_lost_listing_is_taken_before_its_lost_sale():
    item, start = make_product(**FULL | {"state": "draft"}), now() - timedelta(days=1)
    sale = make_line(item.pk, start + timedelta(minutes=5))
    listing = make_line(item.pk, start, "product.listed")

    found = reconciling.reconcile(make_tenant(), "day", [sale, listing], apply=True)

    item.refresh_from_db()
    assert (item.state, found.tally) == ("sold", {"applied": 2})


def test_another_body_another_shop_and_nonsense_are_counted_and_change_nothing():
    item = make_product(**FULL)
    come(make_line(item.pk))
    lines = [
        make_line(item.pk, price=9),
        make_line(item.pk, name="x", tenant_id=str(make_tenant("rival").pk)),
        make_line(make_product(**FULL).pk, more="\x00"),
        b"not json",
        b"  ",
    ]

    found = reconciling.reconcile(make_tenant(), "day", lines, apply=True)

    assert found.tally == {"unreadable": 3, "differs": 1}
    assert InboxEvent.objects.count() == 1


def test_every_night_the_exports_in_the_storage_are_taken():
    item = make_product(**FULL)
    key = f"exports/{make_tenant().pk}/2026-11-24.jsonl"
    default_storage.save(key, ContentFile(make_line(item.pk)))

    assert reconciling.nightly() == "1 exports compared, 1 events had not come"
    assert reconciling.nightly() == "0 exports compared, 0 events had not come"

    assert (Sale.objects.count(), default_storage.exists(key)) == (1, False)


def test_the_command_only_tells_until_it_is_told_to_apply(tmp_path, capsys):
    path = tmp_path / "day.jsonl"
    path.write_bytes(make_line(make_product(**FULL).pk) + b"\n")

    call_command("reconcile", path, tenant="acme")
    call_command("reconcile", path, tenant="acme", apply=True)

    assert capsys.readouterr().out == '{"missing": 1}\n{"applied": 1}\n'


def send(client, role, **fields):
    client.force_login(make_user(f"{role}@example.com", role=role))
    return client.post("/events/exports/", fields)


def test_a_manager_compares_on_the_page_and_sees_what_had_not_come(client):
    item = make_product(**FULL)
    file = io.BytesIO(make_line(item.pk))
    file.name = "day.jsonl"

    answer = send(client, Membership.Role.MANAGER, export=file, apply="1")
    shown = client.get(answer["Location"]).content.decode()

    assert Sale.objects.count() == 1
    assert "day.jsonl" in shown and "applied 1" in shown and str(item.pk) in shown


def test_reviewers_and_other_shops_do_not(client):
    reconciling.reconcile(make_tenant("rival"), "theirs", [], apply=False)

    assert send(client, Membership.Role.REVIEWER).status_code == 403
    assert "theirs" not in client.get("/events/exports/").content.decode()
    assert send(client, Membership.Role.MANAGER).status_code == 409  # no file
    assert Reconciliation.objects.count() == 1
