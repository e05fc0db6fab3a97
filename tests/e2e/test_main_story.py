"""The main job, told once through a real browser: from a folder of photos to the storefront's JSON.

Real worker, real Redis, real Postgres; any console error fails it.
"""

import re
import signal
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from carousel.tenants.demo import EMAIL, PASSWORD
from tests.running import Running, until
from tests.servers import Quiet

pytestmark = pytest.mark.e2e

ITEMS = {"jug": (176, 58, 46), "lamp": (46, 92, 176), "box": (60, 140, 70)}
"""Three things on a table, each in a colour of its own."""


def make_shoot(folder: Path, shots: int = 3) -> Path:
    """Photos of three items, one after the other, each `shots` times from a little elsewhere."""
    folder.mkdir()
    for number in range(3 * shots):
        name, colour = list(ITEMS.items())[number // shots]
        shift = (number % shots) * 12
        image = Image.new("RGB", (640, 640), (226, 222, 214))
        draw = ImageDraw.Draw(image)
        if name == "jug":
            draw.ellipse((200 + shift, 180, 430 + shift, 520), fill=colour)
        elif name == "lamp":
            draw.polygon([(220, 330 + shift), (320, 150 + shift), (420, 330 + shift)], fill=colour)
            draw.rectangle((305, 330 + shift, 335, 520 + shift), fill=(30, 30, 30))
        else:
            draw.rectangle((190, 230 + shift, 450, 480 + shift), fill=colour)
            draw.line((190, 300 + shift, 450, 300 + shift), fill=(245, 230, 120), width=24)
        image.save(folder / f"IMG_{number:04}.jpg", quality=88)
    return folder


def sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.fill("#id_username", EMAIL)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")


def upload(page: Page, folder: Path) -> str:
    """A new batch with this folder's files. Its id."""
    page.goto("/")
    page.get_by_role("button", name=re.compile("New batch|Start the first batch")).first.click()
    page.wait_for_url("**/b/*/")
    page.set_input_files("#files", sorted(str(path) for path in folder.iterdir()))
    expect(page.locator("#sending-title")).to_contain_text("Done", timeout=60_000)
    return page.url.rstrip("/").rsplit("/", 1)[-1]


def test_a_folder_of_photos_becomes_listings(
    page: Page, quiet: Quiet, running: Running, tmp_path: Path
):
    shoot = make_shoot(tmp_path / "shoot")
    (shoot / "notes.jpg").write_text("this is a text, renamed")
    quiet.expected.append(r"415|422")
    sign_in(page)

    batch = upload(page, shoot)
    expect(page.locator("#upload")).to_contain_text("notes.jpg")

    page.goto(f"/b/{batch}/progress/")
    page.wait_for_url("**/review/", timeout=180_000)
    groups = page.locator("#groups > .group")
    expect(page.locator("#groups[data-ready]")).to_be_attached()
    expect(groups.first).to_be_visible()
    assert groups.locator(".tile").count() == 9

    review(page)
    page.locator("#more").evaluate("menu => menu.showPopover()")
    page.locator("#more [data-act=accept-all]").click()
    expect(page.locator("#bar .chip.ok .num")).to_have_text(str(groups.count()))

    until(lambda: described(running, batch) == groups.count(), 120)
    publish(page, running, batch)


def review(page: Page) -> None:
    """Correct one group and take it back: what is shown is what is stored, after a reload too."""
    first = page.locator("#groups > .group").first
    first.hover()
    first.locator("[data-act=rename]").click()
    page.keyboard.insert_text("Red jug")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("is now Red jug")
    before = page.locator("#groups > .group").count()
    first.locator("[data-act=split]").click()
    expect(page.locator("#toast")).to_contain_text("Split into")
    assert page.locator("#groups > .group").count() > before
    page.locator("#bar [data-act=undo]").click()
    expect(page.locator("#groups > .group")).to_have_count(before)
    page.reload()
    expect(page.locator("#groups[data-ready]")).to_be_attached()
    expect(page.locator("#groups > .group")).to_have_count(before)
    expect(page.locator("#groups > .group .name").first).to_contain_text("Red jug")


def described(running: Running, batch: str) -> int:
    """Items of the batch whose listing job is through."""
    [(done,)] = running.rows(
        "SELECT count(*) FROM imaging_job j JOIN carousel_product p ON p.id = j.subject_id"
        " WHERE j.kind = 'listing' AND j.state = 'completed' AND p.batch_id = %s",
        batch,
    )
    return int(done)


def publish(page: Page, running: Running, batch: str) -> None:
    """Both languages are there, a price is set if none could be defended, the storefront has it."""
    [(item,)] = running.rows(
        "SELECT id FROM carousel_product WHERE batch_id = %s ORDER BY created_at LIMIT 1", batch
    )
    page.goto(f"/p/{item}/")
    expect(page.locator("#item-description_en")).not_to_have_value("")
    expect(page.locator("#item-description_is")).not_to_have_value("")
    fields = {"title": "Red jug", "category": "Home/Ceramics", "price": "4500"}
    for field, value in fields.items():
        if not page.locator(f"#item-{field}").input_value():
            page.fill(f"#item-{field}", value)
            page.keyboard.press("Tab")
            page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#state")).to_contain_text("listed")

    answer = page.request.get("/api/v1/products")
    assert answer.status == 200
    [listed] = [row for row in answer.json()["items"] if row["id"] == str(item)]
    assert listed["description"]["en"] and listed["description"]["is"]
    assert listed["price"]["amount"] > 0
    picture = page.request.get(listed["pictures"][0]["large"])
    assert picture.status == 200
    assert picture.headers["content-type"].startswith("image/")


@pytest.mark.slow
def test_a_batch_survives_its_worker_and_its_web_server(
    page: Page, quiet: Quiet, running: Running, tmp_path: Path
):
    quiet.expected.append("ERR_|Failed to load|503|htmx:sse:error")
    sign_in(page)
    batch = upload(page, make_shoot(tmp_path / "shoot", shots=20))
    page.goto(f"/b/{batch}/progress/")

    until(lambda: ready(running, batch) >= 10, 240)
    running.kill("worker", signal.SIGKILL)
    running.kill("web", signal.SIGTERM)

    page.wait_for_url("**/review/", timeout=600_000)
    until(lambda: ready(running, batch) == 60, 600)
    [(events, photos)] = running.rows(
        "SELECT count(*), count(DISTINCT subject) FROM carousel_event"
        " WHERE kind = 'CarouselImageProcessed' AND data->>'batch' = %s",
        batch,
    )
    assert (events, photos) == (60, 60)
    assert page.url.rstrip("/").endswith("review")


def ready(running: Running, batch: str) -> int:
    [(count,)] = running.rows(
        "SELECT count(*) FROM imaging_photo WHERE batch_id = %s AND state = 'ready'", batch
    )
    return int(count)
