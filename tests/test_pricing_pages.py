"""The price pages: what they show, what pressing changes, and what another shop sees of it."""

import json

import pytest
from django.test import Client

from pricing import deciding, lessons, quoting
from pricing.models import Decision, Lesson
from tests.makers import make_batch, make_product, make_tenant, make_user
from tests.pricing_makers import MODEL, direction, make_sale
from tests.test_pricing_quoting import make_item, make_sales

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def charlie() -> Client:
    """Somebody of another shop."""
    client = Client()
    client.force_login(make_user("charlie@example.com", make_tenant("charlie")))
    return client


def make_priced(prices=(4_000, 4_000, 4_000, 5_000, 5_000, 5_000), **fields):
    make_sales(prices)
    product = make_item(**fields)
    quoting.quote(product)
    return product


def test_the_evidence_shows_each_sale_with_price_similarity_weight_and_every_step(staff):
    product = make_priced()

    page = staff.get(f"/p/{product.pk}/price/", headers=HTMX).content.decode()

    assert page.count('class="piece"') == 6
    assert "90% alike" in page
    assert "17% of the weight" in page
    for step in ("Weighted mean", "Season", "Market trend", "Condition", "Quality", "Rounded"):
        assert step in page
    assert "4,500 ISK" in page


def test_no_evidence_is_said_plainly_with_the_category_median(staff):
    make_sales([3_000, 4_000, 8_000], similarity=0.1, age=200)
    product = make_item()
    quoting.quote(product)

    page = staff.get(f"/p/{product.pk}/price/", headers=HTMX).content.decode()

    assert "No similar sales in the window." in page
    assert "category median 4,000 ISK (3 sales)" in page


def test_an_item_that_got_its_category_since_is_not_said_to_have_none(staff):
    batch = make_batch()
    product = make_priced(batch_id=batch.pk, category="")
    assert "No category yet" in staff.get(f"/b/{batch.pk}/prices/").content.decode()

    product.edit({"category": "Women/Jackets"})

    table = staff.get(f"/b/{batch.pk}/prices/").content.decode()
    page = staff.get(f"/p/{product.pk}/price/", headers=HTMX).content.decode()
    assert "Not priced since its category changed" in table
    assert "No category yet" not in table
    assert "Computed when it had no category." in page
    assert "has no category yet" not in page
    staff.post(f"/p/{product.pk}/price/quote/")
    assert "category changed" not in staff.get(f"/b/{batch.pk}/prices/").content.decode()


def test_striking_from_the_page_moves_the_price_and_keeps_the_reason(staff):
    product = make_priced((4_000,) * 5 + (7_000,))
    dear = quoting.current(product).comparables.get(price=7_000)

    answer = staff.post(
        f"/p/{product.pk}/price/strike/{dear.sale_id}/",
        {"reason": "another model", "place": "prices"},
        headers=HTMX,
    )

    page = answer.content.decode()
    assert f'hx-target="#price-{product.pk}"' in page
    assert f'hx-target="#row-{product.pk}"' in page
    assert "struck: another model" in page
    product.refresh_from_db()
    assert product.price == 4_000


def test_a_strike_is_taken_back(staff):
    product = make_priced((4_000,) * 5 + (7_000,))
    dear = quoting.current(product).comparables.get(price=7_000)
    deciding.strike(product, dear.sale, None)

    staff.post(f"/p/{product.pk}/price/unstrike/{dear.sale_id}/", headers=HTMX)

    product.refresh_from_db()
    assert product.price == 4_400


def test_accepting_an_own_price_and_its_reason_are_in_the_history(staff):
    product = make_priced()

    staff.post(f"/p/{product.pk}/price/set/", {"price": "7.500", "reason": "signed"}, headers=HTMX)

    page = staff.get(f"/p/{product.pk}/price/").content.decode()
    item = staff.get(f"/p/{product.pk}/").content.decode()
    assert "set 7,500 ISK instead of 4,500 ISK: signed" in page
    assert "<span>Own price set</span>" in item
    product.refresh_from_db()
    assert product.price == 7_500


@pytest.mark.parametrize(("typed", "price"), [("4500", 4500), ("4.500", 4500), ("4,500 kr", 4500)])
def test_kronur_may_be_typed_as_people_write_them(staff, typed, price):
    product = make_item()

    staff.post(f"/p/{product.pk}/price/set/", {"price": typed}, headers=HTMX)

    product.refresh_from_db()
    assert product.price == price


@pytest.mark.parametrize("typed", ["abc", "-5", "–5", "0", "9" * 25, "4²", "1e5", "2x1500"])
def test_what_is_no_price_is_refused_with_a_sentence(staff, typed):
    product = make_item()

    answer = staff.post(f"/p/{product.pk}/price/set/", {"price": typed}, headers=HTMX)

    assert answer.status_code == 409
    product.refresh_from_db()
    assert product.price is None


def test_an_outdated_suggestion_is_not_accepted(staff):
    product = make_priced()
    seen = quoting.current(product)
    quoting.quote(product)

    answer = staff.post(f"/p/{product.pk}/price/accept/", {"quote": str(seen.pk)}, headers=HTMX)

    assert answer.status_code == 409
    assert Decision.objects.count() == 0


