"""The prices of a batch in a real browser: see the evidence, strike a sale, decide by keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.running import Running
from tests.servers import Quiet

pytestmark = pytest.mark.e2e
PASSWORD = "a-long-password-1"

# Six jackets of 4,000 and one of 7,000 ISK, all equally alike and equally old.
SEED = """
from datetime import timedelta
from uuid import uuid4
from django.utils.timezone import now
from carousel.models import Membership, Product, Tenant, User
from imaging.models import Batch
from pricing import quoting
from pricing.models import Sale
word = uuid4().hex[:8]
shop = Tenant.objects.create(slug="prices-" + word, name="Prices")
user = User.objects.create_user(word + "@example.com", {password!r})
Membership.objects.create(tenant=shop, user=user, role="manager")
for number, price in enumerate([4000] * 6 + [7000]):
    Sale.objects.create(
        tenant=shop, sale_id=str(number), price=price, category="Jackets", title="Wool jacket",
        condition="good", sold_at=now() - timedelta(days=10), currency="ISK")
batch = Batch.objects.create(tenant=shop, name="Estate")
for title, category in (("Wool jacket", "Jackets"), ("Wool jacket", "Jackets"), ("Vase", "")):
    item = Product.objects.create(
        tenant=shop, batch_id=batch.pk, title=title, category=category, condition="good")
    quoting.quote(item)
print("seeded", word, batch.pk)
"""

SOLD = """
from carousel.models import Product
Product.objects.filter(pk={item!r}).update(state="sold", price=4000)
"""


@pytest.fixture
def prices(running: Running, page: Page, quiet: Quiet) -> Iterator[Page]:
    said = running.command("shell", "-c", SEED.format(password=PASSWORD))
    found = re.search(r"seeded (\S+) (\S+)", said)
    assert found, said
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(f"{found[1]}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto(f"/b/{found[2]}/prices/")
    yield page


def price_in(page: Page, place: int) -> str:
    return page.locator(".price-row").nth(place).locator("td strong").inner_text()


def test_striking_a_sale_moves_the_price_by_the_computed_amount(prices: Page) -> None:
    """(4,000^6 x 7,000)^(1/7) = 4,333, so 4,300; without the dear one 4,000."""
    assert price_in(prices, 0) == "4,300 ISK"
    prices.locator("[data-evidence]").first.click()
    dear = prices.locator(".piece", has_text="7,000 ISK")
    dear.get_by_placeholder("why?").fill("another model")

    dear.get_by_role("button", name=re.compile("^Strike")).click()

    expect(prices.locator(".price-row td strong").first).to_have_text("4,000 ISK")
    expect(prices.locator(".piece.out")).to_contain_text("struck: another model")
    prices.reload()
    assert price_in(prices, 0) == "4,000 ISK"
    assert price_in(prices, 1) == "4,300 ISK"  # only this item's evidence was struck


def test_prices_are_decided_by_keyboard(prices: Page) -> None:
    fields = prices.locator(".price-row input[name=price]")
    prices.keyboard.press("ArrowDown")
    expect(fields.nth(0)).to_be_focused()

    prices.keyboard.press("Enter")
    expect(fields.nth(1)).to_be_focused()
    prices.keyboard.type("5500")
    prices.keyboard.press("Enter")

    expect(prices.locator("#bar")).to_contain_text("2 of 3 decided")
    prices.reload()
    assert [fields.nth(place).input_value() for place in range(3)] == ["4300", "5500", ""]


def test_the_arrows_step_over_what_was_sold(prices: Page, running: Running) -> None:
    first = prices.locator(".price-row").first.get_attribute("data-product")
    running.command("shell", "-c", SOLD.format(item=first))
    prices.reload()
    fields = prices.locator(".price-row input[name=price]")
    expect(fields.nth(0)).to_be_disabled()

    prices.keyboard.press("ArrowDown")
    expect(fields.nth(1)).to_be_focused()
    prices.keyboard.press("ArrowDown")
    expect(fields.nth(2)).to_be_focused()
    prices.keyboard.press("ArrowUp")
    expect(fields.nth(1)).to_be_focused()


def test_an_item_without_evidence_has_no_price_and_says_why(prices: Page) -> None:
    row = prices.locator(".price-row").nth(2)

    expect(row).to_contain_text("No category yet")
    row.get_by_role("button", name="Why").click()

    expect(prices.locator(".evidence")).to_contain_text("nothing to compare it with")


def test_a_price_saved_well_takes_the_place_of_the_error_before(prices: Page, quiet: Quiet) -> None:
    quiet.expected.append("409")
    fields = prices.locator(".price-row input[name=price]")
    fields.nth(0).fill("dear")
    prices.keyboard.press("Enter")
    expect(prices.locator("#toast .error")).to_be_visible()

    fields.nth(1).fill("5500")
    prices.keyboard.press("Enter")

    expect(prices.locator("#toast .toast")).to_have_text("Saved.")
    expect(prices.locator("#toast .error")).to_have_count(0)
