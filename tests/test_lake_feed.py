"""Sales in the lake: each once, whatever dies, in files that anybody can read."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow.dataset as ds
import pytest
from django.db import connection
from django.utils.timezone import now

from pricing.lake import feed
from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.lake.table import Month
from pricing.models import Sale
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db
MAY = datetime(2026, 5, 31, 23, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def warehouse(settings, tmp_path):
    """A lake of this test's own; the catalog of the house is seen in the last test."""
    settings.LAKE_WAREHOUSE = tmp_path.as_uri()
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog"})
    return tmp_path


def make_sale(**fields):
    name = uuid4().hex
    known = {"sale_id": name, "product_id": name, "price": 4500, "sold_at": MAY, "category": "Home"}
    return Sale.objects.create(**{"tenant": make_tenant()} | known | fields)


def make_pictured(**fields):
    vector = np.random.default_rng(1).normal(size=1024)
    vector /= np.linalg.norm(vector)
    return make_sale(vector=vector.tolist(), model="carousel-descriptor-1", **fields)


def paths(month=None):
    with lake.sales_history() as table:
        found = lake.files(table, month)
    return [file.file_path.removeprefix("file://") for file in found]


def rows():
    return ds.dataset(paths()).to_table().to_pylist() if paths() else []


def test_the_table_has_the_twelve_columns_and_their_types():
    with lake.sales_history() as table:
        fields = table.schema().fields

    assert [(field.name, str(field.field_type)) for field in fields] == [
        ("product_id", "string"), ("tenant_id", "string"), ("category", "string"),
        ("brand", "string"), ("condition", "string"), ("sold_price", "decimal(15, 3)"),
        ("sold_date", "timestamptz"), ("season", "string"), ("image_s3_key", "string"),
        ("embedding", "list<double>"), ("description", "string"), ("source", "string"),
    ]  # fmt: skip


def test_a_sale_arrives_as_it_is():
    sale = make_pictured(brand="Öx", condition="good", description="þula", image_key="a.webp")

    feed.ship()

    [row] = rows()
    vector = row.pop("embedding")
    assert row == {
        "product_id": sale.product_id, "tenant_id": str(sale.tenant_id), "category": "Home",
        "brand": "Öx", "condition": "good", "sold_price": Decimal("4500.000"), "sold_date": MAY,
        "season": "Q2", "image_s3_key": "a.webp", "description": "þula", "source": "import",
    }  # fmt: skip
    assert len(vector) == 1024 and np.linalg.norm(vector) == pytest.approx(1, abs=0.01)


def test_a_sale_without_a_picture_or_a_product_arrives_too():
    make_sale(product_id="", sale_id="S-1", price=1250, currency="EUR")
    make_pictured()

    feed.ship()

    bare = next(row for row in rows() if row["embedding"] is None)
    assert (bare["product_id"], bare["sold_price"]) == ("sale:S-1", Decimal("12.500"))
    assert (bare["brand"], bare["description"]) == (None, None)


def test_another_reader_finds_the_declared_types():
    make_pictured()
    feed.ship()

    told = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet({paths()})").fetchall()

    assert {name: kind for name, kind, *_ in told} == {
        "product_id": "VARCHAR", "tenant_id": "VARCHAR", "category": "VARCHAR",
        "brand": "VARCHAR", "condition": "VARCHAR", "sold_price": "DECIMAL(15,3)",
        "sold_date": "TIMESTAMP WITH TIME ZONE", "season": "VARCHAR", "image_s3_key": "VARCHAR",
        "embedding": "DOUBLE[]", "description": "VARCHAR", "source": "VARCHAR",
    }  # fmt: skip


def test_a_question_about_one_month_opens_that_months_files_only():
    rival = make_tenant("rival")
    for tenant in (make_tenant(), rival):
        for days in (0, 1, 40, 400):
            make_sale(tenant=tenant, sold_at=MAY + timedelta(days=days))
    feed.ship()

    june = paths(Month(str(rival.pk), 2026, 6))

    assert len(paths()) == 8
    assert [path.split("/data/")[1].rsplit("/", 1)[0] for path in june] == [f"{rival.pk}/2026-06"]


def test_what_was_shipped_is_not_shipped_again():
    make_sale()
    assert (feed.ship_all(), feed.ship_all()) == (1, 0)
    make_sale()
    assert feed.ship_all() == 1

    assert len(rows()) == 2


def test_many_sales_go_in_few_files():
    for _ in range(60):
        make_sale()

    feed.ship()

    assert (len(paths()), len(rows())) == (1, 60)


def expire_leases():
    Shipment.objects.update(lease_until=now() - timedelta(seconds=1))


@pytest.mark.parametrize("place", ["by_month", "lake.write", "lake.add", "_finish"])
def test_whoever_dies_on_the_way_is_finished_by_the_next(monkeypatch, place):
    for _ in range(3):
        make_sale()
    real_add = lake.add

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    def add_and_die(*arguments: object) -> None:
        real_add(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(f"pricing.lake.feed.{place}", add_and_die if place == "lake.add" else die)
        feed.ship()
    assert feed.recover() == 0  # its lease still stands
    expire_leases()

    feed.recover()

    assert len(rows()) == 3 and Shipment.objects.get().state == "done"
    assert feed.backlog().since is None


def test_few_sales_wait_for_company_but_not_for_long():
    make_sale()
    assert feed.run() == "1 sales wait for company"

    Sale.objects.update(created_at=now() - feed.PATIENCE)

    assert feed.run() == "1 sales shipped"


def test_the_backlog_says_how_much_waits_and_since_when():
    make_sale(tenant=make_tenant("rival"))
    old = make_sale(created_at=now() - timedelta(minutes=20))

    known = feed.backlog(make_tenant())

    assert (known.waiting, known.since, known.is_late) == (1, old.created_at, True)
    feed.ship_all()
    assert feed.backlog().since is None


@pytest.mark.django_db(transaction=True)
def test_the_catalog_of_the_house_is_our_own_database(settings):
    settings.LAKE_CATALOG = ""
    make_sale()

    feed.ship()

    with connection.cursor() as cursor:
        cursor.execute("SELECT table_namespace, table_name FROM iceberg_tables")
        assert cursor.fetchall() == [("carousel", "sales_history")]
        cursor.execute("DROP TABLE iceberg_tables, iceberg_namespace_properties")
