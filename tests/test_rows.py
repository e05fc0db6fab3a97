"""What all rows have in common."""

import pytest

from carousel.models import Product
from carousel.rows import add_once
from pricing.models import Sale
from tests.makers import make_product, make_tenant
from tests.pricing_makers import make_sale

pytestmark = pytest.mark.django_db


def test_a_row_is_added_once():
    known = make_sale(sale_id="S-1", price=100)
    fields = {"tenant": known.tenant, "category": "Home", "sold_at": known.sold_at}
    again, new = (Sale(sale_id=name, price=200, **fields) for name in ("S-1", "S-2"))

    assert (add_once(again), add_once(new)) == (False, True)

    assert set(Sale.objects.values_list("sale_id", "price")) == {("S-1", 100), ("S-2", 200)}


def test_a_row_that_was_added_once_is_saved_as_one_that_stands():
    lamp = Product(tenant=make_tenant(), title="Lamp")
    add_once(lamp)

    lamp.title = "Large lamp"
    lamp.save(update_fields=["title"])

    assert Product.objects.get().title == "Large lamp"


def test_a_row_with_the_id_of_another_is_not_added():
    lamp = make_product(title="Lamp")

    assert add_once(Product(id=lamp.pk, tenant=lamp.tenant, title="Chair")) is False

    assert Product.objects.get().title == "Lamp"
