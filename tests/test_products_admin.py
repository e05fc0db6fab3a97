"""The admin: a fix is an edit with a version and an event; logs are read; a key is shown once."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from carousel import models
from carousel.events.models import Source
from carousel.models import Event
from tests.makers import make_product, make_tenant, make_user

pytestmark = pytest.mark.django_db
OURS = [
    models.Product, models.Event, models.InboxEvent, models.Delivery, models.DeadLetter,
    models.Source, models.Destination,
]  # fmt: skip


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("model", OURS)
def test_every_table_has_its_page(root, model):
    meta = model._meta
    answer = root.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))

    assert model in admin.site._registry and answer.status_code == 200


def change(product, **words):
    known = {"title": product.title, "currency": "ISK", "attributes": "{}"}
    return reverse("admin:carousel_product_change", args=[product.pk]), known | words | {
        "images-TOTAL_FORMS": 0, "images-INITIAL_FORMS": 0,
    }  # fmt: skip


def test_a_fix_of_what_is_on_sale_tells_the_storefront(root):
    product = make_product(title="Lamp", price=500, state="listed")

    url, data = change(product, title="Blue lamp", price="500")
    answer = root.post(url, data)

    product.refresh_from_db()
    assert (answer.status_code, product.title, product.state) == (302, "Blue lamp", "updated")
    assert product.edited_fields == ["title"]
    assert Event.objects.get().kind == "product.updated"


def test_what_was_sold_stays_as_it_was(root):
    product = make_product(title="Lamp", price=500, state="sold")

    url, data = change(product, title="Other", price="500", currency="EUR")
    answer = root.post(url, data, follow=True)

    assert [str(said) for said in answer.context["messages"]] == [
        "Not saved. Lamp is sold: its words stay as they were."
    ]
    product.refresh_from_db()
    assert (product.title, product.currency, product.version) == ("Lamp", "ISK", 1)
    assert LogEntry.objects.count() == 0


def test_another_currency_is_a_change_of_the_item_like_any_other(root):
    product = make_product(title="Lamp", price=500, state="listed")

    url, data = change(product, price="500", currency="EUR")
    root.post(url, data)

    product.refresh_from_db()
    assert (product.currency, product.state, product.version) == ("EUR", "updated", 3)
    assert Event.objects.get().data["changes"] == {"currency": ["ISK", "EUR"]}


@pytest.mark.parametrize("name", ["event", "inboxevent", "delivery", "deadletter"])
def test_what_happened_cannot_be_rewritten(root, name):
    assert root.get(reverse(f"admin:carousel_{name}_add")).status_code == 403


def test_a_key_is_shown_once(root):
    source = Source.objects.create(tenant=make_tenant(), name="storefront")
    url = reverse("admin:carousel_source_changelist")

    answer = root.post(url, {"action": "new_key", "_selected_action": [source.pk]}, follow=True)

    source.refresh_from_db()
    assert source.keys[0] in answer.content.decode()
    assert source.keys[0] not in root.get(url).content.decode()
