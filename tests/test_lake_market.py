"""The market page says what the lake says: months, seasons, brands, movers, and files of them."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from statistics import mean, median

import pyarrow.parquet as pq
import pytest
from django.utils.timezone import now

from carousel.models import Membership
from pricing import market_files, market_plots, trends
from pricing.lake import reading
from pricing.trends import Month, moved
from tests.lakes import make_lake_sales, ship, warehouse
from tests.makers import make_tenant, make_user

__all__ = ["warehouse"]  # a fixture
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
JUNE = datetime(2026, 6, 30, 23, 58, tzinfo=UTC)


def asked(question, *values, tenant=None, **options):
    ship()
    with reading.sales(str((tenant or make_tenant()).pk)) as known:
        return question(known, *values, **options)


def test_the_months_are_the_same_as_counted_by_hand():
    sales = make_lake_sales(5, sold_at=JUNE, category="Hats", price=1_000)
    make_lake_sales(3, sold_at=JUNE, tenant=make_tenant("rival"), category="Hats", price=9_000)

    july, june = asked(trends.monthly, JUNE - timedelta(days=9))

    late = [sale.price for sale in sales if sale.sold_at.month == 7]
    assert (july.year, july.month, july.category) == (2026, 7, "hats")
    assert (july.count, july.average, july.median) == (len(late), mean(late), median(late))
    assert (june.count, june.average) == (2, 1_000.5)


def test_a_category_holds_what_is_under_it_and_nothing_beside_it():
    for category in ("Women", "Women/Hats", "Womenswear"):
        make_lake_sales(1, category=category)

    found = asked(trends.monthly, now() - timedelta(days=90), category="women")

    assert [month.category for month in found] == ["women", "women/hats"]


def test_a_brand_with_nine_sales_is_absent_and_one_with_ten_is_there():
    make_lake_sales(10, brand="Tindfell")
    make_lake_sales(9, brand="Skarfey")
    make_lake_sales(12, brand="Longgone", sold_at=now() - timedelta(days=91))

    [brand] = asked(trends.brands, now())

    assert (brand.brand, brand.count, brand.median) == ("Tindfell", 10, 1_004.5)


def test_a_season_is_measured_against_its_categorys_own_level():
    for month, price in ((1, 3_000), (7, 1_000)):
        start = datetime(2026, month, 5, tzinfo=UTC)
        make_lake_sales(1, category="Coats", sold_at=start, price=price)

    [winter, summer] = asked(trends.seasons, JUNE - timedelta(days=400))["coats"]

    assert (winter.season, winter.count, winter.share) == ("Q1", 1, 1.5)
    assert (summer.season, summer.share) == ("Q3", 0.5)


def test_a_move_is_only_called_sure_when_chance_would_not_do():
    early = [("hats", False, 1_000 + 10 * (n % 5)) for n in range(40)]
    late = [("hats", True, 1_500)] * 4
    few = [("shoes", True, 9_000)] * 2 + [("shoes", False, 1_000)] * 9

    [mover] = moved([*early, *late, *few])

    assert (mover.name, mover.now, mover.before, mover.sure) == ("hats", 4, 40, True)
    assert mover.change == pytest.approx(0.47, abs=0.02)


def test_movers_are_asked_of_the_lake():
    make_lake_sales(9, brand="Fell", sold_at=now() - timedelta(days=30))
    make_lake_sales(3, brand="Fell", sold_at=now() - timedelta(days=2), price=2_000)

    [mover] = asked(trends.movers, now(), "brand")

    assert (mover.name, mover.now, mover.before, mover.sure) == ("fell", 3, 9, True)


def test_a_plot_has_a_place_for_each_month():
    plot = market_plots.counts([Month(2026, 5, "", 10, 1, 1), Month(2026, 6, "", 5, 1, 1)])

    assert [(c.x, c.y, c.height, c.label) for c in plot.columns] == [
        (120, 16, 124, "10 sales"), (360, 78, 62, "5 sales"),
    ]  # fmt: skip
    assert plot.words == "Sales: May 2026 10 sales, Jun 2026 5 sales, highest 10 sales"
    assert market_plots.counts([]).columns == ()


def test_the_page_shows_only_brands_with_ten_sales_and_plots_without_a_script(client):
    client.force_login(make_user(role=Membership.Role.VIEWER))
    make_lake_sales(10, brand="Tindfell")
    make_lake_sales(9, brand="Skarfey")
    ship()

    page = client.get("/prices/market/").content.decode()

    assert "Tindfell" in page and "Skarfey" not in page
    assert '<svg viewBox="0 0 480 160" role="img"' in page
    assert "market/months.csv" not in page  # a viewer takes nothing away


def test_a_lake_that_is_away_is_said_and_the_page_stays(client, settings):
    client.force_login(make_user(role=Membership.Role.VIEWER))
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": "sqlite:////nowhere/catalog"})

    answer = client.get("/prices/market/")

    file, _ = download(client, "months.csv")

    assert answer.status_code == 200
    assert "The lake cannot be read now." in answer.content.decode()
    assert file.status_code == 503 and "The lake cannot be read now." in file.content.decode()


def download(client, address, role=Membership.Role.MANAGER):
    client.force_login(make_user(f"{role}@example.com", role=role))
    answer = client.get(f"/prices/market/{address}")
    return answer, b"".join(answer.streaming_content) if answer.streaming else b""


def test_a_manager_takes_a_years_sales_away_as_parquet(client):
    sales = make_lake_sales(3, brand="Fell")
    make_lake_sales(2, tenant=make_tenant("rival"))
    ship()

    answer, body = download(client, "sales.parquet")
    table = pq.read_table(io.BytesIO(body))

    assert answer["Content-Disposition"].endswith('.parquet"')
    assert table["product_id"].to_pylist() == [sale.product_id for sale in sales]
    assert "embedding" not in table.column_names


def test_a_manager_takes_a_years_sales_away_as_csv(client):
    first, *_ = make_lake_sales(3, brand="Fell", condition="good")
    ship()

    _, body = download(client, "sales.csv")
    told, *more = csv.DictReader(io.StringIO(body.decode()))

    assert (len(more), told["product_id"]) == (2, first.product_id)
    assert (told["sold_price"], told["brand"], told["source"]) == ("1000.000", "Fell", "import")
    assert datetime.fromisoformat(told["sold_date"]) == first.sold_at


def test_a_csv_has_no_formula_that_a_spreadsheet_would_run(client):
    make_lake_sales(10, brand="=HYPERLINK(1)")
    ship()

    _, body = download(client, "brands.csv")

    [head, row] = list(csv.reader(io.StringIO(body.decode())))
    assert head == ["brand", "sales", "average", "median"]
    assert row == ["'=HYPERLINK(1)", "10", "1004.5", "1004.5"]


@pytest.mark.parametrize("name", market_files.FILES)
@pytest.mark.parametrize("kind", market_files.KINDS)
def test_every_table_can_be_taken_away_also_empty(client, name, kind):
    answer, body = download(client, f"{name}.{kind}")

    assert answer.status_code == 200 and body


def test_reviewers_take_nothing_away_and_other_names_are_no_files(client):
    assert download(client, "sales.csv", Membership.Role.REVIEWER)[0].status_code == 403
    assert download(client, "people.csv")[0].status_code == 404
    assert download(client, "sales.xlsx")[0].status_code == 404
