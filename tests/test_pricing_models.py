"""Sales, quotes and comparables: what the database itself refuses."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from pricing.models import Comparable, Lesson, Quote, Sale
from tests.makers import make_product, make_tenant
from tests.pricing_makers import make_quote, make_sale

pytestmark = pytest.mark.django_db


def refused(make, **fields) -> bool:
    try:
        with transaction.atomic():
            make(**fields)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    ("sold_at", "season"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "Q1"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "Q1"),
        (datetime(2026, 4, 1, tzinfo=UTC), "Q2"),
        (datetime(2026, 12, 31, tzinfo=UTC), "Q4"),
    ],
)
def test_the_season_follows_from_the_date(sold_at, season):
    sale = make_sale(sold_at=sold_at)

    sale.refresh_from_db()
    assert sale.season == season


def test_a_season_that_disagrees_with_the_date_cannot_be_written():
    sale = make_sale(sold_at=datetime(2026, 1, 1, tzinfo=UTC))

    Sale.objects.filter(pk=sale.pk).update(sold_at=datetime(2026, 8, 1, tzinfo=UTC))

    sale.refresh_from_db()
    assert sale.season == "Q3"


def test_a_sale_id_is_taken_once_and_for_ever_by_each_tenant():
    make_sale(sale_id="s1")

    assert refused(make_sale, sale_id="s1")
    assert not refused(make_sale, sale_id="s1", tenant=make_tenant("charlie"))


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 0},
        {"price": -5},
        {"price": None},
        {"currency": "isk"},
        {"currency": ""},
        {"condition": "mint"},
        {"vector": [1.0] + [0.0] * 1023, "model": ""},
        {"model": "some-model"},
        {"listed_at": now() + timedelta(days=1)},
    ],
)
def test_nonsense_is_no_sale(fields):
    assert refused(make_sale, **fields)
    assert Sale.objects.count() == 0


def test_sales_are_found_in_a_category_and_below_it_whatever_the_case():
    coat, jacket, other = (
        make_sale(category=path) for path in ("Women/Coats", "women/coats/Parkas", "Women/Coatsish")
    )

    assert set(Sale.objects.within("women/coats")) == {coat, jacket}
    assert set(Sale.objects.within("women")) == {coat, jacket, other}


@pytest.mark.parametrize(
    "fields",
    [
        {"price": None, "low": None, "high": None, "silence": ""},
        {"price": 100, "low": 90, "high": 110, "silence": "too_few"},
        {"price": 100, "low": None, "high": 110},
        {"price": 100, "low": 101, "high": 110},
        {"price": 100, "low": 90, "high": 99},
        {"price": 0, "low": 0, "high": 0},
        {"confidence": 1.5},
    ],
)
def test_a_quote_is_a_price_in_its_range_or_says_why_not(fields):
    assert refused(make_quote, **fields)


def test_a_product_has_one_current_quote():
    product = make_product()
    make_quote(product)

    assert refused(make_quote, product=product)
    assert not refused(make_quote, product=product, is_current=False)


def test_a_comparable_weighs_or_says_why_not():
    quote = make_quote()
    fields = {
        "tenant": quote.tenant, "quote": quote, "position": 0, "price": 1, "sold_at": now(),
        "similarity": 0.9, "basis": "picture",
    }  # fmt: skip

    assert refused(Comparable.objects.create, **fields)
    assert refused(Comparable.objects.create, **fields, excluded="struck", weight=1)
    assert not refused(Comparable.objects.create, **fields, excluded="struck")


def test_a_comparable_outlives_its_sale():
    sale = make_sale(price=4_200)
    quote = make_quote()
    comparable = quote.comparables.create(
        tenant=quote.tenant, sale=sale, position=0, price=sale.price, sold_at=sale.sold_at,
        similarity=0.9, basis="picture", excluded="outlier",
    )  # fmt: skip

    sale.delete()

    comparable.refresh_from_db()
    assert (comparable.sale, comparable.price) == (None, 4_200)


def test_one_lesson_is_current():
    Lesson.objects.create(tenant=make_tenant(), currency="ISK")

    assert refused(Lesson.objects.create, tenant=make_tenant(), currency="ISK")
    assert Quote.objects.count() == 0
