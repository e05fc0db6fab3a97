"""The lake outside the house: files in a bucket, and a catalog that other engines read too."""

import json
from uuid import uuid4

import boto3
import pytest
from django.utils.timezone import now
from moto.server import ThreadedMotoServer

from pricing.lake import feed, reading, upkeep
from pricing.models import Sale
from pricing.validation import looking
from tests.lakes import make_lake_sales, ship
from tests.makers import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
REGION = "eu-west-1"


@pytest.fixture
def cloud(monkeypatch, settings):
    """A bucket for the files. Gives the address of all services."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    bucket = f"lake-{uuid4().hex[:8]}"
    boto3.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    settings.LAKE_WAREHOUSE = f"s3://{bucket}/lake"
    yield address
    server.stop()


def use(settings, address, **catalog):
    settings.LAKE_CATALOG = json.dumps(catalog | {"s3.endpoint": address, "s3.region": REGION})


def bucket_of(settings):
    return settings.LAKE_WAREHOUSE.split("/")[2]


def keys(settings):
    found = boto3.client("s3").list_objects_v2(Bucket=bucket_of(settings))
    return [one["Key"] for one in found["Contents"]]


def catalogs(tmp_path, address):
    return {
        "sql": {"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog"},
        "glue": {"type": "glue", "glue.endpoint": address, "glue.region": REGION},
    }


@pytest.mark.parametrize("kind", ["sql", "glue"])
def test_the_lake_in_a_bucket_is_filled_asked_compared_and_tidied(cloud, settings, tmp_path, kind):
    use(settings, cloud, **catalogs(tmp_path, cloud)[kind])
    make_lake_sales(10, sold_at=now().replace(day=1))
    for _ in range(8):
        make_lake_sales(1, sold_at=now().replace(day=1))
        ship()

    with reading.sales(str(make_tenant().pk)) as known:
        assert known.execute("SELECT count(*), sum(sold_price) FROM sales").fetchone()[0] == 18
    assert looking.look(make_tenant()).state == "equal"
    assert (upkeep.compact(), Sale.objects.count()) == (1, 18)
    assert looking.look(make_tenant()).state == "equal"
    assert sum(key.endswith(".parquet") for key in keys(settings)) == 9
    assert feed.backlog().total == 0


def test_another_engine_finds_the_table_in_the_catalog(cloud, settings, tmp_path):
    use(settings, cloud, **catalogs(tmp_path, cloud)["glue"])
    make_lake_sales(1)
    ship()

    table = boto3.client("glue").get_table(DatabaseName="carousel", Name="sales_history")["Table"]

    columns = {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert (len(columns), columns["embedding"]) == (12, "array<double>")
    assert columns["sold_price"] == "decimal(15,3)"
