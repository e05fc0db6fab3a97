"""The scripted shoot: 60 items, 200 photos, a set load of errors, and every action counted."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.running import Running
from tests.servers import Quiet, scroll_to_the_end

pytestmark = pytest.mark.e2e
SEED = """
from tests.review_seed import *
batch = seed(items=60, photos=200, name="Shoot")
spoil(batch)
label(batch)
print("batch", batch.pk)
"""
PURE = """
    SELECT count(*), count(*) FILTER (WHERE items = 1) FROM (
        SELECT place.group_id, count(DISTINCT photo.quality->>'item') AS items
        FROM grouping_groupphoto place JOIN imaging_photo photo ON photo.id = place.photo_id
        WHERE photo.batch_id = %s AND place.group_id IS NOT NULL GROUP BY place.group_id
    ) AS held
"""


class Hand:
    """A person at the page, who counts clicks, drags and keys."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def press(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def click(self, place: Locator) -> None:
        self.actions += 1
        place.click()

    def drag(self, tile: Locator, target: Locator) -> None:
        self.actions += 1
        tile.scroll_into_view_if_needed()
        start, end = tile.bounding_box(), target.bounding_box()
        assert start and end
        self.page.mouse.move(start["x"] + 40, start["y"] + 40)
        self.page.mouse.down()
        self.page.mouse.move(start["x"] + 52, start["y"] + 52)
        self.page.mouse.move(end["x"] + 40, end["y"] + 80, steps=6)
        self.page.mouse.up()
        self.settled()

    def settled(self) -> None:
        expect(self.page.locator("#saved")).to_contain_text("Saved")


def card(page: Page, name: str) -> Locator:
    return page.locator(".group", has=page.locator(f'.name a:text-is("{name}")'))


def test_a_shoot_of_sixty_items_is_repaired_named_and_accepted(
    page: Page, quiet: Quiet, running: Running
):
    found = re.search(r"batch (\S+)", running.command("shell", "-c", SEED))
    assert found
    open_review(page, found[1])
    hand = Hand(page)

    for at in (5, 15, 25):
        hand.click(card(page, f"Item {at}").locator("header"))
        hand.press("w")
        hand.settled()
    for at in (31, 35, 39, 43):
        hand.click(card(page, f"Item {at} b").locator("header"))
        hand.press("m")
        hand.settled()
    for at in (9, 19, 47, 51, 55):
        hand.drag(card(page, f"Item {at + 1}").locator(".tile").last, card(page, f"Item {at}"))
    repairs = hand.actions
    assert running.rows(PURE, found[1]) == [(60, 60)]

    for at in range(1, 13):
        hand.click(page.locator("#groups > .group").nth(at).locator("header"))
        hand.press("1")
    hand.press("Shift+A")
    expect(page.locator("#layer .primary")).to_be_focused()
    hand.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Groups Accepted:", timeout=30_000)
    left = page.locator('.group[data-state="open"]')
    while left.count():
        left.first.evaluate("each => each.focus()")
        hand.press("a")
    expect(page.locator('.group[data-state="accepted"]')).to_have_count(60)

    assert running.rows(PURE, found[1]) == [(60, 60)]
    assert (repairs <= 30, hand.actions <= 80) == (True, True), (repairs, hand.actions)


def open_review(page: Page, batch: str) -> None:
    page.goto(f"/b/{batch}/review/")
    page.fill("[name=username]", "alice@example.com")
    page.fill("[name=password]", "a-long-password-1")
    page.click("main button[type=submit]")
    expect(page.locator("#desk[data-ready] #groups[data-ready]")).to_be_attached()
    scroll_to_the_end(page)
    page.evaluate("window.scrollTo(0, 0)")
