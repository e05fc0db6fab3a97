"""A shelf in a real browser: sent, read while one watches, corrected by keys, made into drafts."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, Route, expect

from tests.running import Running, until
from tests.servers import Quiet

pytestmark = pytest.mark.e2e
PASSWORD = "a-long-password-1"
SEED = """
from carousel.models import Membership, Tenant, User
from imaging.bookshelf import catalogue
from imaging.bookshelf.library import Book
shop, _ = Tenant.objects.get_or_create(slug="books", defaults={{"name": "Books"}})
if not User.objects.filter(email="books@example.com").exists():
    user = User.objects.create_user("books@example.com", {password!r})
    Membership.objects.create(tenant=shop, user=user, role="manager")
    rest = [Book(str(n), f"Volume {{n}} of {{chr(97 + n % 26) * 4}}", f"Writer {{n}}")
            for n in range(300)]
    known = [Book("w", "The Winter House", "Anna Holm", "9780393242072"),
             Book("g", "Golden River", "Karl Lind", "9780804429573")]
    catalogue.replace(shop, [*known, *rest])
"""
SHELF = """
from uuid import uuid4
from carousel.models import Tenant
from imaging.models import Shelf, Spine
shop = Tenant.objects.get(slug="books")
shelf = Shelf.objects.create(tenant=shop, filename="read.jpg", sha256=uuid4().hex, state="ready")
for n in range(4):
    Spine.objects.create(tenant=shop, shelf=shelf, position=n, box=[n / 4, 0, 0.2, 1],
                         title=f"Book {n}", text=f"BOOK {n}")
