"""The running program under load: duplicates, a steady stream, a lake away. Not ordinary."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from carousel.events.signing import sign
from tests.dying import say
from tests.running import Running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]

SEED = """
import json
from carousel.models import Product, Source, Tenant
tenant, _ = Tenant.objects.get_or_create(slug="storm", defaults={{"name": "Storm"}})
tenant.settings = {{**tenant.settings, "requests_per_minute": 100_000}}
tenant.save()
source = Source.objects.create(tenant=tenant, name="storefront")
items = Product.objects.bulk_create(
    Product(tenant=tenant, title="Lamp", category="Home", condition="good", price=4500,
            state="listed") for _ in range({items}))
print(json.dumps({{"tenant": str(tenant.pk), "source": str(source.pk), "key": source.add_key(),
                   "items": [str(item.pk) for item in items]}}))
"""


@dataclass(frozen=True)
class Partner:
    """A storefront that signs what it sends. Each thread keeps its connection, one of `opened`."""

    address: str
    tenant: str
    source: str
    key: str
    items: tuple[str, ...]
    local: threading.local = field(default_factory=threading.local)
    opened: list[http.client.HTTPConnection] = field(default_factory=list)

    def send(self, kind: str, product: object, name: str = "", **detail: object) -> int:
        """The status of the answer."""
        known = {"tenant_id": self.tenant, "product_id": str(product), "price": 4000}
        if kind == "product.sold":
            known |= {"sale_id": f"S-{product}", "currency": "ISK"}
        told = {
            "id": name or f"{kind}-{product}", "detail-type": kind, "source": "storefront",
            "time": datetime.now(UTC).isoformat(), "detail": known | detail,
        }  # fmt: skip
        return self.post(json.dumps(told).encode())

    def post(self, body: bytes) -> int:
        stamp, message = int(time.time()), uuid4().hex
        headers = {
            "Content-Type": "application/json", "Carousel-Source": self.source,
            "webhook-id": message, "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self.key, message, stamp, body),
        }  # fmt: skip
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.address, timeout=60)
            self.opened.append(self.local.connection)
        self.local.connection.request("POST", "/api/v1/events", body, headers)
        answer = self.local.connection.getresponse()
        answer.read()
        return answer.status


@pytest.fixture
def partner(running: Running, request: pytest.FixtureRequest) -> Iterator[Partner]:
    """With as many listed items as the test asks for."""
    said = running.command("shell", "-v", "0", "-c", SEED.format(items=request.param))
    told = json.loads(said.strip().splitlines()[-1])
    address = urlsplit(running.url).netloc
    partner = Partner(address, **told | {"items": tuple(told["items"])})
    yield partner
    for connection in partner.opened:
        connection.close()


def one(running: Running, query: str, *values: object) -> object:
    return running.rows(query, *values)[0][0]


@pytest.mark.parametrize("partner", [501], indirect=True)
def test_ten_thousand_duplicates_in_fifty_threads_are_one_sale(partner, running):
    """C1, and 500 events twenty times each, shuffled."""
    item, *others = partner.items
    moment = datetime.now(UTC).isoformat()
    body = {
        "id": "one", "detail-type": "product.sold", "source": "storefront", "time": moment,
        "detail": {
            "tenant_id": partner.tenant, "product_id": item, "sale_id": "S-1", "price": 4000,
            "currency": "ISK",
        },
    }  # fmt: skip
    bodies = [json.dumps(body).encode()] * 10_000
    many = [
        json.dumps(
            body | {"id": other, "detail": body["detail"] | {"product_id": other, "sale_id": other}}
        ).encode()
        for other in others
    ] * 20
    random.Random(1).shuffle(many)

    began = time.monotonic()
    with ThreadPoolExecutor(50) as pool:
        first = Counter(pool.map(partner.post, bodies))
        middle = time.monotonic()
        second = Counter(pool.map(partner.post, many))
    ended = time.monotonic()

    sales = "SELECT count(*) FROM pricing_sale WHERE tenant_id = %s"
    again = "SELECT sum(duplicates) FROM carousel_inboxevent WHERE tenant_id = %s"
    assert first == {202: 1, 200: 9_999}
    assert second == {202: 500, 200: 9_500}
    assert one(running, sales, UUID(partner.tenant)) == 501
    assert one(running, again, UUID(partner.tenant)) == 19_499
    say(f"C1: 10,000 duplicates in 50 threads: 1 sale, {10_000 / (middle - began):.0f} a second")
    say(f"C1: 500 events x 20 shuffled: 500 sales, {10_000 / (ended - middle):.0f} a second")


@pytest.mark.parametrize("partner", [3_000], indirect=True)
def test_fifty_events_a_second_for_two_minutes_are_applied_within_a_second(partner, running):
    """A listing of a new item and a sale of an old one in turn; late starts count as waiting."""
    took: list[float] = []
    began = time.monotonic() + 1

    def deliver(number: int) -> int:
        due = began + number / 50
        time.sleep(max(0.0, due - time.monotonic()))
        if number % 2:
            status = partner.send("product.listed", uuid4(), title="Chair", category="Home")
        else:
            status = partner.send("product.sold", partner.items[number // 2])
        took.append(time.monotonic() - due)
        return status

    with ThreadPoolExecutor(32) as pool:
        statuses = Counter(pool.map(deliver, range(6_000)))
    took.sort()
    median, p95, p99 = (took[int(len(took) * share)] for share in (0.5, 0.95, 0.99))
    inside = one(
        running,
        "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM applied_at"
        " - created_at)) FROM carousel_inboxevent WHERE tenant_id = %s AND event_id <> 'one'",
        UUID(partner.tenant),
    )

    say(
        f"Sync at 50 events/s for 120 s: median {median:.3f} s, p95 {p95:.3f} s, p99 {p99:.3f} s,"
        f" slowest {took[-1]:.2f} s from due to answered; accepted to applied p95 {inside:.3f} s"
    )
    assert statuses == {202: 6_000}
    assert p95 < 1


@pytest.mark.parametrize("partner", [5_000], indirect=True)
def test_a_lake_that_is_away_for_five_thousand_sales_is_told_and_catches_up(partner, running):
    """U-29. The quarter of an hour until the alarm is written into the rows' age."""
    lake = Path(running.home.folder, "lake")
    lake.mkdir(exist_ok=True)
    away = lake.rename(lake.with_name("lake.away"))
    lake.write_text("a file where the warehouse was")
    try:
        with ThreadPoolExecutor(16) as pool:
            sent = Counter(pool.map(lambda item: partner.send("product.sold", item), partner.items))
        assert sent == {202: 5_000}
        failed = "SELECT NOT is_ok FROM carousel_schedule WHERE name = 'lake'"
        until(lambda: one(running, failed), 150)
        running.rows(
            "UPDATE pricing_sale SET created_at = created_at - interval '16 minutes'"
            " WHERE tenant_id = %s RETURNING 1",
            UUID(partner.tenant),
        )
        until(lambda: alerts(running, "lake"), 90)
        [(detail,)] = alerts(running, "lake")
        status = running.command("lake", "status")
    finally:
        lake.unlink()
        away.rename(lake)
    back = time.monotonic()
    until(lambda: not waiting(running), 300)
    seconds = time.monotonic() - back
    until(lambda: not alerts(running, "lake"), 90)
    found = json.loads(running.command("validate", "--tenant", "storm", "--json"))

    say(f"Lake away: '{detail}' ({status.strip()}); caught up {seconds:.0f} s after; {found}")
    assert int(detail.split()[0]) >= 5_000
    assert (found["state"], found["lacks"], found["on_the_way"]) == ("equal", 0, 0)


@pytest.mark.parametrize("partner", [0], indirect=True)
def test_a_dead_letter_alarms_within_a_minute(partner, running):
    """Row 55."""
    running.rows("DELETE FROM carousel_deadletter RETURNING 1")
    until(lambda: not alerts(running, "dead-letters"), 90)
    began = time.monotonic()
    assert partner.post(b"{") == 422

    until(lambda: alerts(running, "dead-letters"), 60)

    say(f"Dead letter to alarm: {time.monotonic() - began:.0f} s")


def alerts(running: Running, kind: str) -> list[tuple[object, ...]]:
    return running.rows(
        "SELECT detail FROM carousel_alert WHERE kind = %s AND resolved_at IS NULL", kind
    )


def waiting(running: Running) -> object:
    return one(
        running,
        "SELECT count(*) FROM pricing_sale s LEFT JOIN pricing_shipment p ON p.id = s.shipment_id"
        " WHERE p.state IS DISTINCT FROM 'done'",
    )
