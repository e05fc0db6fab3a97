"""How many events a second one web process takes, from the signed request to the sale's row."""

import json
import os
import time
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils.timezone import now

from carousel.benchmarks import crowd
from carousel.benchmarks.contest import Contest
from carousel.events import signing
from carousel.events.api import SENDER
from carousel.events.models import Source
from carousel.models import Product, Tenant

AT_ONCE = 8


def events(*, is_quick: bool) -> Contest:
    """`product.sold` over HTTP: when it is answered, the sale's row is there. Figure: p95, s."""
    tenant = Tenant.objects.create(
        name="Benchmark", slug=f"bench-{uuid4()}", settings={"requests_per_minute": 100_000}
    )
    source = Source.objects.create(tenant=tenant, name="Till")
    source.add_key()
    number = 40 if is_quick else 1_500
    rates: list[float] = []
    return Contest(
        name="events",
        work=f"{number} product.sold over HTTP, {AT_ONCE} at once, to the row of each sale",
        goal=">= 300 a second on one web process, p95 <= 200 ms (the sources allow 1 s)",
        ours=lambda: _sold(source, number, rates),
        peers={"the sources' limit": lambda: 1.0},
        met=lambda found: found.facts["a second"] >= 300 and found.ours <= 0.2,
        facts=lambda: {"a second": sorted(rates)[len(rates) // 2]},
        runs=3,
    )


def _sold(source: Source, number: int, rates: list[float]) -> float:
    """Sells `number` things that are on sale, and looks that each was."""
    products = _listed(source.tenant, number)
    requests = [_sale(source, product) for product in products]
    answers = crowd.ask(os.environ["BENCHMARK_URL"], requests, AT_ONCE).expect(202)
    sold = Product.objects.filter(pk__in=products, state=Product.State.SOLD).count()
    if sold != number:
        raise ValueError(f"{number} things were sold, {sold} of them are.")
    rates.append(answers.per_second)
    return answers.percentile(95)


def _listed(tenant: Tenant, number: int) -> list[UUID]:
    made = Product.objects.bulk_create(
        Product(
            tenant=tenant, title=f"Thing {n}", category="Home", condition="good", price=4_500,
            state=Product.State.LISTED, listed_at=now() - timedelta(days=3),
        )
        for n in range(number)
    )  # fmt: skip
    return [product.pk for product in made]


def _sale(source: Source, product: UUID) -> crowd.Request:
    name, stamp = str(uuid4()), int(time.time())
    event = {
        "specversion": "1.0",
        "id": name,
        "type": "product.sold",
        "source": "till",
        "time": now().isoformat(),
        "data": {
            "tenant_id": str(source.tenant_id),
            "product_id": str(product),
            "sale_id": name,
            "price": 4_500,
            "currency": "ISK",
        },
    }
    body = json.dumps(event).encode()
    headers = {
        SENDER: str(source.pk),
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signing.sign(source.keys[0], name, stamp, body),
    }
    return crowd.Request("POST", "/api/v1/events", headers, body)
