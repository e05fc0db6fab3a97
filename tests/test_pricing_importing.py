"""Sales from files and from the old database: every row once, wrong ones named, on after a kill."""

import csv
import datetime as dt
import io
import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now
from PIL import Image
from pyarrow import parquet

from carousel import storage
from carousel.models import Tenant, User
from pricing import cells, handed_in, importing, legacy, reading
from pricing.importing import Plan
from pricing.models import Import, Sale
from tests.makers import make_tenant, make_user

pytestmark = pytest.mark.django_db
RECENT = f"{now() - timedelta(days=30):%Y-%m-%d}"
GOOD = {
    "sold_at": RECENT, "price": "4500", "currency": "ISK", "category": "Women > Jackets",
    "brand": "Tindfell", "condition": "Very good", "title": "Wool jacket", "color": "Navy",
    "material": "Wool", "size": "M", "sale_id": "s1",
}  # fmt: skip


def make_csv(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "sales.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*GOOD, "image"], restval="")
        writer.writeheader()
        writer.writerows(GOOD | row for row in rows)
    return path


def told(path: Path, *options: str) -> dict:
    out = io.StringIO()
    try:
        call_command("import_sales", str(path), "--tenant", "acme", "--json", *options, stdout=out)
    except SystemExit as stop:
        assert stop.code == 1
    return json.loads(out.getvalue())


def test_a_row_becomes_a_sale(tmp_path):
    make_tenant()

    result = told(make_csv(tmp_path, {}))

    sale = Sale.objects.get()
    assert (result["added"], result["refused"]) == (1, 0)
    assert (sale.sale_id, sale.price, sale.currency, sale.category) == (
        "s1", 4500, "ISK", "Women/Jackets",
    )  # fmt: skip
    assert (sale.condition, sale.colour, sale.material, sale.size) == (
        "very_good", "Navy", "Wool", "M",
    )  # fmt: skip
    assert f"{sale.sold_at:%Y-%m-%d}" == RECENT


def test_a_dry_run_says_the_same_and_changes_nothing(tmp_path):
    make_tenant()
    path = make_csv(tmp_path, {}, {"sale_id": "s2", "price": "free"})

    would = told(path, "--dry-run")

    assert (Sale.objects.count(), Import.objects.count()) == (0, 0)
    did = told(path)
    names = ("rows", "added", "known", "refused", "errors")
    assert [would[name] for name in names] == [did[name] for name in names]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"price": "free"}, "“free” is not a price."),
        ({"price": "nan"}, "The price is not a finite number."),
        ({"price": "inf"}, "The price is not a finite number."),
        ({"price": "-5"}, "A price of -5 cannot be."),
        ({"price": "0"}, "A price of 0 cannot be."),
        ({"price": "1e30"}, "A price of 1E+30 cannot be."),
        ({"sold_at": "last week"}, "sold_at “last week” is not a date."),
        ({"sold_at": ""}, "There is no date of sale."),
        (
            {"sold_at": "2999-01-01"},
            "sold_at 2999-01-01 cannot be: it is too long ago or yet to come.",
        ),
        ({"sold_at": "2001-01-01"}, "Sold 2001-01-01: sales are kept for two years."),
        ({"currency": "k7r"}, "“k7r” is not a currency."),
        ({"category": " / "}, "There is no category."),
    ],
)
def test_a_wrong_row_is_named_and_the_others_go_on(tmp_path, row, why):
    make_tenant()

    result = told(make_csv(tmp_path, row, {"sale_id": "s2"}))

    assert result["errors"] == [{"row": 1, "why": why}]
    assert list(Sale.objects.values_list("sale_id", flat=True)) == ["s2"]


def test_the_same_file_twice_adds_nothing_and_a_changed_one_only_what_is_new(tmp_path):
    make_tenant()
    told(make_csv(tmp_path, {}))

    again = told(make_csv(tmp_path, {}))
    more = told(make_csv(tmp_path, {}, {"sale_id": "s2"}))

    assert (again["added"], more["added"], more["known"]) == (1, 1, 1)  # the tracker's own count
    assert Sale.objects.count() == 2


