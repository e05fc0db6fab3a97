"""Takes the pictures of these pages from a running demo: `python docs/pictures.py ADDRESS`.

`manage.py up` must run at ADDRESS, in the same CAROUSEL_HOME. The photos are painted here, by the
demo's own painters, so that nobody's goods and no maker's mark are in our pages.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import django
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")
django.setup()

from carousel.tenants.demo import EMAIL, PASSWORD  # noqa: E402
from pricing.demo import canvas, market  # noqa: E402
from pricing.demo.seeding import PAINTERS  # noqa: E402

SIDE, ITEM = 900, 700
TABLE = (228, 222, 213)
KINDS = ("teapot", "jacket", "camera", "chair", "dress", "lamp", "radio", "backpack", "vase",
         "shoe", "teddy", "mug")  # fmt: skip
SHOTS = (4, 3, 3, 2, 4, 3, 3, 3, 2, 3, 3, 3)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def shoot(folder: Path) -> None:
    """A dozen items on a table, a few shots of each, in the order in which one would take them."""
    canvas.SIDE, canvas.SHOWN = 2 * ITEM, ITEM
    number = 0
    for painter, shots in zip(KINDS, SHOTS, strict=True):
        look = _item(painter)
        for shot in range(shots):
            number += 1
            _photo(painter, look, shot).save(folder / f"IMG_{number:04}.jpg", quality=90)


def _item(painter: str) -> canvas.Look:
    """The first sale of the demo that this painter paints, upright."""
    today = datetime.now(UTC).date()
    sales = (market.sale(number, today) for number in range(market.SALES))
    return replace(next(sale for sale in sales if sale.kind.painter == painter).look, tilt=0.0)


def _photo(painter: str, look: canvas.Look, shot: int) -> Image.Image:
    """One look at the item: turned a little, nearer or farther, with its shadow."""
    cloth = canvas.Canvas(replace(look, tilt=(0, 5, -6, 9)[shot], seed=look.seed + shot))
    PAINTERS[painter](cloth)
    item = cloth.finished()
    size = round(ITEM * (1, 0.9, 1.06, 0.84)[shot])
    item = item.resize((size, size), Image.Resampling.LANCZOS)
    photo = Image.new("RGB", (SIDE, SIDE), tuple(value - 3 * shot for value in TABLE))
    left, top = (SIDE - size) // 2 + (0, 26, -20, 14)[shot], (SIDE - size) // 2 + 8 * shot
    shadow = Image.new("L", (SIDE, SIDE), 0)
    shadow.paste(item.getchannel("A").point(lambda alpha: alpha // 3), (left + 10, top + 18))
    photo.paste((92, 84, 74), (0, 0), shadow.filter(ImageFilter.GaussianBlur(16)))
    photo.paste(item, (left, top), item)
    return photo


def ingest(folder: Path) -> str:
    """Send the photos as `manage.py ingest` does. The batch's id."""
    command = [sys.executable, str(HERE.parent / "manage.py"), "ingest", str(folder)]
    options = ["--name", "Estate of Tuesday", "--tenant", "demo", "--json"]
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    return str(json.loads(done.stdout)["batch"])


def take(address: str, batch: str) -> None:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = _signed_in(browser, address)
        page.goto(f"/b/{batch}/progress/")
        page.wait_for_url("**/review/", timeout=300_000)
        page.locator("#groups[data-ready]").wait_for(state="attached")
        _keep(page, "review")
        for name, where in PAGES.items():
            page.goto(where.format(batch=batch))
            _keep(page, name)
        browser.close()


PAGES = {"upload": "/b/{batch}/", "prices": "/prices/", "ops": "/ops/"}
"""Name of the picture -> its page."""


def _signed_in(browser: Browser, address: str) -> Page:
    context = browser.new_context(
        base_url=address, viewport={"width": 1440, "height": 960}, color_scheme="light"
    )
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_username", EMAIL)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")
    return page


def _keep(page: Page, name: str) -> None:
    """As a PNG of 128 colours: a page needs no more, and the repository stays small."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(1500)  # the pictures, the live stream, the toast
    picture = HERE / f"{name}.png"
    page.screenshot(path=picture)
    with Image.open(picture) as image:
        small = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(picture, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shoot(Path(folder))
        batch = ingest(Path(folder))
    take(sys.argv[1].rstrip("/"), batch)


if __name__ == "__main__":
    main()
