"""The invented year: always the same, quick, complete, and with pictures that look alike."""

import datetime as dt
from uuid import uuid4

import numpy as np
import pytest
from django.db.models import Max
from django.utils.timezone import now

from carousel import storage
from imaging.analysis import exemplars
from imaging.analysis.models import Exemplar
from pricing import catalogue, lessons
from pricing.demo import market, seed_demo_sales, seeding
from pricing.models import Sale
from tests.makers import make_tenant

TODAY = dt.date(2026, 11, 20)


def test_the_same_number_is_always_the_same_sale():
    assert market.sale(7, TODAY) == market.sale(7, TODAY)
    assert seeding.draw(market.sale(7, TODAY)) == seeding.draw(market.sale(7, TODAY))


def test_prices_follow_condition_brand_and_season():
    sales = [market.sale(number, TODAY) for number in range(market.SALES)]

    def typical(**wanted: str) -> float:
        logs = [
            np.log(sale.price / sale.kind.price)
            for sale in sales
            if all(getattr(sale, name) == value for name, value in wanted.items())
        ]
        return float(np.mean(logs))

    assert typical(condition="new_with_tags") > typical(condition="good") + 0.2
    assert typical(brand="Tindfell") > typical(brand="Kvistá") + 0.5
    assert all(sale.price > 0 and 1 <= sale.ago <= market.DAYS for sale in sales)


def test_things_of_one_kind_and_colour_look_more_alike_than_others():
    sales = [market.sale(number, TODAY) for number in range(150)]
    drawn = [(sale, np.array(seeding.draw(sale).vector)) for sale in sales]
    pairs = [(a, b, float(x @ y)) for a, x in drawn for b, y in drawn if a.number < b.number]

    same = [s for a, b, s in pairs if a.kind == b.kind and a.colour == b.colour]
    other = [s for a, b, s in pairs if a.kind != b.kind and a.colour != b.colour]
    assert np.mean(same) > np.mean(other) + 0.15


@pytest.mark.django_db
def test_seeding_twice_adds_nothing():
    tenant = make_tenant()

    added = [seed_demo_sales(tenant, most=60) for _ in range(2)]

    assert added == [60, 0]
    assert Sale.objects.filter(tenant=tenant).count() == 60
    assert lessons.current(tenant).factors.sales == 60
    sale = Sale.objects.get(sale_id="demo-0000")
    assert storage.read_bytes(sale.image_key)[:4] == b"RIFF"


@pytest.mark.django_db
def test_an_old_demo_is_brought_up_to_date():
    tenant = make_tenant()
    seed_demo_sales(tenant, most=40)
    for sale in Sale.objects.all():
        sale.listed_at -= dt.timedelta(days=100)
        sale.sold_at -= dt.timedelta(days=100)
        sale.save()

    seed_demo_sales(tenant, most=40)

    newest = Sale.objects.aggregate(newest=Max("sold_at"))["newest"]
    assert now() - newest < dt.timedelta(days=3)


@pytest.mark.django_db
def test_what_was_sold_knows_its_neighbours_and_votes_on_kinds():
    tenant = make_tenant()
    seed_demo_sales(tenant, most=200)
    jacket = Sale.objects.filter(category="Clothing/Jackets").first()

    found = catalogue.neighbours(tenant, jacket.vector, jacket.model, 5)

    assert (found[0].category, round(found[0].similarity, 2)) == ("Clothing/Jackets", 1.0)
    assert catalogue.neighbours(make_tenant("charlie"), jacket.vector, jacket.model, 5) == []
    exemplar = Exemplar.objects.get(key=f"sale:{jacket.sale_id}")
    first = exemplars.ballots(tenant, uuid4(), exemplar.vector)[0]
    assert (first.value, round(first.similarity, 2)) == ("Clothing/Jackets", 1.0)
