"""From sales in the database to a quote on a product, and what staff do with it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.models import Event, Product
from imaging.models import Job, Step
from pricing import deciding, lessons, quoting, steps
from pricing.comparables import Wanted, exact, indexed, nearest, window
from pricing.lessons import rules_of
from pricing.models import Decision, Quote, Strike
from pricing.traits import Traits
from tests.makers import (
    make_batch,
    make_embedding,
    make_photo,
    make_product,
    make_tenant,
    make_user,
    somebody_waits,
)
from tests.pricing_makers import MODEL, direction, make_sale
from tests.running import until

pytestmark = pytest.mark.django_db


def make_item(tenant=None, similarity: float = 1.0, **fields):
    """A jacket in good condition with one photo that looks along `direction(similarity)`."""
    tenant = tenant or make_tenant()
    values = {"category": "Women/Jackets", "condition": "good", "title": "Jacket"} | fields
    product = make_product(tenant, **values)
    photo = make_photo(make_batch(tenant))
    make_embedding(photo, direction(similarity))
    product.images.create(tenant=tenant, photo_id=photo.pk, is_primary=True)
    return product


def make_sales(prices, similarity: float = 0.9, **fields):
    return [
        make_sale(price=price, vector=direction(similarity), model=MODEL, **fields)
        for price in prices
    ]


def test_the_price_comes_from_what_looked_alike():
    sales = make_sales([4_000, 4_000, 4_000, 5_000, 5_000, 5_000])
    make_sales([90_000] * 6, similarity=0.70)
    product = make_item()

    quote = quoting.quote(product)

    assert (quote.price, quote.currency, quote.basis) == (4_500, "ISK", "picture")
    assert quote.low <= 4_500 <= quote.high
    assert {each.sale_id for each in quote.comparables.all()} == {sale.pk for sale in sales}
    assert product.price == 4_500
    assert product.suggested["price"]["model"] == "comparables"
    assert Event.objects.filter(kind="price.suggested", subject=product.pk).count() == 1


def test_another_shops_sales_are_no_evidence():
    make_sales([4_000] * 6, tenant=make_tenant("charlie"))

    quote = quoting.quote(make_item())

    assert (quote.price, quote.silence) == (None, "no_sales")


def test_without_evidence_there_is_no_price_and_the_category_median_is_only_a_hint():
    make_sales([3_000, 4_000, 8_000], similarity=0.1, age=200)
    product = make_item()

    quote = quoting.quote(product)

    assert (quote.price, product.price) == (None, None)
    assert quote.hint == {"category": "Women/Jackets", "median": 4_000, "sales": 3}


def test_pictures_of_another_model_are_never_compared_and_descriptions_stand_in():
    for _ in range(6):
        make_sale(price=4_000, vector=direction(1), model="another-model", title="Jacket")

    quote = quoting.quote(make_item())

    assert (quote.price, quote.basis) == (4_000, "description")
    assert quote.comparables.filter(basis="picture").count() == 0


def test_an_item_without_a_photo_is_priced_by_its_description():
    make_sales([4_000] * 6, title="Wool jacket", brand="Acme")
    product = make_product(category="Women/Jackets", title="Wool jacket", brand="Acme")

    quote = quoting.quote(product)

    assert (quote.price, quote.basis) == (4_000, "description")


def test_without_a_category_nothing_is_compared():
    make_sales([4_000] * 6)

    quote = quoting.quote(make_item(category=""))

    assert (quote.price, quote.silence) == (None, "no_category")


def test_a_thin_category_asks_its_parent():
    make_sales([4_000] * 2)
    make_sales([6_000] * 4, category="Women/Coats")

    quote = quoting.quote(make_item())

    assert quote.comparables.filter(excluded="").count() == 6


def pictured(tenant):
    """The rows of jackets with a picture, and a vector to look along."""
    wanted = Wanted(tenant, Traits("Women/Jackets"), now(), direction(1), MODEL)
    return window(wanted, "women/jackets", rules_of(tenant)).pictured(MODEL), direction(1)


def test_the_index_and_brute_force_find_the_same():
    sales = make_sales([4_000, 5_000], similarity=0.95) + make_sales([6_000], similarity=0.8)
    make_sales([9_000], similarity=0.99, tenant=make_tenant("charlie"))

    found = [look(*pictured(make_tenant()), 3) for look in (indexed, exact)]

    assert {row[0] for row in found[0]} == {sale.pk for sale in sales}
    assert [row[0] for row in found[0]] == [row[0] for row in found[1]]
    assert [round(1 - row[1], 3) for row in found[0]] == [0.95, 0.95, 0.8]


def test_among_very_many_sales_the_index_of_looks_is_asked(monkeypatch):
    make_sales([4_000] * 30, similarity=0.9)
    monkeypatch.setattr("pricing.comparables.EXACT_UP_TO", 0)

    with CaptureQueriesContext(connection) as asked:
        found = nearest(*pictured(make_tenant()), 20)

    assert len(found) == 20
    [search] = [each["sql"] for each in asked.captured_queries if each["sql"].endswith("LIMIT 20")]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {search}")
        assert "sale_nearest" in str(cursor.fetchall())


def test_where_the_index_ends_too_soon_every_row_is_looked_at(monkeypatch):
    sales = make_sales([4_000] * 3, similarity=0.9)
    monkeypatch.setattr("pricing.comparables.EXACT_UP_TO", 0)
    monkeypatch.setattr("pricing.comparables.indexed", lambda *_: [])

    found = nearest(*pictured(make_tenant()), 20)

    assert {row[0] for row in found} == {sale.pk for sale in sales}


def test_a_sale_of_the_same_product_is_no_evidence_for_it():
    product = make_item()
    make_sales([4_000] * 3, product_id=str(product.pk))

    assert quoting.quote(product).silence == "no_sales"


def test_a_staff_price_stays():
    make_sales([4_000] * 6)
    product = make_item()
    deciding.override(product, 7_777, make_user(), "signed by the maker")

    quoting.quote(product)

    product.refresh_from_db()
    assert product.price == 7_777
    assert product.suggested["price"]["value"] == 4_000


def test_accepting_twice_is_one_decision():
    make_sales([4_000] * 6)
    product = make_item()
    quote = quoting.quote(product)

    deciding.accept(product, make_user(), seen=quote.pk)
    deciding.accept(product, make_user(), seen=quote.pk)

    decision = Decision.objects.get()
    assert (decision.kind, decision.price, decision.suggested) == ("accepted", 4_000, 4_000)
    assert "price" in product.edited_fields


def test_a_suggestion_that_has_changed_is_not_accepted_unseen():
    make_sales([4_000] * 6)
    product = make_item()
    seen = quoting.quote(product)
    quoting.quote(product)

    with pytest.raises(Refused):
        deciding.accept(product, make_user(), seen=seen.pk)

    assert Decision.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_price_is_accepted_while_the_item_is_priced_anew():
    make_sales([4_000] * 6)
    product = make_item()
    quoting.quote(product)
    user = make_user()

    def accept() -> Decision:
        try:
            return deciding.accept(Product.objects.get(pk=product.pk), user)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Product.objects.select_for_update().get(pk=product.pk)
        accepted = pool.submit(accept)
        until(somebody_waits)
        newer = quoting.quote(product)

    assert accepted.result().quote == newer


@pytest.mark.parametrize("price", [0, -1, 10**13])
def test_what_is_no_price_is_refused(price):
    product = make_item()

    with pytest.raises(Refused):
        deciding.override(product, price, make_user())

    product.refresh_from_db()
    assert product.price is None


def test_a_struck_sale_moves_the_price_at_once_and_is_remembered():
    sales = make_sales([4_000] * 5 + [7_000])
    product = make_item()
    before = quoting.quote(product)

    after = deciding.strike(product, sales[-1], make_user(), "another model")
    later = quoting.quote(product)

    assert [each.price for each in (before, after, later)] == [4_400, 4_000, 4_000]
    struck = later.comparables.get(excluded="struck")
    assert (struck.sale, struck.reason) == (sales[-1], "another model")


def test_striking_twice_is_once_and_can_be_taken_back():
    sales = make_sales([4_000] * 5 + [7_000])
    product = make_item()
    user = make_user()

    deciding.strike(product, sales[-1], user)
    deciding.strike(product, sales[-1], user)
    quote = deciding.unstrike(product, sales[-1], user)

    assert Strike.objects.count() == 1
    assert quote.price == 4_400
    assert Strike.objects.standing().count() == 0


def test_the_confident_ones_are_accepted_together_and_others_are_left():
    make_sales([4_000] * 12)
    sure, unsure, taken = make_item(), make_item(category="Men/Hats"), make_item()
    for product in (sure, unsure, taken):
        quoting.quote(product)
    deciding.override(taken, 1_000, make_user())

    count = deciding.accept_confident([sure, unsure, taken], make_user())

    assert count == 1
    assert [each.price for each in (sure, unsure, taken)] == [4_000, None, 1_000]


def test_the_step_writes_a_quote_and_may_run_twice():
    make_sales([4_000] * 6)
    product = make_item()
    step = Step(tenant=product.tenant, kind="price")
    step.job = Job.objects.create(tenant=product.tenant, kind="listing", subject_id=product.pk)

    steps.price(step)
    steps.price(step)

    assert step.result["price"] == 4_000
    assert Quote.objects.filter(product=product, is_current=True).count() == 1


def test_of_very_many_sales_a_part_is_learned_always_the_same(monkeypatch):
    monkeypatch.setattr("pricing.lessons.LEARNED", 40)
    for number in range(60):
        make_sale(price=4_000 + 10 * number, sold_at=now() - timedelta(days=number))

    first, again = (lessons.teach(make_tenant()) for _ in range(2))

    assert (first.sales, again.sales) == (40, 40)
    assert first.factors == again.factors


def test_what_was_learned_is_kept_and_read_back():
    for number in range(60):
        make_sale(
            price=4_000 if number % 2 else 8_000,
            condition="good" if number % 2 else "like_new",
            sold_at=now() - timedelta(days=number),
            listed_at=now() - timedelta(days=number + 20),
        )
    tenant = make_tenant()

    lesson = lessons.teach(tenant)
    taught = lessons.current(tenant)

    assert taught.lesson_id == lesson.pk
    assert taught.factors.sales == 60
    table = taught.factors.conditions["women"]
    assert table["like_new"] - table["good"] > 0.5
    assert 18 <= taught.pace[""].median <= 22


def test_every_sale_counts_at_its_own_condition():
    """Learned from 60 sales: like new costs twice as much as good."""
    for number in range(60):
        make_sale(
            price=4_000 if number % 2 else 8_000,
            condition="good" if number % 2 else "like_new",
            age=number,
            vector=direction(0.9),
            model=MODEL,
        )
    lessons.teach(make_tenant())

    prices = [quoting.quote(make_item(condition=name)).price for name in ("like_new", "good")]

    assert prices[0] > 1.5 * prices[1]