def test_a_sale_twice_in_one_file_is_told(tmp_path):
    make_tenant()

    result = told(make_csv(tmp_path, {}, {}))

    assert result["errors"][0]["why"] == "The sale s1 is in the file twice."
    assert Sale.objects.count() == 1


def test_an_import_that_was_killed_goes_on_where_it_stood(tmp_path):
    path = make_csv(tmp_path, *({"sale_id": f"s{n}"} for n in range(10)))
    plan = Plan(path, make_tenant(), portion=3)
    run = importing.run(plan)
    next(run)
    run.close()

    rows = [progress.rows for progress in importing.run(plan)]

    assert rows == [6, 9, 10, 10]
    assert Import.objects.values_list("state", "added").get() == ("done", 10)
    assert Sale.objects.count() == 10


def test_a_row_without_an_id_is_found_again(tmp_path):
    make_tenant()
    told(make_csv(tmp_path, {"sale_id": ""}))

    more = told(make_csv(tmp_path, {"sale_id": ""}, {"sale_id": "s2"}))

    assert (more["known"], Sale.objects.count()) == (1, 2)


def test_parquet_is_read_like_csv(tmp_path):
    make_tenant()
    path = tmp_path / "sales.parquet"
    sold = dt.datetime.fromisoformat(RECENT).replace(tzinfo=dt.UTC)
    row = GOOD | {"sold_at": sold, "price": 12.5, "currency": "EUR"}
    parquet.write_table(pa.Table.from_pylist([row]), path)

    told(path)

    assert list(Sale.objects.values_list("price", "currency")) == [(1250, "EUR")]


@pytest.mark.parametrize(("name", "content"), [("a.csv", "title\nJacket\n"), ("a.parquet", "no")])
def test_a_file_of_another_kind_is_refused_with_a_sentence(tmp_path, name, content):
    make_tenant()
    path = tmp_path / name
    path.write_text(content)

    with pytest.raises(CommandError):
        call_command("import_sales", str(path), "--tenant", "acme")

    assert Sale.objects.count() == 0


def test_pictures_come_from_the_folder_and_never_from_outside_it(tmp_path, monkeypatch):
    monkeypatch.setattr("pricing.pictures.cutout.cut_out", whole)
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (80, 60), "red").save(folder / "a.jpg")
    Image.new("RGB", (80, 60), "red").save(tmp_path / "secret.jpg")
    make_tenant()
    path = make_csv(
        tmp_path, {"image": "a.jpg"}, {"sale_id": "s2", "image": "../secret.jpg"},
        {"sale_id": "s3", "image": "http://169.254.169.254/latest"},
    )  # fmt: skip

    result = told(path, "--images", str(folder))

    sales = {sale.sale_id: sale for sale in Sale.objects.all()}
    assert sales["s1"].model == "carousel-descriptor-1"
    assert sales["s1"].image_key.endswith(".webp")
    assert [sales[key].vector for key in ("s2", "s3")] == [None, None]
    assert [error["row"] for error in result["errors"]] == [2, 3]
    assert result["refused"] == 0


def whole(image, model):
    """A cut-out without a model: the picture as it is."""

    class Cut:
        pass

    cut = Cut()
    cut.image = image.convert("RGBA")
    return cut


def test_the_ways_people_write_conditions_become_the_six():
    written = {
        "New with tags": "new_with_tags", "NWT": "new_with_tags", "Like New": "like_new",
        "Very good condition": "very_good", "Good": "good", "used": "good", "FAIR": "fair",
        "poor": "poor", "Gott": "good", "???": "", "Never worn, with tag": "new_with_tags",
        "New without tags": "like_new", "Used - Excellent": "very_good",
        "Gently used": "very_good", "Heavily worn": "fair",
        "Pre-owned: like new": "like_new", "Satisfactory": "fair", "Some damage": "poor",
        "Slightly worn": "very_good", "Well used": "fair", "Open box": "like_new",
        "Très bon état": "very_good", "Neu mit Etikett": "new_with_tags", "1": "new_with_tags",
        "3": "very_good", "6": "poor", "7": "", "10/10": "",
    }  # fmt: skip

    assert {text: cells.condition(text) for text in written} == written


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("12.5", "EUR", 1250), ("12,50", "EUR", 1250), ("1,234.50", "USD", 123_450),
        ("$1,234.50", "USD", 123_450), ("1.234,50 €", "EUR", 123_450), ("12.345", "EUR", 1235),
        ("1 200,50", "EUR", 120_050), ("4.500 kr", "ISK", 4500), ("kr. 4.500", "ISK", 4500),
        ("4,500", "ISK", 4500), ("4500.0", "ISK", 4500), ("1,200", "USD", 120_000),
    ],
)  # fmt: skip
def test_a_price_is_read_however_it_is_written(written, currency, minor):
    assert cells.price(written, currency) == minor


