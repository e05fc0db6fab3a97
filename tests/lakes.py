"""A lake of a test's own, and sales for it. Name `warehouse` in a module that needs one."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now

from pricing.lake import feed
from pricing.models import Sale
from tests.makers import make_tenant


@pytest.fixture
def warehouse(settings: Any, tmp_path: Path) -> Path:
    """Files and catalog in the test's own folder, for as long as the test goes on."""
    settings.LAKE_WAREHOUSE = tmp_path.as_uri()
    settings.LAKE_CATALOG = json.dumps({"type": "sql", "uri": f"sqlite:///{tmp_path}/catalog"})
    return tmp_path


def make_lake_sales(count: int, **fields: Any) -> list[Sale]:
    """Sales with prices from 1,000 upwards, a minute apart from `sold_at` on; not shipped yet."""
    start = fields.pop("sold_at", now() - timedelta(days=20))
    known = {"tenant": make_tenant(), "category": "Home", "price": 1_000} | fields
    first = known.pop("price")
    return Sale.objects.bulk_create(
        (
            Sale(
                sale_id=uuid4().hex,
                product_id=uuid4().hex,
                price=first + number,
                sold_at=start + timedelta(minutes=number),
                **known,
            )
            for number in range(count)
        ),
        batch_size=2_000,
    )


def ship() -> int:
    return feed.ship_all()
