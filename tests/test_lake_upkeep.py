"""The lake stays small: many files become one, old snapshots go, old sales live there alone."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.core.management import call_command
from django.utils.timezone import now

from carousel.ops import retention
from pricing.expiry import forget_sales
from pricing.lake import checks, feed, reading, upkeep
from pricing.lake import table as lake
from pricing.lake.models import Shipment
from pricing.models import Sale
from pricing.validation import looking
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def warehouse(settings, tmp_path):
    settings.LAKE_WAREHOUSE = tmp_path.as_uri()
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog"})
    return tmp_path


def make_sale(**fields):
    known = {"sale_id": uuid4().hex, "price": 100, "sold_at": now(), "category": "Home"}
    return Sale.objects.create(**{"tenant": make_tenant()} | known | fields)


def count():
    with reading.sales() as known:
        return known.execute("SELECT count(*) FROM sales").fetchone()[0]


def shown():
    with lake.sales_history() as table:
        return len(lake.files(table))


def ship_one_by_one(number):
    for _ in range(number):
        make_sale()
        feed.ship()


def test_many_small_files_become_one_with_the_same_rows(warehouse: Path):
    ship_one_by_one(5)
    assert (shown(), count()) == (5, 5)

    assert upkeep.compact(many=5) == 1

    assert (shown(), count()) == (1, 5)
    assert looking.look(make_tenant()).state == "equal"


def test_files_that_no_snapshot_shows_are_deleted(warehouse: Path):
    ship_one_by_one(3)
    upkeep.compact(many=3)
    assert len(list(warehouse.rglob("data/**/*.parquet"))) == 4

    with time_machine.travel(now() + timedelta(days=8)):
        assert upkeep.expire() == 3

    assert len(list(warehouse.rglob("data/**/*.parquet"))) == 1
    assert count() == 3


def test_what_is_deleted_takes_its_manifests_along(warehouse: Path):
    ship_one_by_one(25)
    before = {path.name for path in warehouse.rglob("metadata/*.avro")}

    with time_machine.travel(now() + timedelta(days=8)):
        upkeep.expire()

    left = {path.name for path in warehouse.rglob("metadata/*.avro")}
    assert len(left) < len(before) / 3
    assert (shown(), count()) == (25, 25)


def test_a_year_of_shipments_stays_few_manifests(warehouse: Path):
    ship_one_by_one(25)

    with lake.sales_history() as table:
        assert len(table.current_snapshot().manifests(table.io)) < 20
        assert len(list(warehouse.rglob("metadata/*.metadata.json"))) <= 21


def test_large_files_are_left_as_they_are(monkeypatch):
    monkeypatch.setattr(upkeep, "LARGE", 2)
    ship_one_by_one(3)
    for _ in range(2):
        make_sale()
    feed.ship()

    upkeep.compact(many=3)

    with lake.sales_history() as table:
        assert sorted(file.record_count for file in lake.files(table)) == [1, 2, 2]


def test_an_old_sale_that_the_lake_lost_is_sent_again_before_it_may_go(warehouse: Path):
    [old] = [make_sale(sold_at=now() - timedelta(days=731)) for _ in range(1)]
    feed.ship_all()
    with lake.sales_history() as table:
        lake.swap(table, lake.files(table), [])

    assert forget_sales() == 0
    assert Sale.objects.get(pk=old.pk).shipment is None
    feed.ship_all()
    assert (forget_sales(), count()) == (1, 1)


def test_two_years_later_a_sale_lives_in_the_lake_alone():
    make_sale(sold_at=now() - timedelta(days=731))
    make_sale(sold_at=now() - timedelta(days=729))

    assert forget_sales() == 0  # the lake does not have them yet
    feed.ship_all()
    assert forget_sales() == 1

    assert (Sale.objects.count(), count()) == (1, 2)
    assert looking.look(make_tenant()).state == "equal"


def test_what_is_kept_is_a_setting_for_the_store_the_lake_and_the_look(settings):
    settings.KEEP_DAYS_SALES = 30
    make_sale(sold_at=now() - timedelta(days=31))
    make_sale(sold_at=now() - timedelta(days=29))
    feed.ship_all()

    assert (forget_sales(), Sale.objects.count(), count()) == (1, 1, 2)
    assert looking.look(make_tenant()).state == "equal"


def test_an_old_sale_waits_while_the_lake_is_away(settings):
    make_sale(sold_at=now() - timedelta(days=731))
    feed.ship_all()
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": "sqlite:////nowhere/catalog"})

    [done] = [done for done in retention.purge() if done.name == "sales"]

    assert (done.rows, Sale.objects.count()) == (0, 1)
    assert done.waits.startswith("The lake cannot be read now.")


def test_the_lake_that_stood_still_catches_up_and_the_alarm_ends(settings, warehouse: Path):
    for _ in range(30):
        make_sale(created_at=now() - timedelta(minutes=16))
    working = settings.LAKE_CATALOG
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": "sqlite:////nowhere/catalog"})
    with pytest.raises(Exception, match="unable to open"):
        feed.run()
    [(_, said)] = checks.late()
    assert said.startswith("30 sales wait for the lake, the oldest for 16")

    settings.LAKE_CATALOG = working
    assert Shipment.objects.get().lease_until < now() + timedelta(minutes=1)
    Shipment.objects.update(lease_until=now())
    feed.run()

    assert (list(checks.late()), count()) == ([], 30)
    assert looking.look(make_tenant()).state == "equal"


def test_the_commands_say_what_they_did(capsys):
    make_sale()
    call_command("lake", "ship")
    call_command("lake", "status")
    call_command("lake", "archive")
    call_command("validate", "--json")

    shipped, status, archived, told = capsys.readouterr().out.splitlines()
    assert (shipped, status) == ("1 sales shipped", "0 wait, 0 on the way, since never")
    assert archived == "0 old sales live in the lake alone now"
    assert json.loads(told)["state"] == "equal"


def test_a_difference_ends_the_command_with_one(capsys):
    make_sale(created_at=now() - timedelta(hours=2))

    with pytest.raises(SystemExit) as ended:
        call_command("validate", "--repair")

    assert ended.value.code == 1
    assert "1 sales are sent again" in capsys.readouterr().out
    assert [name for name, _ in checks.variance()] == ["Acme"]
