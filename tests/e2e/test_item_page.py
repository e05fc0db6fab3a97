"""One item in a real browser: written on, published, and shared with a colleague and a machine."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.running import Running, until
from tests.servers import Quiet

pytestmark = pytest.mark.e2e
PASSWORD = "a-long-password-1"
SEED = """
from uuid import uuid4
from carousel.models import Membership, Product, ProductImage, Tenant, User
shop, _ = Tenant.objects.get_or_create(slug="items", defaults={{"name": "Items"}})
if not User.objects.filter(email="items@example.com").exists():
    user = User.objects.create_user("items@example.com", {password!r})
    Membership.objects.create(tenant=shop, user=user, role="manager")
item = Product.objects.create(tenant=shop, **{fields!r})
for place in range(2):
    ProductImage.objects.create(
        tenant=shop, product=item, photo_id=uuid4(), position=place, is_primary=place == 0)
print("item", item.pk)
"""
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500}
SUGGEST = """
from carousel.models import Product
Product.objects.get(pk={item!r}).suggest(
    {field!r}, {value!r}, confidence=0.8, model="grammar-1", local=True)
"""
ROLE = """
from carousel.models import Membership
Membership.objects.filter(user__email="items@example.com").update(role={role!r})
"""
WORK = """
from carousel.models import Product
from imaging.models import Job
item = Product.objects.get(pk={item!r})
Job.objects.create(tenant=item.tenant, kind="listing", subject_id=item.pk, state="processing")
"""


def make_item(running: Running, **fields: Any) -> str:
    said = running.command("shell", "-c", SEED.format(password=PASSWORD, fields=FULL | fields))
    found = re.search(r"item (\S+)", said)
    assert found, said
    return found[1]


def state_of(running: Running, item: str) -> tuple[Any, ...]:
    [row] = running.rows("SELECT title, state, price FROM carousel_product WHERE id = %s", item)
    return row


@pytest.fixture
def staff(page: Page, quiet: Quiet) -> Iterator[Page]:
    page.route("**/photos/**", lambda route: route.fulfill(status=204))
    quiet.expected.append(r"409 \(Conflict\)")
    yield page


def open_item(page: Page, item: str) -> None:
    page.goto(f"/p/{item}/")
    if "/sign-in/" in page.url:
        page.fill("[name=username]", "items@example.com")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
    expect(page.locator("#field-title")).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_a_field_is_saved_when_it_is_left_and_published_with_one_key(staff, running):
    item = make_item(running)
    open_item(staff, item)

    staff.fill("#item-title", "Blue lamp")
    staff.keyboard.press("Enter")
    expect(staff.locator("#state")).to_contain_text("Blue lamp")
    staff.fill("#item-price", "6000")
    staff.keyboard.press("Escape")
    expect(staff.locator("#history")).to_contain_text("price: 4500 → 6000")
    staff.keyboard.press("p")

    expect(staff.locator("#toast")).to_contain_text("Published.")
    expect(staff.locator("#state")).to_contain_text("listed")
    assert state_of(running, item) == ("Blue lamp", "listed", 6000)


def test_what_is_missing_is_said_and_nothing_is_published(staff, running):
    item = make_item(running, price=None)
    open_item(staff, item)

    staff.keyboard.press("p")

    expect(staff.locator("#toast")).to_contain_text("Lamp still needs price")
    assert state_of(running, item)[1] == "draft"


def test_a_colleagues_words_are_shown_instead_of_lost(staff, running):
    item = make_item(running)
    open_item(staff, item)
    colleague = staff.context.new_page()
    open_item(colleague, item)
    colleague.fill("#item-title", "Hers")
    colleague.keyboard.press("Tab")
    expect(colleague.locator("#state")).to_contain_text("Hers")

    staff.fill("#item-title", "His")
    staff.keyboard.press("Tab")

    expect(staff.locator("#toast")).to_contain_text("Somebody changed this")
    expect(staff.locator("#item-title")).to_have_value("Hers")
    assert state_of(running, item)[0] == "Hers"


def test_a_page_that_stood_open_over_a_new_sign_in_still_saves(staff, running):
    item = make_item(running)
    open_item(staff, item)
    staff.context.clear_cookies(name="sessionid")
    other = staff.context.new_page()
    open_item(other, item)

    staff.fill("#item-title", "Blue lamp")
    staff.keyboard.press("Tab")

    expect(staff.locator("#state")).to_contain_text("Blue lamp")
    assert state_of(running, item)[0] == "Blue lamp"


def test_who_may_only_look_is_told_so(staff, running, quiet):
    quiet.expected.append(r"403 \(Forbidden\)")
    item = make_item(running)
    open_item(staff, item)
    running.command("shell", "-c", ROLE.format(role="viewer"))

    staff.fill("#item-title", "Mine")
    staff.keyboard.press("Tab")

    expect(staff.locator("#toast")).to_have_text(
        "You may look at this, but not change it. Nothing was changed."
    )
    running.command("shell", "-c", ROLE.format(role="manager"))
    assert state_of(running, item)[0] == "Lamp"


def test_what_is_written_while_an_earlier_saving_is_on_its_way_is_kept_and_saved(staff, running):
    item = make_item(running)
    open_item(staff, item)
    held: list[Route] = []
    staff.route("**/edit/", lambda route: held.append(route))
    staff.fill("#item-title", "Vase")
    staff.keyboard.press("Tab")
    until(lambda: staff.wait_for_timeout(20) or held)

    staff.focus("#item-title")
    staff.keyboard.press("End")
    staff.keyboard.type(" of glass")
    held.pop().continue_()
    expect(staff.locator("#history")).to_contain_text("title: Lamp → Vase")
    expect(staff.locator("#item-title")).to_have_value("Vase of glass")
    staff.keyboard.press("Control+s")
    until(lambda: staff.wait_for_timeout(20) or held)
    staff.keyboard.press("Tab")
    staff.fill("#item-title", "Vase of blue glass")
    staff.keyboard.press("Tab")
    held.pop().continue_()
    until(lambda: staff.wait_for_timeout(20) or held)
    held.pop().continue_()

    until(lambda: state_of(running, item)[0] == "Vase of blue glass")
    expect(staff.locator("#history")).to_contain_text("title: Vase of glass → Vase of blue glass")


def test_saving_with_ctrl_s_leaves_the_cursor_in_the_field(staff, running):
    item = make_item(running)
    open_item(staff, item)
    asks: list[str] = []
    staff.on("dialog", lambda dialog: [asks.append(dialog.type), dialog.accept()])

    staff.fill("#item-price", "6.000")
    staff.keyboard.press("Control+s")
    expect(staff.locator("#item-price")).to_have_value("6000")
    expect(staff.locator("#item-price")).to_be_focused()
    staff.reload()
    assert asks == []
    staff.locator("#item-title").press_sequentially("Blue")
    staff.reload()

    assert asks == ["beforeunload"]
    assert state_of(running, item) == ("Lamp", "draft", 6000)


def test_another_picture_comes_first(staff, running):
    item = make_item(running)
    open_item(staff, item)

    staff.keyboard.press("2")

    expect(staff.locator("#gallery .tile").nth(1)).to_have_attribute("aria-pressed", "true")
    rows = running.rows(
        "SELECT is_primary FROM carousel_productimage WHERE product_id = %s ORDER BY position", item
    )
    assert rows == [(False,), (True,)]


def test_what_a_model_finds_appears_by_itself_and_never_under_the_writers_hands(staff, running):
    item = make_item(running, title="", category="")
    running.command("shell", "-c", WORK.format(item=item))
    open_item(staff, item)
    expect(staff.locator("#work")).to_contain_text("Describing and pricing")
    staff.locator("#item-title").press_sequentially("Granny")

    for field, value in (("title", "Blue mug"), ("category", "Kitchen")):
        running.command("shell", "-c", SUGGEST.format(item=item, field=field, value=value))

    expect(staff.locator("#item-category")).to_have_value("Kitchen")
    expect(staff.locator("#item-title")).to_have_value("Granny")
    staff.locator("#item-title").press_sequentially("'s mug")
    staff.keyboard.press("Tab")
    until(lambda: state_of(running, item)[0] == "Granny's mug")
    expect(staff.locator("#field-title")).to_contain_text("Suggested: Blue mug")
