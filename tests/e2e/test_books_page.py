"""A shelf in a real browser: sent, read while one watches, corrected by keys, made into drafts."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, expect

from tests.running import Running
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


def spines(running: Running) -> dict[str, Any]:
    found = running.rows("SELECT title, state FROM imaging_spine ORDER BY position")
    return dict(found)


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
    assert spines(running) == {"The Winter House, 2nd": "confirmed", "Golden River": "confirmed"}

    staff.keyboard.press("m")
    expect(staff.locator("#toast")).to_contain_text("2 drafts made.")
    drafts = "SELECT count(*) FROM carousel_product WHERE category = 'Books' AND state = 'draft'"
    assert running.rows(f"{drafts} AND deleted_at IS NULL") == [(2,)]
    staff.keyboard.press("u")
    expect(staff.locator("#toast")).to_contain_text("2 drafts taken back.")
    assert running.rows(f"{drafts} AND deleted_at IS NULL") == [(0,)]
