"""Sales that are compared by their words: read once, and never as they were before."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from pricing import described, quoting
from pricing.comparables import Wanted, window
from pricing.lessons import rules_of
from pricing.models import Sale
from pricing.traits import Traits
from tests.makers import make_tenant
from tests.pricing_makers import make_sale
from tests.test_walls import as_the_app

pytestmark = pytest.mark.django_db

COAT = Traits("Women/Coats", condition="good", title="Red wool coat")


@pytest.fixture(autouse=True)
def nothing_kept():
    described._kept.clear()


def similar(tenant, traits: Traits = COAT) -> dict[str, float]:
    """The sales that stand as evidence, by their ids, and how alike they are."""
    found = quoting.answer(Wanted(tenant, traits, now())).found.values()
    return {each.shown("sale_id"): round(each.similarity, 3) for each in found}


def make_coats(number: int = 6) -> list[Sale]:
    return [
        make_sale(category="Women/Coats", title="Red wool coat", sale_id=f"coat-{n}")
        for n in range(number)
    ]


def test_the_words_of_the_same_sales_are_read_once():
    tenant = make_coats()[0].tenant

    with CaptureQueriesContext(connection) as first:
        before = similar(tenant)
    with CaptureQueriesContext(connection) as second:
        after = similar(tenant)

    assert before == after == {f"coat-{n}": 1.0 for n in range(6)}
    assert (len(first), len(second)) == (3, 2)


def test_a_sale_that_was_corrected_is_compared_by_its_new_words():
    first, *_ = make_coats()
    similar(first.tenant)

    Sale.objects.filter(pk=first.pk).update(title="Green silk gown")

    found = similar(first.tenant)
    assert found["coat-0"] < found["coat-1"] == 1.0


def test_a_new_sale_counts_at_once_and_a_deleted_one_no_longer():
    first, *_ = make_coats()
    similar(first.tenant)

    first.delete()
    make_sale(category="Women/Coats", title="Red wool coat", sale_id="coat-new")

    assert set(similar(first.tenant)) == {f"coat-{n}" for n in (1, 2, 3, 4, 5, "new")}


def test_two_shops_with_the_same_words_see_their_own_sales():
    tenant = make_coats()[0].tenant
    other = make_tenant("other")
    for n in range(6):
        make_sale(other, category="Women/Coats", title="Red wool coat", sale_id=f"theirs-{n}")

    assert set(similar(tenant)) == {f"coat-{n}" for n in range(6)}
    assert set(similar(other)) == {f"theirs-{n}" for n in range(6)}


def test_only_the_last_few_are_kept():
    tenant = make_tenant()
    for n in range(described.KEPT + 3):
        make_sale(category=f"Root {n}", title="Thing")
        similar(tenant, Traits(f"Root {n}", title="Thing"))

    assert len(described._kept) == described.KEPT


def test_behind_the_walls_the_index_still_knows_the_category():
    """An operator that PostgreSQL does not trust there makes it read the whole shop's window."""
    tenant = make_tenant()
    Sale.objects.bulk_create(
        Sale(tenant=tenant, sale_id=str(n), price=1, category=f"Root/Leaf {n % 50}", sold_at=now())
        for n in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pricing_sale")
    rows = window(Wanted(tenant, Traits(), now()), "root/leaf 7", rules_of(tenant))

    with as_the_app(str(tenant.pk)):
        plan = rows.explain()
        found = rows.count()

    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    assert conditions and all("category_key" in line for line in conditions)
    assert found == 40