@pytest.mark.parametrize(
    "written",
    ["2026-03-01", "01.03.2026", "2026/03/01", "2026-03-01T00:00:00Z", "20260301", "1772323200",
     "1772323200000", "1772323200.0", "2026-03-01 00:00:00 UTC", "01/03/2026", "1/3/2026 00:00",
     "1 March 2026", "Mar 1, 2026", "01-Mar-2026", "01-03-2026", "2026-03"],
)  # fmt: skip
def test_a_moment_is_read_however_it_is_written(written):
    assert cells.moment(written, "sold_at") == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def test_a_file_that_writes_months_first_is_read_so_in_every_row(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("sold_at,price,category\n3/4/2026,10,Hats\n3/13/2026,10,Hats\n")

    found = [row for row in reading.rows(path, "EUR") if isinstance(row, reading.Read)]

    assert [(row.sold_at.month, row.sold_at.day) for row in found] == [(3, 4), (3, 13)]


@pytest.mark.parametrize(
    ("written", "code"), [("usd", "USD"), ("€", "EUR"), ("US$", "USD"), ("kr.", "ISK"), ("", "")]
)
def test_a_currency_is_read_from_its_code_or_its_sign(written, code):
    assert cells.currency(written) == code


@pytest.mark.parametrize(
    "written", ["Women > Shoes", "Women/Shoes/", "Women | Shoes", "Women›Shoes"]
)
def test_a_path_of_categories_is_read_however_it_is_written(tmp_path, written):
    path = tmp_path / "sales.csv"
    path.write_text(f"sold_at,price,category\n{RECENT},10,{written}\n")

    [row] = reading.rows(path, "EUR")

    assert isinstance(row, reading.Read)
    assert row.traits.category == "Women/Shoes"


def test_a_file_of_a_windows_spreadsheet_is_read(tmp_path):
    make_tenant()
    path = tmp_path / "sales.csv"
    text = f"sold_at;price;category;title\n{RECENT};4.500 kr;Húfur;Prjónahúfa\n"
    path.write_bytes(text.encode("cp1252"))

    told(path)

    assert Sale.objects.values_list("category", "price").get() == ("Húfur", 4500)


def test_the_admin_shows_each_wrong_row_before_anything_is_written(client):
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=user.pk))
    text = f"sale_id,sold_at,price,category\ns1,{RECENT},4500,Hats\ns2,{RECENT},free,Hats\n"
    file = SimpleUploadedFile("sales.csv", text.encode(), "text/csv")

    page = client.post(
        "/admin/pricing/sale/import/", {"import_file": file, "format": "0", "resource": ""}
    )

    assert page.status_code == 200
    assert "is not a price" in page.content.decode()
    assert Sale.objects.count() == 0


def hand_in(client, content: bytes, name: str = "sales.csv", **more: str):
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=user.pk))
    file = SimpleUploadedFile(name, content)
    tenant = str(Tenant.objects.get(slug="acme").pk)
    return client.post("/admin/pricing/import/add/", {"tenant": tenant, "file": file} | more)


def test_a_file_handed_in_is_only_looked_at_while_the_tick_is_there(client):
    make_tenant()
    text = f"sale_id,sold_at,price,category\ns1,{RECENT},4500,Hats\ns2,{RECENT},free,Hats\n"

    page = hand_in(client, text.encode(), only_look="on").content.decode()

    assert "2 rows: 1 would be added, 0 are known already, 1 would be refused." in page
    assert "row 2: “free” is not a price." in page
    assert (Sale.objects.count(), Import.objects.count()) == (0, 0)


