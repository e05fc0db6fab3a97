"""Which photo comes first is learned from staff, for each category and shop by itself."""

import pytest
from django.test import Client
from django.urls import reverse

from carousel.models import ApiKey, Membership, Product
from imaging.analysis import covers
from imaging.analysis.models import Cover
from imaging.models import Batch
from tests.makers import make_batch, make_photo, make_tenant, make_user
from tests.test_products_api import caller
from tests.test_words_steps import product_of

pytestmark = pytest.mark.django_db
FRONT = {"whole": 1, "sharp": 0.8, "lit": 0.9, "clean": 1, "large": 0.3}
CLOSE = {"whole": 0.6, "sharp": 0.8, "lit": 0.9, "clean": 1, "large": 1}
FULL = {"title": "Cap", "condition": "good", "price": 900}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user())
    return client


def make_item(category: str = "Hats", batch: Batch | None = None) -> Product:
    """A draft with a front and a close-up, and our choice between them."""
    batch = batch or make_batch()
    looks = [make_photo(batch, quality=quality, state="ready") for quality in (FRONT, CLOSE)]
    product = product_of(*looks, category=category, **FULL)
    covers.choose(product)
    product.refresh_from_db()
    return product


def first(product: Product) -> int:
    return product.images.get(is_primary=True).position


def prefer_the_close_up(staff: Client, product: Product) -> None:
    image = product.images.get(position=1)
    staff.post(reverse("product-primary", args=[product.pk]), {"image": image.pk})


def test_a_shops_choices_decide_the_next_one_in_the_same_category_only(staff):
    assert first(make_item()) == 0
    for _ in range(3):
        prefer_the_close_up(staff, make_item())

    assert Cover.objects.filter(agrees=False, merits=["large"]).count() == 3
    assert first(make_item("Hats")) == 1
    assert first(make_item("Shoes")) == 0
    assert first(make_item("Hats", make_batch(make_tenant("rival")))) == 0


def test_a_choice_taken_back_teaches_nothing(staff):
    item = make_item()
    prefer_the_close_up(staff, item)

    front = item.images.get(position=0)
    staff.post(reverse("product-primary", args=[item.pk]), {"image": front.pk})

    assert (Cover.objects.get().agrees, Cover.objects.get().merits) == (True, [])
    assert covers.learned(item) == {}


def test_the_page_tells_how_often_staff_kept_our_photo(staff):
    for _ in range(2):
        make_item().become("listed")
    item = make_item()
    prefer_the_close_up(staff, item)

    page = staff.get(reverse("analysis", args=[item.pk])).content.decode()

    assert "Staff kept our first photo of 2 of 3 items in Hats." in page


def test_our_own_choice_teaches_nothing_and_a_programs_does(client):
    item = make_item()
    item.images.get(position=1).make_primary()
    assert not Cover.objects.exists()

    shop = caller(client, ApiKey.issue(item.tenant, "erp", Membership.Role.MANAGER)[1])
    front = item.images.get(position=0)
    address = f"/api/v1/products/{item.pk}/pictures/{front.pk}/primary"
    assert shop("put", address, if_match="*").status_code == 200

    assert Cover.objects.get().agrees