print("seeded", shelf.pk)
"""
SPINES = [("#203060", "white", "THE WINTER HOUSE"), ("#e8e0c8", "black", "GOLDEN RIVER")]


def make_shelf_photo() -> bytes:
    """Two painted spines whose titles run downwards."""
    image = Image.new("RGB", (420, 900), "#777777")
    font = ImageFont.load_default(48)
    for x, (ground, ink, text) in zip((60, 220), SPINES, strict=True):
        spine = Image.new("RGB", (800, 140), ground)
        ImageDraw.Draw(spine).text((120, 40), text, font=font, fill=ink)
        image.paste(spine.rotate(270, expand=True), (x, 50))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


@pytest.fixture
def staff(page: Page, running: Running) -> Iterator[Page]:
    running.command("shell", "-c", SEED.format(password=PASSWORD))
    page.goto("/books/")
    page.fill("[name=username]", "books@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.get_by_role("heading", name="Books", exact=True)).to_be_visible()
    yield page


@pytest.fixture
def shelf(staff: Page, running: Running, quiet: Quiet) -> Iterator[str]:
    """A shelf of four books that has been read, open on its page."""
    found = re.search(r"seeded (\S+)", running.command("shell", "-c", SHELF))
    assert found
    staff.goto(f"/books/{found[1]}/")
    yield found[1]


def spines(running: Running, shelf: str) -> dict[str, Any]:
    query = "SELECT title, state FROM imaging_spine WHERE shelf_id = %s ORDER BY position"
    return dict(running.rows(query, shelf))


def held(page: Page, address: str) -> list[Route]:
    """What the page asks of this address from now on, until each is let go on."""
    asked: list[Route] = []
    page.route(address, lambda route: asked.append(route))
    return asked


def go_on(page: Page, asked: list[Route], number: int) -> None:
    until(lambda: page.wait_for_timeout(20) or len(asked) == number)
    for route in asked:
        route.continue_()
    asked.clear()


def test_a_photo_of_two_spines_becomes_two_drafts(staff: Page, running: Running, quiet: Quiet):
    photo = {"name": "shelf.jpg", "mimeType": "image/jpeg", "buffer": make_shelf_photo()}

    staff.set_input_files("#photos", files=[photo])  # type: ignore[list-item]

    expect(staff).to_have_url(re.compile(r"/books/[0-9a-f-]{36}/$"))
    # No reload: the rows come by themselves.
    expect(staff.locator(".table [data-spine]")).to_have_count(2, timeout=120_000)
    # Whoever chose a spine keeps it while the rest is looked up, and sees what was found for it.
    staff.locator(".shelf-photo svg a").nth(1).click()
    expect(staff.locator("#row-1")).to_have_class(re.compile("chosen"))
    expect(staff.locator(".stages [data-stage=done]")).to_have_count(3, timeout=60_000)
    expect(staff.locator(".shelf-photo svg a")).to_have_count(2)
    expect(staff.locator("#row-0")).to_contain_text("The Winter House")
    expect(staff.locator("#spine h2")).to_have_text("Golden River")
    expect(staff.locator("#spine .editions li")).to_have_count(1)
    expect(staff.locator("#row-1")).to_have_class(re.compile("chosen"))
    staff.keyboard.press("d")
    expect(staff.locator("#row-1")).to_contain_text("duplicate")
    staff.keyboard.press("d")
    expect(staff.locator("#row-1")).to_contain_text("matched")
    staff.keyboard.press("k")
    expect(staff.locator("#spine h2")).to_have_text("The Winter House")
    staff.keyboard.press("a")
    expect(staff.locator("#row-0")).to_contain_text("confirmed")
    staff.keyboard.press("x")
    expect(staff.locator("#row-0")).to_contain_text("not a book")
    staff.keyboard.press("e")
    expect(staff.locator("#title-0")).to_be_focused()
    staff.keyboard.press("End")
    staff.keyboard.type(", 2nd")
    staff.keyboard.press("Enter")
    expect(staff.locator("#row-0")).to_contain_text("The Winter House, 2nd")
    staff.keyboard.press("j")
    expect(staff.locator("#spine h2")).to_have_text("Golden River")
    staff.keyboard.press("1")
    expect(staff.locator("#row-1")).to_contain_text("confirmed")
    shelf = staff.url.partition("?")[0].split("/")[-2]
    assert spines(running, shelf) == {
        "The Winter House, 2nd": "confirmed",
        "Golden River": "confirmed",
    }

    staff.keyboard.press("m")
    expect(staff.locator("#toast")).to_contain_text("2 drafts made.")
    drafts = "SELECT count(*) FROM carousel_product WHERE category = 'Books' AND state = 'draft'"
    assert running.rows(f"{drafts} AND deleted_at IS NULL") == [(2,)]
    staff.keyboard.press("u")
    expect(staff.locator("#toast")).to_contain_text("2 drafts taken back.")
    assert running.rows(f"{drafts} AND deleted_at IS NULL") == [(0,)]


def test_a_correction_waits_at_its_spine_until_it_is_saved(
    staff: Page, running: Running, shelf: str
):
    staff.fill("#title-0", "A better  name")

    staff.locator(".shelf-photo svg a, .table [data-spine]").nth(1).click()
    expect(staff.locator("#spine h2")).to_have_text("Book 1")
    expect(staff.locator("#toast")).to_contain_text("Your correction of “Book 0” is not saved.")
    staff.keyboard.press("k")

    expect(staff.locator("#title-0")).to_have_value("A better  name")
    assert spines(running, shelf)["Book 0"] == "found"
    staff.get_by_role("button", name="Save the correction").click()
    expect(staff.locator("#row-0")).to_contain_text("A better name")
    expect(staff.locator("#title-0")).to_have_value("A better name")
    staff.goto("/books/")  # and nobody asks whether to leave


def test_keys_pressed_quickly_act_on_the_spine_that_was_walked_to(
    staff: Page, running: Running, shelf: str
):
    cards = held(staff, "**/books/*/?spine=*")

    for key in "jjkx":
        staff.keyboard.press(key)
    go_on(staff, cards, 3)

    expect(staff.locator("#row-1")).to_contain_text("not a book")
    expect(staff.locator("#spine h2")).to_have_text("Book 1")
    assert list(spines(running, shelf).values()) == ["found", "not_a_book", "found", "found"]


def test_whoever_walks_on_before_a_decision_is_answered_stays_there(
    staff: Page, running: Running, shelf: str
):
    answers = held(staff, "**/decide/")

    staff.keyboard.press("x")
    staff.keyboard.press("j")
    expect(staff.locator("#spine h2")).to_have_text("Book 1")
    go_on(staff, answers, 1)

    expect(staff.locator("#row-0")).to_contain_text("not a book")
    expect(staff.locator("#spine h2")).to_have_text("Book 1")
    expect(staff.locator("#row-1")).to_have_class(re.compile("chosen"))


def test_who_comes_back_finds_no_photo_that_was_sent_already(staff: Page, tmp_path: Path):
    photo = tmp_path / "shelf.jpg"
    photo.write_bytes(make_shelf_photo())
    staff.set_input_files("#photos", photo)
    expect(staff).to_have_url(re.compile(r"/books/[0-9a-f-]{36}/$"))

    staff.go_back()

    expect(staff.get_by_role("heading", name="Books", exact=True)).to_be_visible()
    chosen = "[...document.querySelectorAll('#drop [type=file]')].map(({files}) => files.length)"
    assert staff.evaluate(chosen) == [0, 0]
