"""How fast the storefront reads, beside the same rows as JSON straight from SQL."""

import os
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from carousel.benchmarks import crowd
from carousel.benchmarks.contest import Contest, timed
from carousel.models import ApiKey, Product, Tenant

PAGE = 50
REQUESTS = 100
PORTION = 5_000
SQL = """
SELECT json_agg(page) FROM (
    SELECT id, title, description_en, description_is, category, brand, condition, colours,
           keywords, attributes, price, currency, state, created_at, updated_at, version
    FROM carousel_product
    WHERE tenant_id = %s AND deleted_at IS NULL AND state IN ('listed', 'updated')
    ORDER BY created_at DESC, id LIMIT 50
) page
"""


def storefront(*, is_quick: bool) -> Contest:
    """GET /api/v1/products, pages of 50, one after the other. The figure is the median, s."""
    tenant = _filled(500 if is_quick else 100_000)
    _, token = ApiKey.issue(tenant, "benchmark")
    tails: list[float] = []
    return Contest(
        name="storefront",
        work=f"GET products, {Product.objects.filter(tenant=tenant).count()} products, pages of 50",
        goal="<= 5 x plain SQL to JSON; p95 <= 50 ms; queries constant",
        ours=lambda: _read(token, tails),
        peers={"SQL to JSON": timed(lambda: _by_sql(tenant))},
        met=lambda found: (
            found.times_faster("SQL to JSON") >= 1 / 5
            and found.facts["p95 in s"] <= 0.05
            and found.facts["queries"] == found.facts["queries of a shop of 60"]
        ),
        facts=lambda: {
            "p95 in s": sorted(tails)[len(tails) // 2],
            "queries": _queries(tenant),
            "queries of a shop of 60": _queries(_filled(60)),
        },
        runs=5,
    )


def _filled(number: int) -> Tenant:
    tenant = Tenant.objects.create(
        name="Benchmark", slug=f"bench-{uuid4()}", settings={"requests_per_minute": 100_000}
    )
    for start in range(0, number, PORTION):
        Product.objects.bulk_create(
            _product(tenant, n) for n in range(start, min(start + PORTION, number))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE carousel_product")
    return tenant


def _product(tenant: Tenant, n: int) -> Product:
    return Product(
        tenant=tenant, title=f"Thing {n}", category="Women/Jackets", brand="Nor", condition="good",
        description_en="A jacket as good as new. " * 6, description_is="Jakki sem nýr. " * 8,
        colours=["black"], keywords=["jacket", "wool", "winter"], attributes={"size": "M"},
        price=4_500 + n, state=Product.State.LISTED if n % 5 else Product.State.SOLD,
        listed_at=now() - timedelta(days=n % 90),
    )  # fmt: skip


def _read(token: str, tails: list[float]) -> float:
    request = crowd.Request(
        "GET", f"/api/v1/products?limit={PAGE}", {"Authorization": f"Bearer {token}"}
    )
    answers = crowd.ask(os.environ["BENCHMARK_URL"], [request] * REQUESTS).expect(200)
    tails.append(answers.percentile(95))
    return answers.percentile(50)


def _by_sql(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SQL, [tenant.pk])
        cursor.fetchone()


def _queries(tenant: Tenant) -> float:
    """Of one page, counted in this process."""
    _, token = ApiKey.issue(tenant, "benchmark")
    with CaptureQueriesContext(connection) as queries:
        Client(headers={"Authorization": f"Bearer {token}"}).get(f"/api/v1/products?limit={PAGE}")
    return float(len(queries))
