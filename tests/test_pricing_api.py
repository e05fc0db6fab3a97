"""POST /pricing/calculate: the suggestion with all of its evidence, for whoever holds a key."""

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client

from carousel.models import ApiKey, Membership
from pricing import quoting
from pricing.models import Quote
from tests.makers import make_batch, make_embedding, make_photo, make_product, make_tenant
from tests.pricing_makers import direction
from tests.test_pricing_quoting import make_item, make_sales

pytestmark = pytest.mark.django_db
URL = "/api/v1/pricing/calculate"


def caller(tenant=None) -> Client:
    _, token = ApiKey.issue(tenant or make_tenant(), "till", Membership.Role.REVIEWER)
    return Client(headers={"Authorization": f"Bearer {token}"})


def post(client: Client, **body):
    return client.post(URL, body, content_type="application/json")


def test_a_product_is_priced_and_the_quote_is_kept():
    make_sales([4_000, 4_000, 4_000, 5_000, 5_000, 5_000])
    product = make_item()

    answer = post(caller(), productId=str(product.pk)).json()

    assert (answer["price"], answer["currency"], answer["basis"]) == (4_500, "ISK", "picture")
    assert answer["range"]["low"] <= 4_500 <= answer["range"]["high"]
    assert 0 < answer["confidence"] < 1
    assert len(answer["comparables"]) == 6
    assert [step["name"] for step in answer["steps"]] == [
        "base", "traits", "season", "trend", "condition", "general", "quality", "rounding",
    ]  # fmt: skip
    assert [rung["day"] for rung in answer["markdowns"]] == [0, 30, 60, 90]
    assert [rung["price"] for rung in answer["markdowns"]] == [4_500, 3_800, 3_200, 2_300]
    dates = [datetime.fromisoformat(rung["date"]) for rung in answer["markdowns"]]
    assert [(date - dates[0]).days for date in dates] == [0, 30, 60, 90]
    assert Quote.objects.get().pk.hex == answer["quoteId"].replace("-", "")


def test_an_unknown_product_is_404_and_so_is_another_shops():
    product = make_product(make_tenant("charlie"))
    client = caller()

    codes = [post(client, productId=str(pk)).status_code for pk in (uuid4(), product.pk)]

    assert codes == [404, 404]
    assert Quote.objects.count() == 0


def test_a_described_thing_is_priced_and_nothing_is_kept():
    make_sales([4_000] * 6, title="Wool jacket", brand="Tindfell")

    answer = post(
        caller(), category="Women/Jackets", condition="good", title="Wool jacket", brand="Tindfell"
    ).json()

    assert (answer["price"], answer["basis"], answer["quoteId"]) == (4_000, "description", None)
    assert Quote.objects.count() == 0


def test_a_photo_of_the_shop_may_be_shown_instead():
    make_sales([4_000] * 6)
    photo = make_photo(make_batch())
    make_embedding(photo, direction(1))

    answer = post(caller(), category="Women/Jackets", images=[str(photo.pk)]).json()

    assert (answer["price"], answer["basis"]) == (4_000, "picture")


def test_thin_evidence_is_a_plain_no():
    answer = post(caller(), category="Women/Jackets").json()

    assert (answer["price"], answer["range"], answer["silence"]) == (None, None, "no_sales")
    assert answer["explanation"]["en"] == "No similar sales in the window."


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"category": "Hats", "condition": "mint"}, 422),
        ({"category": "Hats", "images": [str(uuid4())]}, 422),
        ({"category": "Hats", "images": ["http://169.254.169.254/"]}, 409),
        ({"category": "Hats", "images": ["https://elsewhere.example/a.jpg"]}, 409),
        ({"category": "Hats", "images": ["x"] * 7}, 422),
        ({"productId": "7"}, 422),
        ({"category": "Hats", "colour of the sea": "blue"}, 422),
    ],
)
def test_what_cannot_be_priced_is_refused(body, status):
    assert post(caller(), **body).status_code == status


def test_nobody_is_let_in_without_a_key():
    assert post(Client(), category="Hats").status_code == 401


def test_the_current_quote_is_read_back():
    make_sales([4_000] * 6)
    product = make_item()
    quote = quoting.quote(product)

    answer = caller().get(f"/api/v1/pricing/products/{product.pk}").json()

    assert (answer["price"], answer["quoteId"]) == (4_000, str(quote.pk))