def test_the_table_counts_filters_and_accepts_the_sure_ones(staff):
    make_sales([4_000] * 14)
    batch = make_batch()
    sure, silent = make_item(batch_id=batch.pk), make_item(batch_id=batch.pk, category="Men/Hats")
    for product in (sure, silent):
        quoting.quote(product)

    page = staff.get(f"/b/{batch.pk}/prices/").content.decode()
    assert "Accept all sure (1)" in page
    assert "No price 1" in page
    staff.post(f"/b/{batch.pk}/prices/accept/", headers=HTMX)

    assert list(Decision.objects.values_list("product", "kind")) == [(sure.pk, "accepted")]
    decided = staff.get(f"/b/{batch.pk}/prices/?show=decided").content.decode()
    assert f"row-{sure.pk}" in decided
    assert f"row-{silent.pk}" not in decided


def test_an_item_that_waits_for_its_first_price_is_on_the_page_and_may_be_priced(staff):
    batch = make_batch()
    product = make_item(batch_id=batch.pk)

    page = staff.get(f"/b/{batch.pk}/prices/").content.decode()
    row = staff.post(
        f"/p/{product.pk}/price/set/", {"price": "4500", "place": "prices"}, headers=HTMX
    ).content.decode()

    assert "1 item still being priced…" in page and 'value="" data-saved=""' in page
    assert 'value="4500" data-saved="4500"' in row


def test_a_decision_moves_every_number_of_the_page_and_leaves_its_filter(staff):
    batch = make_batch()
    product, _ = make_item(batch_id=batch.pk), make_item(batch_id=batch.pk)
    address = f"http://testserver/b/{batch.pk}/prices/?show=open&page=1"

    answer = staff.post(
        f"/p/{product.pk}/price/set/",
        {"price": "4500", "place": "prices"},
        headers=HTMX | {"HX-Current-URL": address},
    ).content.decode()

    assert "1 of 2 decided" in answer
    assert '<a class="chip" href="?show=open" aria-current="true">To price 1</a>' in answer
    assert '<a class="chip" href="?show=decided">Decided 1</a>' in answer


def test_the_table_takes_the_same_number_of_queries_for_many_items(
    staff, django_assert_max_num_queries
):
    make_sales([4_000] * 6)
    batch = make_batch()
    for _ in range(12):
        quoting.quote(make_item(batch_id=batch.pk))

    with django_assert_max_num_queries(14):
        staff.get(f"/b/{batch.pk}/prices/")


def test_another_shop_finds_nothing(charlie):
    product = make_priced()
    batch = make_batch()
    sale = quoting.current(product).comparables.first().sale_id
    calls = [
        charlie.get(f"/b/{batch.pk}/prices/"),
        charlie.get(f"/p/{product.pk}/price/"),
        charlie.post(f"/p/{product.pk}/price/quote/"),
        charlie.post(f"/p/{product.pk}/price/accept/"),
        charlie.post(f"/p/{product.pk}/price/set/", {"price": "1"}),
        charlie.post(f"/p/{product.pk}/price/strike/{sale}/"),
        charlie.post(f"/b/{batch.pk}/prices/accept/"),
    ]

    assert [call.status_code for call in calls] == [404] * len(calls)
    product.refresh_from_db()
    assert product.price == 4_500


def test_a_strike_on_another_shops_sale_is_not_found(staff):
    product = make_priced()
    foreign = make_sale(make_tenant("charlie"))

    answer = staff.post(f"/p/{product.pk}/price/strike/{foreign.pk}/")

    assert answer.status_code == 404


def test_a_viewer_looks_and_does_not_decide(client):
    client.force_login(make_user("viewer@example.com", role="viewer"))
    product = make_priced()

    seen = client.get(f"/p/{product.pk}/price/")
    answer = client.post(f"/p/{product.pk}/price/accept/", headers=HTMX)

    assert (seen.status_code, answer.status_code) == (200, 403)
    assert Decision.objects.count() == 0


def test_the_accuracy_page_says_when_a_rule_of_thumb_is_better(staff):
    figures = {
        "sales": 10, "priced": 9, "mdape": 0.3, "bias": 0.0, "within_10": 0.2, "within_25": 0.4,
        "coverage_80": 0.8, "width_80": 1.0,
        "baselines": {"category": 0.25, "brand_category": 0.4, "overall": 0.6},
    }  # fmt: skip
    Lesson.objects.create(tenant=make_tenant(), currency="ISK", figures=figures)

    page = staff.get("/prices/").content.decode()

    assert "Not better than the median of the category." in page


def test_the_accuracy_page_says_when_the_prices_got_worse_and_how_wide_the_range_is(staff):
    figures = {
        "sales": 10, "priced": 9, "mdape": 0.3, "before": 0.2, "bias": 0.0, "within_10": 0.2,
        "within_25": 0.4, "coverage_80": 0.8, "width_80": 0.9, "baselines": {},
    }  # fmt: skip
    Lesson.objects.create(tenant=make_tenant(), currency="ISK", figures=figures)

    page = staff.get("/prices/").content.decode()

    assert "Worse than a week before, when half were within 20%." in page
    assert "inside the 80 % range, 90% of the price wide" in page


def test_the_accuracy_page_of_a_new_shop_says_how_to_measure(staff):
    assert "Not measured yet" in staff.get("/prices/").content.decode()


def test_every_price_knows_its_lesson():
    make_sales([4_000] * 40)
    lesson = lessons.teach(make_tenant())

    quote = quoting.quote(make_item())

    assert quote.lesson_id == lesson.pk
    assert json.loads(json.dumps(quote.lines)) == quote.lines
    assert quote.inputs["model"] == MODEL
    assert len(direction(0.5)) == 1024
    assert make_product().price is None
