"""From photo to words in a real browser, by keyboard: suspects, pictures, damage, doubts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.running import Running, until
from tests.test_words_steps import shirt

pytestmark = pytest.mark.e2e
PASSWORD = "a-long-password-1"
SHOP = """
from carousel.models import Membership, Tenant, User
shop = Tenant.objects.create(slug="studio", name="Studio")
user = User.objects.create_user("studio@example.com", {password!r})
Membership.objects.create(tenant=shop, user=user, role="manager")
"""
ITEM = """
from uuid import uuid4
from carousel.models import Tenant
from carousel.products.drafting import Picture, draft
from imaging.analysis.models import Analysis, Defect
from imaging.models import Photo
shop = Tenant.objects.get(slug="studio")
photos = list(Photo.objects.filter(tenant=shop).order_by("index"))
Photo.objects.filter(tenant=shop).update(faults=["fringe"])
pictures = [Picture(photo.pk, photo.files) for photo in photos]
item = draft(shop, None, "", pictures, photos[0].batch_id, uuid4())
item.edit({"category": "Tops/T-shirts", "price": 4000})
found = Analysis.objects.current().get(photo=photos[0])
Defect.objects.create(tenant=shop, analysis=found, kind="stain", severity="moderate",
                      confidence=0.4, x=0.4, y=0.4, width=0.1, height=0.1)
from imaging.jobs import pipeline
pipeline.start(shop, "listing", item.pk)
print("item", item.pk, "batch", photos[0].batch_id)
"""


@pytest.fixture(scope="module")
def seeded(running: Running, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """An item of two photos that went through the real steps, and its batch."""
    folder: Path = tmp_path_factory.mktemp("shoot")
    for number, colour in enumerate([(200, 30, 40), (190, 25, 35)]):
        shirt(colour).save(folder / f"shirt{number}.jpg")
    running.command("shell", "-c", SHOP.format(password=PASSWORD))
    running.command("ingest", str(folder), "--tenant", "studio")
    count = "SELECT count(*) FROM imaging_photo p JOIN carousel_tenant t ON t.id = p.tenant_id"
    ready = f"{count} WHERE t.slug = 'studio' AND p.state = 'ready'"
    until(lambda: running.rows(ready) == [(2,)], 90)
    found = re.search(r"item (\S+) batch (\S+)", running.command("shell", "-c", ITEM))
    assert found
    return found[1], found[2]


@pytest.fixture
def staff(page: Page, seeded: tuple[str, str]) -> Iterator[Page]:
    page.goto("/products/")
    page.fill("[name=username]", "studio@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state("networkidle")
    yield page


def is_open_to_everybody(page: Page) -> None:
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") == width
    page.set_viewport_size({"width": 1440, "height": 900})


def test_suspects_are_looked_at_one_after_the_other_by_keys(staff, seeded):
    staff.goto(f"/b/{seeded[1]}/suspects/")
    expect(staff.locator(".suspect")).to_have_count(2)
    is_open_to_everybody(staff)

    staff.keyboard.press("o")
    expect(staff.locator("#faults")).to_contain_text("A rim of background was left")
    staff.keyboard.press("w")
    staff.keyboard.press("ArrowRight")
    expect(staff.locator(".wipe")).to_have_attribute("style", re.compile(r"--wipe: 51%"))
    staff.locator(".wipe input").blur()
    staff.keyboard.press("s")
    expect(staff.locator(".shop-picture")).to_be_visible()
    expect(staff.get_by_role("button", name="On a canvas")).to_have_attribute(
        "aria-pressed", "true"
    )
    is_open_to_everybody(staff)

    first = staff.url
    staff.keyboard.press("n")
    expect(staff).not_to_have_url(first)
    staff.keyboard.press("f")
    expect(staff.get_by_text("Nothing to look at")).to_be_visible()


def test_damage_is_confirmed_and_taken_back_and_doubts_ask_once_more(staff, seeded, quiet):
    quiet.expected.append(r"409 \(Conflict\)")
    staff.goto(f"/p/{seeded[0]}/")
    expect(staff.locator("#spots")).to_be_visible()
    expect(staff.locator("#field-description_en textarea")).not_to_have_value("")
    staff.wait_for_load_state("networkidle")
    is_open_to_everybody(staff)

    staff.keyboard.press("c")
    expect(staff.locator("#spots .confirmed")).to_have_count(1)
    expect(staff.locator("#field-description_is textarea")).to_have_value(
        re.compile("blettur"), timeout=60_000
    )
    staff.get_by_role("button", name="Undo").click()
    expect(staff.locator("#spots .candidate")).to_have_count(1)
    expect(staff.locator("#field-description_is textarea")).not_to_have_value(
        re.compile("blettur"), timeout=60_000
    )

    staff.fill("#item-description_en", "Genuine leather t-shirt.")
    staff.keyboard.press("Escape")
    expect(staff.locator("#doubts-list")).to_contain_text("nothing supports “Genuine leather”")
    staff.keyboard.press("p")
    expect(staff.get_by_role("button", name="Publish anyway")).to_be_visible()
    expect(staff.locator("#state")).to_contain_text("draft")
    staff.keyboard.press("p")
    expect(staff.get_by_label("Why it is published anyway")).to_be_focused()
    staff.keyboard.press("Escape")

    staff.locator("#doubts-list").get_by_role("button", name="Take it out").first.click()
    expect(staff.locator("#item-description_en")).to_have_value("T-shirt.")
