"""Pictures, analyses and the log of events over the JSON API."""

import pytest

from carousel.events.outbox import record
from carousel.models import ApiKey, Membership, ProductImage
from imaging.models import Analysis, Attribute
from tests.makers import make_photo, make_product, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client):
    _, token = ApiKey.issue(make_tenant(), "front", Membership.Role.MANAGER)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def make_pictured():
    product = make_product(title="Lamp")
    images = [
        ProductImage.objects.create(
            tenant=product.tenant, product=product, photo_id=make_photo().pk, position=number
        )
        for number in range(2)
    ]
    return product, images


def test_another_picture_is_shown_first(ask):
    product, (_, second) = make_pictured()
    url = f"/api/v1/products/{product.pk}/pictures"

    bare = ask.put(f"{url}/{second.pk}/primary")
    told = ask.put(f"{url}/{second.pk}/primary", headers={"If-Match": ask.get(url)["ETag"]})

    assert (bare.status_code, told.status_code) == (428, 200)
    assert [picture["is_primary"] for picture in told.json()] == [False, True]


def test_a_photo_without_an_analysis_is_pending_and_then_it_is_told(ask):
    photo = make_photo()
    url = f"/api/v1/analyses/photos/{photo.pk}"

    pending = ask.get(url)
    made = Analysis.objects.create(
        tenant=photo.tenant, photo=photo, model="local-classify", label="Home/Lamps", confidence=0.9
    )
    Attribute.objects.create(tenant=photo.tenant, analysis=made, name="colour", value="navy")
    told = ask.get(url).json()

    assert (pending.status_code, pending.json()["status"]) == (202, "pending")
    assert (told["label"], told["attributes"][0]["value"]) == ("Home/Lamps", "navy")


def test_an_items_analyses_come_with_what_is_still_pending(ask):
    product, (first, second) = make_pictured()
    photo = product.tenant.photos.get(pk=first.photo_id)
    Analysis.objects.create(tenant=product.tenant, photo=photo, model="local", label="Home/Lamps")

    told = ask.get(f"/api/v1/analyses/products/{product.pk}").json()

    assert [each["photo_id"] for each in told["items"]] == [str(first.photo_id)]
    assert told["pending"] == [str(second.photo_id)]


def test_the_log_is_read_page_by_page_and_each_event_once(ask):
    product = make_product()
    for number in range(5):
        record(product.tenant, "product.edited", subject=product.pk, number=number)
    record(make_tenant("rival"), "product.edited", subject=product.pk)
    numbers, before = [], ""

    while before is not None:
        page = ask.get(f"/api/v1/events/log?limit=2{before and f'&before={before}'}").json()
        numbers += [each["data"]["number"] for each in page["items"]]
        before = page["next"]

    assert numbers == [4, 3, 2, 1, 0]


def test_the_log_is_asked_by_kind_and_subject(ask):
    product = make_product()
    record(product.tenant, "product.edited", subject=product.pk)
    record(product.tenant, "product.deleted", subject=product.pk)

    told = ask.get(f"/api/v1/events/log?kind=product.deleted&subject={product.pk}").json()["items"]

    assert [each["kind"] for each in told] == ["product.deleted"]