def test_a_file_handed_in_is_brought_in_by_the_clock_and_goes_on_after_a_stop(client, monkeypatch):
    make_tenant()
    rows = "".join(f"s{n},{RECENT},4500,Hats\n" for n in range(60))
    answer = hand_in(client, f"sale_id,sold_at,price,category\n{rows}".encode())
    monkeypatch.setattr(handed_in, "AT_ONCE", 0.01)

    states = []
    for _ in range(4):
        handed_in.run()
        states.append(Import.objects.values_list("state", "rows").get())

    assert answer.status_code == 302
    assert states == [("running", 25), ("running", 50), ("running", 60), ("done", 60)]
    assert Sale.objects.count() == 60
    assert not list(storage.listed("imports/"))


def test_parquet_is_handed_in_through_the_admin_too(client):
    make_tenant()
    rows = [
        {
            "sale_id": f"s{n}",
            "sold_at": now() - timedelta(days=n),
            "price": price,
            "category": "Hats",
        }
        for n, price in enumerate((45.5, 1200.0, -1.0), start=1)
    ]
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([row | {"currency": "EUR"} for row in rows]), file)

    looked = hand_in(client, file.getvalue(), "sales.parquet", only_look="on").content.decode()
    assert "3 rows: 2 would be added, 0 are known already, 1 would be refused." in looked
    assert "row 3: A price of -1.0 cannot be." in looked
    assert Sale.objects.count() == 0
    hand_in(client, file.getvalue(), "sales.parquet")
    handed_in.run()

    found = Sale.objects.order_by("sale_id").values_list("sale_id", "price", "currency")
    assert list(found) == [("s1", 4550, "EUR"), ("s2", 120_000, "EUR")]
    assert Import.objects.values_list("state", "added", "refused").get() == ("done", 2, 1)


# The old database: a table beside ours stands in for it, reached by a connection of its own.


@pytest.fixture
def old_database(settings, transactional_db):
    values = connection.get_connection_params()
    settings.LEGACY_SALES_URL = psycopg.conninfo.make_conninfo(
        host=values["host"], port=values.get("port"), dbname=values["dbname"], user=values["user"]
    )
    settings.LEGACY_SALES_QUERY = legacy.DEFAULT_QUERY.replace("sales", "old_sales")
    settings.LEGACY_SALES_TENANT = "acme"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE old_sales (sale_id text, sold_at timestamptz, price numeric,"
            " currency text, category text, condition text, title text)"
        )
    yield connection
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE old_sales")


def sell(days_ago: int, sale_id: str, price: str = "4500") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO old_sales VALUES (%s, %s, %s, 'ISK', 'Hats', 'good', 'Hat')",
            [sale_id, now() - timedelta(days=days_ago), price],
        )


def test_the_night_brings_yesterdays_sales_once(old_database):
    make_tenant()
    sell(1, "s1")
    sell(1, "s2", "-3")
    sell(0, "today")

    first, second = legacy.run(), legacy.run()

    assert first == "1 days, 1 sales added, 1 refused"
    assert second == "0 days, 0 sales added, 0 refused"
    assert list(Sale.objects.values_list("sale_id", "source")) == [("s1", "legacy")]


def test_nights_that_were_missed_are_caught_up(old_database):
    tenant = make_tenant()
    done = now().date() - timedelta(days=4)
    Import.objects.create(tenant=tenant, source="legacy", name=done.isoformat(), state="done")
    for days_ago in (1, 2, 3, 4):
        sell(days_ago, f"s{days_ago}")

    said = legacy.run()

    assert said == "3 days, 3 sales added, 0 refused"
    assert set(Sale.objects.values_list("sale_id", flat=True)) == {"s1", "s2", "s3"}


def test_the_same_day_again_adds_nothing(old_database):
    tenant = make_tenant()
    sell(1, "s1")
    yesterday = now().date() - timedelta(days=1)

    tallies = [legacy.import_day(tenant, yesterday) for _ in range(2)]

    assert [(tally.added, tally.known) for tally in tallies] == [(1, 0), (0, 1)]


def test_the_connection_to_the_old_database_cannot_write(old_database):
    with legacy._connection() as old, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        old.execute("DELETE FROM old_sales")


def test_without_an_old_database_the_night_is_quiet(settings):
    settings.LEGACY_SALES_URL = ""

    assert legacy.run() == "no legacy database is set"
