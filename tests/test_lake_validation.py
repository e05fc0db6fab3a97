"""The store and the lake agree; when they do not, the rows are named and it is repaired."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection
from django.utils.timezone import now

from carousel.errors import Retry
from pricing.lake import feed
from pricing.lake import table as lake
from pricing.lake.table import ARROW, Month
from pricing.models import Sale, Validation
from pricing.validation import compare, looking, repair, sides
from pricing.validation.compare import MonthlyCount, Pile, Row
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db
START = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def warehouse(settings, tmp_path):
    settings.LAKE_WAREHOUSE = tmp_path.as_uri()
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog"})


def make_sales(count, **fields):
    tenant = fields.pop("tenant", None) or make_tenant()
    known = {"category": "Home", "currency": "ISK"} | fields
    return Sale.objects.bulk_create(
        Sale(
            **{"tenant": tenant, "sale_id": uuid4().hex, "product_id": uuid4().hex}
            | {"price": 1000 + number, "sold_at": START + timedelta(minutes=number)} | known
        )
        for number in range(count)
    )  # fmt: skip


def month_of_start(tenant=None):
    return Month(str((tenant or make_tenant()).pk), START.year, START.month)


def lose(count, month=None):
    """Take the first rows of a month out of the lake, as a careless hand would."""
    month = month or month_of_start()
    with lake.sales_history() as table:
        kept = table.scan(row_filter=month.rows).to_arrow().cast(ARROW).slice(count)
        lake.replace(table, month, uuid4().hex, [kept] if kept.num_rows else [])


def test_five_per_cent_is_no_alarm_and_a_little_more_is():
    assert compare.variance(1000, 950) == 0.05
    assert not MonthlyCount(2026, 5, Pile(1000), Pile(950)).alerts
    assert MonthlyCount(2026, 5, Pile(1000), Pile(949)).alerts
    assert MonthlyCount(2026, 5, Pile(949), Pile(1000)).alerts
    assert compare.variance(0, 0) == 0


def test_a_row_that_is_missing_twice_is_named_twice():
    row = Row(START, "a", Decimal(1))

    found = compare.difference([row, row, row], [row])

    assert (found.missing, found.extra) == ((row, row), ())


def test_equal_sides_are_equal():
    make_sales(20)
    make_sales(5, tenant=make_tenant("rival"))
    feed.ship_all()

    found = looking.look(make_tenant())

    assert (found.state, found.sales, found.lacks.count()) == ("equal", 20, 0)
    assert found.months == [
        {"month": "2026-05", "store": 20, "lake": 20, "variance": 0, "share": "0.0%",
         "differs": False, "alerts": False},
    ]  # fmt: skip


def test_six_per_cent_that_vanished_are_named_and_brought_back():
    sales = make_sales(100)
    feed.ship_all()
    lose(6)

    found = looking.look(make_tenant())

    assert (found.state, found.months[0]["variance"]) == ("alert", 0.06)
    named = set(found.lacks.values_list("side", "key"))
    assert named == {("missing", sale.product_id) for sale in sales[:6]}
    assert repair.plan(found).send == 6

    after = repair.repair(found)

    assert (after.state, after.lacks.count(), after.months[0]["lake"]) == ("equal", 0, 100)


def test_a_repair_that_is_asked_for_twice_sends_once():
    make_sales(100)
    feed.ship_all()
    lose(6)
    found = looking.look(make_tenant())
    repair.repair(found)

    again = repair.repair(found)

    assert (again.state, again.months[0]["lake"]) == ("equal", 100)


@pytest.mark.django_db(transaction=True)
def test_what_is_shipped_during_a_look_is_no_difference(monkeypatch):
    make_sales(10)
    piles = sides.store_piles
    shipped = Thread(target=ship_and_close)

    def slowly(tenant):
        shipped.start()
        shipped.join(2)
        return piles(tenant)

    monkeypatch.setattr(sides, "store_piles", slowly)

    found = looking.look(make_tenant())
    shipped.join()

    assert (found.state, found.months, found.on_the_way) == ("equal", [], 10)
    assert Validation.objects.count() == 1 and feed.backlog().total == 0


def ship_and_close():
    feed.ship_all()
    connection.close()


def test_a_look_at_a_lake_that_is_away_leaves_no_report(settings):
    make_sales(1)
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": "sqlite:////nowhere/catalog"})

    with pytest.raises(Retry, match="The lake cannot be read now"):
        looking.look(make_tenant())

    assert not Validation.objects.exists()


def test_four_per_cent_are_named_without_an_alarm():
    make_sales(100)
    feed.ship_all()
    lose(4)

    found = looking.look(make_tenant())

    assert (found.state, found.lacks.count()) == ("differs", 4)


def test_a_dry_run_changes_nothing():
    make_sales(10)
    feed.ship_all()
    lose(1)
    found = looking.look(make_tenant())

    said = repair.plan(found).sentence

    assert said.startswith("1 sales are sent again, 0 months")
    assert looking.look(make_tenant()).state == "alert"


def test_a_sale_that_is_in_the_lake_twice_is_there_once_after_the_repair():
    make_sales(10)
    feed.ship_all()
    Sale.objects.filter(price=1000).update(shipment=None)
    feed.ship_all()
    found = looking.look(make_tenant())
    assert list(found.lacks.values_list("side", flat=True)) == ["extra"]

    after = repair.repair(found)

    assert (after.state, after.months[0]["lake"]) == ("equal", 10)


def test_a_price_that_was_changed_afterwards_is_found_and_put_right():
    make_sales(10)
    feed.ship_all()
    Sale.objects.filter(price=1000).update(price=999)
    found = looking.look(make_tenant())
    assert found.lacks.count() == 2

    assert repair.repair(found).state == "equal"


def test_what_only_the_lake_has_is_never_deleted():
    sales = make_sales(10)
    feed.ship_all()
    Sale.objects.filter(pk=sales[0].pk).delete()
    found = looking.look(make_tenant())
    assert repair.plan(found) == repair.Plan(send=0, rewrite=(), only_in_lake=1)

    after = repair.repair(found)

    assert after.months[0]["lake"] == 10
    [lack] = after.lacks.all()
    assert (lack.side, lack.key) == ("extra", sales[0].product_id)


def test_a_sale_on_its_way_is_not_a_difference_until_it_is_late():
    make_sales(10)
    feed.ship_all()
    make_sales(3)

    found = looking.look(make_tenant())
    assert (found.state, found.on_the_way) == ("equal", 3)
    Sale.objects.update(created_at=now() - timedelta(hours=2))
    late = looking.look(make_tenant())

    assert (late.state, late.on_the_way, late.lacks.count()) == ("alert", 0, 3)


def test_old_sales_live_in_the_lake_alone():
    make_sales(10)
    old = make_sales(4, sold_at=now() - timedelta(days=731))
    feed.ship_all()
    Sale.objects.filter(pk__in=[sale.pk for sale in old]).delete()

    assert looking.look(make_tenant()).state == "equal"


def vectors(*kinds):
    known = {
        "good": [1.0] + [0.0] * 1023,
        "zero": [0.0] * 1024,
        "size": [1.0] * 512,
        "nan": [float("nan")] + [1.0] * 1023,
        "missing": None,
    }
    return [known[kind] for kind in kinds]


def test_every_fault_of_a_vector_is_counted():
    make_sales(5, image_key="a.webp")
    feed.ship_all()
    with lake.sales_history() as table:
        month = month_of_start()
        part = table.scan(row_filter=month.rows).to_arrow().cast(ARROW)
        place = ARROW.get_field_index("embedding")
        spoiled = pa.array(
            vectors("good", "zero", "size", "nan", "missing"), ARROW.field("embedding").type
        )
        lake.replace(
            table, month, "spoiled", [part.set_column(place, ARROW.field("embedding"), spoiled)]
        )

    found = looking.look(make_tenant())

    assert found.vectors["lake"] == {"missing": 1, "size": 1, "nan": 1, "zero": 1}
    assert found.vectors["store"]["missing"] == 5


def test_a_vector_of_nothing_in_the_store_is_found():
    make_sales(2, vector=[0.0] * 1024, model="m", image_key="a.webp")
    feed.ship_all()

    assert looking.look(make_tenant()).vectors["store"] == {"missing": 0, "zero": 2}


def test_prices_a_hundred_times_too_high_are_named_with_category_and_sale():
    make_sales(50)
    [wrong, _] = make_sales(2, price=150_000, category="Home")
    feed.ship_all()

    [first, second] = looking.look(make_tenant()).prices["implausible"]

    assert {first["sale_id"], second["sale_id"]} >= {wrong.sale_id}
    assert (first["category"], first["price"]) == ("Home", 150_000)


def test_prices_that_are_spread_differently_raise_the_alarm():
    make_sales(50)
    feed.ship_all()
    Sale.objects.update(price=5000)

    found = looking.look(make_tenant())

    [(category, away)] = found.prices["strayed"]
    assert (category, found.state) == ("Home", "alert") and away > 0.7


def test_the_daily_look_says_how_it_went():
    make_sales(10)
    make_sales(10, tenant=make_tenant("rival"))
    feed.ship_all()
    lose(3)

    assert looking.daily() == "2 tenants looked at, 1 differ"
    assert Validation.objects.finished().count() == 2


def test_a_file_is_inspected_once(monkeypatch):
    vector = np.ones(1024) / 32
    make_sales(3, vector=vector.tolist(), model="m")
    feed.ship_all()
    looking.look(make_tenant())

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("pricing.validation.sides._inspect", never)

    assert looking.look(make_tenant()).vectors["lake"]["size"] == 0
