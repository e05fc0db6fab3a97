"""Uploading in a real browser: resumed, counted, refused by name, and watched to the end."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, Route, expect

from tests.running import Running, until
from tests.servers import Quiet
from tests.upload_makers import make_jpeg

pytestmark = pytest.mark.e2e

PASSWORD = "a-long-password-1"
SEED = f"""
from carousel.models import Membership, Tenant, User
shop, _ = Tenant.objects.get_or_create(slug="uploads", defaults={{"name": "Uploads"}})
if not User.objects.filter(email="uploads@example.com").exists():
    user = User.objects.create_user("uploads@example.com", {PASSWORD!r})
    Membership.objects.create(tenant=shop, user=user, role="reviewer")
"""
DROP = """async (names) => {
  const transfer = new DataTransfer();
  for (const name of names) transfer.items.add(new File([name], name, {type: "image/jpeg"}));
  const at = {bubbles: true, cancelable: true, dataTransfer: transfer};
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", at));
}"""
# A folder of a good file, one that is gone when it is opened, and a folder nobody may list.
DROP_BROKEN = """(bytes) => {
  const file = new File([new Uint8Array(bytes)], "good.jpg", {type: "image/jpeg"});
  const gone = (_, fail) => fail(new DOMException("gone", "NotFoundError"));
  const entry = (name, rest) => ({name, fullPath: `/card/${name}`, ...rest});
  const inside = [
    entry("gone.jpg", {isFile: true, file: gone}),
    entry("closed", {createReader: () => ({readEntries: gone})}),
    entry("good.jpg", {isFile: true, file: (take) => take(file)}),
  ];
  const card = entry("", {createReader: () => ({readEntries: (take) => take(inside.splice(0))})});
  DataTransferItem.prototype.webkitGetAsEntry = () => card;
  const transfer = new DataTransfer();
  transfer.items.add(file);
  const at = {bubbles: true, cancelable: true, dataTransfer: transfer};
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", at));
}"""
PASTE = """async (bytes) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], "image.png", {type: "image/png"}));
  document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer, cancelable: true}));
}"""


@pytest.fixture(scope="module", autouse=True)
def staff(running: Running) -> None:
    running.command("shell", "-c", SEED)


@pytest.fixture
def batch(page: Page, quiet: Quiet) -> Iterator[str]:
    """A new batch, open on its upload page; stopped afterwards, so that others can begin."""
    page.goto("/sign-in/")
    page.fill("#id_username", "uploads@example.com")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.get_by_role("button", name="New batch").click()
    page.wait_for_url("**/b/*/")
    batch = page.url.rstrip("/").rsplit("/", 1)[-1]
    yield batch
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    page.request.post(f"/b/{batch}/stop/", headers={"X-CSRFToken": token})


@pytest.fixture
def card(tmp_path: Path) -> Callable[[int], Path]:
    """A folder like a camera card, with so many different photos."""

    def make(photos: int) -> Path:
        for number in range(photos):
            (tmp_path / f"IMG_{number}.jpg").write_bytes(make_jpeg(number))
        return tmp_path

    return make


class Answers:
    """What the server said to the files that the page sent."""

    def __init__(self, page: Page) -> None:
        self.outcomes: list[str] = []
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if re.search(r"/select/[^/]+/\d+/$", response.url) and response.ok:
            self.outcomes.append("stored" if response.status == 201 else "here or refused")


def photos_of(running: Running, batch: str) -> list[tuple[Any, ...]]:
    query = 'SELECT "index", filename, state FROM imaging_photo WHERE batch_id = %s ORDER BY 1'
    return running.rows(query, batch)


def is_done(page: Page, words: str = "Done", seconds: int = 60) -> None:
    title = page.locator("#sending-title")
    expect(title).to_have_text(re.compile(words), timeout=seconds * 1000)


def sum_of(page: Page) -> list[str]:
    return page.locator("#receipt-place .sum dd").all_inner_texts()


def test_a_folder_is_stored_in_the_cameras_order_and_a_second_time_sends_nothing(
    page, running, batch, card
):
    folder, answers = card(30), Answers(page)

    page.set_input_files("#folder", folder)
    is_done(page)
    expect(page.locator("#receipt-place dd")).to_have_text(["30", "30", "0", "0"])
    page.reload()
    page.set_input_files("#folder", folder)
    is_done(page)

    expect(page.locator("#overall-left")).to_have_text("30 already here")
    assert answers.outcomes == ["stored"] * 30
    names = [(index, name) for index, name, _ in photos_of(running, batch)]
    assert names == [(number, f"IMG_{number}.jpg") for number in range(30)]


def resume(page: Page, running: Running, batch: str, folder: Path, photos: int) -> None:
    answers = Answers(page)
    page.set_input_files("#folder", folder)
    until(lambda: len(photos_of(running, batch)) > photos // 3, max(60, photos // 4))
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#earlier")).to_contain_text("still to come")
    before = len(photos_of(running, batch))

    page.set_input_files("#folder", folder)
    is_done(page, seconds=max(60, photos // 4))

    assert photos // 3 < before < photos
    assert "here or refused" not in answers.outcomes
    assert len(photos_of(running, batch)) == photos
    page.goto(f"/b/{batch}/receipt/")
    total, stored, here, refused = page.locator(".sum dd").all_inner_texts()
    assert total == f"{photos:,}"
    assert int(stored.replace(",", "")) + int(here.replace(",", "")) == photos
    assert refused == "0"
    expect(page.get_by_text("Every selected file is accounted for")).to_be_visible()


def test_after_a_reload_in_the_middle_nothing_is_sent_twice_and_nothing_is_lost(
    page, running, batch, card
):
    resume(page, running, batch, card(200), 200)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_thousand_files_with_a_reload_in_the_middle(page, running, batch, card):
    resume(page, running, batch, card(2000), 2000)


def test_bad_files_are_named_with_their_reason_and_the_rest_is_stored(
    page, running, batch, card, tmp_path
):
    folder = card(3)
    (folder / "notes.jpg").write_text("just text")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "film.mov").write_bytes(b"film")
    with (folder / "big.jpg").open("wb") as file:
        file.truncate(51 * 1024 * 1024)

    page.set_input_files("#folder", folder)
    is_done(page, "Done, with files that were refused")

    rows = page.locator("#rows .file")
    expect(rows.filter(has_text="notes.jpg")).to_contain_text("the file starts like text.")
    expect(rows.filter(has_text="empty.jpg")).to_contain_text("The file is empty.")
    expect(rows.filter(has_text="film.mov")).to_contain_text("not a JPEG, PNG, WebP or HEIC")
    expect(rows.filter(has_text="big.jpg")).to_contain_text("larger than 50 MB.")
    expect(page.locator("#receipt-place dd")).to_have_text(["7", "3", "0", "4"])
    page.reload()
    listed = page.locator("section", has_text="Not usable").locator(".file")
    expect(listed).to_have_count(3)


def test_a_server_that_went_away_loses_nothing(page, running, batch, card, quiet):
    quiet.expected.append("Failed to load resource|ERR_")
    page.route("**/select/*/*/", lambda route: route.abort())
    page.set_input_files("#folder", card(6))
    expect(page.locator("#sending-title")).to_have_text("6 files could not be sent", timeout=30_000)
    expect(page.locator("#rows .file").first).to_contain_text("The server could not be reached.")
    assert photos_of(running, batch) == []

    page.unroute("**/select/*/*/")
    page.get_by_role("button", name="Retry all failed (6)").click()
    is_done(page)

    assert len(photos_of(running, batch)) == 6


def test_naming_the_batch_with_enter_leaves_the_page_where_it_is(page, running, batch, card):
    page.route("**/select/*/*/", lambda route: None)
    page.set_input_files("#folder", card(2))
    expect(page.locator("#sending-title")).to_have_text("Sending 2 files")

    page.fill("#name", "Bú Ömmu")
    page.keyboard.press("Enter")
    name = "SELECT name FROM imaging_batch WHERE id = %s"
    until(lambda: running.rows(name, batch) == [("Bú Ömmu",)])
    page.fill("#name", " ")
    page.keyboard.press("Enter")

    expect(page.locator("#name")).to_have_value("Bú Ömmu")
    expect(page.locator("#sending-title")).to_have_text("Sending 2 files")
    page.unroute("**/select/*/*/")


def test_whoever_presses_twice_begins_one_batch(page, running, batch):
    page.goto("/")
    count = "SELECT count(*) FROM imaging_batch"
    [(before,)] = running.rows(count)
    asked: list[Route] = []
    page.route("**/b/new/", lambda route: asked.append(route))

    page.keyboard.press("n")
    until(lambda: page.wait_for_timeout(50) or asked)
    page.keyboard.press("n")
    asked[0].continue_()
    page.wait_for_url("**/b/*/")

    assert (len(asked), running.rows(count)) == (1, [(before + 1,)])


def test_photos_can_be_dropped_and_pasted(page, running, batch):
    page.evaluate(DROP, ["a.jpg"])
    is_done(page, "Done, with files that were refused")
    page.evaluate(PASTE, list(make_jpeg(1)))
    expect(page.locator("#overall-words")).to_contain_text("2 / 2")

    assert len(photos_of(running, batch)) == 2


def test_what_cannot_be_read_of_a_dropped_folder_is_named_and_the_rest_is_stored(
    page, running, batch
):
    page.evaluate(DROP_BROKEN, list(make_jpeg(1)))
    is_done(page, "Done, with files that were refused")

    rows = page.locator("#rows .file")
    for name in ("card/gone.jpg", "card/closed"):
        expect(rows.filter(has_text=name)).to_contain_text("The browser could not read the file.")
    expect(page.locator("#receipt-place dd")).to_have_text(["3", "1", "0", "2"])
    names = [name for _, name, state in photos_of(running, batch) if state != "rejected"]
    assert names == ["good.jpg"]


def test_more_than_five_thousand_files_are_refused_in_words(page, running, batch):
    page.evaluate(DROP, [f"{number}.jpg" for number in range(5001)])

    expect(page.locator("#toast")).to_contain_text("At most 5,000 fit in one selection")
    assert photos_of(running, batch) == []


def test_the_page_stays_short_while_many_files_wait(page, batch, card):
    page.route("**/select/*/*/", lambda route: None)
    page.set_input_files("#folder", card(400))

    expect(page.locator("#rest")).to_contain_text("more waiting")

    assert page.locator("#rows .file").count() <= 12
    page.unroute("**/select/*/*/")


def test_progress_moves_by_itself_survives_a_new_web_server_and_ends(
    page, running, batch, card, quiet
):
    quiet.expected.append("Failed to load resource|ERR_|htmx|network error|Failed to fetch|aborted")
    page.set_input_files("#folder", card(12))
    is_done(page)
    page.goto(f"/b/{batch}/progress/")
    expect(page.locator("#progress")).to_have_attribute("data-running", "yes")
    loads: list[str] = []
    page.on("domcontentloaded", lambda loaded: loads.append(loaded.url))
    page.locator("h1").click()  # Somebody is busy here, so the page stays when the work ends.

    running.kill("web")

    done = page.locator("#how-far", has_text=re.compile("^(Done|Finished)"))
    expect(done).to_be_visible(timeout=150_000)
    assert loads == []
    assert len(photos_of(running, batch)) == 12


@pytest.fixture
def looks(page: Page) -> Iterator[Callable[[], None]]:
    """Checks a page in both themes and widths; nobody may be shut out by how it is made."""

    def check() -> None:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
                assert page.evaluate("document.documentElement.scrollWidth") == width

    yield check


def test_every_page_here_is_open_to_everybody(page, running, batch, card, looks):
    folder = card(3)
    (folder / "notes.jpg").write_text("just text")
    page.fill("#name", "N" * 120)
    page.keyboard.press("Enter")
    expect(page.locator("#name")).not_to_be_focused()
    looks()
    page.set_input_files("#folder", folder)
    is_done(page)
    work = "SELECT 1 FROM imaging_job WHERE batch_id = %s AND state IN ('pending', 'processing')"
    until(lambda: not running.rows(work, batch), seconds=120)  # else the page moves on by itself
    for path in (f"/b/{batch}/", f"/b/{batch}/progress/", f"/b/{batch}/receipt/", "/"):
        page.goto(path)
        looks()
