"""A shop in which everything is named like an attack, looked at in a real browser: nothing runs.

Twice: as it is, when the browser must have no breach of the CSP to complain about; and with the CSP
off, for the text alone must do no harm.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page

from tests import payloads
from tests.routes import Route, routes
from tests.running import Running
from tests.servers import Quiet
from tests.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
LEFT_OUT = re.compile(r"live|file|exports|metrics|json|receipts|sign-out|oidc")
"""Streams and files are no pages; these others lead away."""
SHOWN_IN_FULL = {"review", "product", "upload", "group", "group-why", "shelf", "photo", "price"}
"""Walked under every name; the other pages under the first, but they list what all are called."""
MISSING = r"Failed to load resource"
"""The shop's photos have no files."""


@pytest.fixture(scope="module")
def worlds(running: Running) -> list[World]:
    said = running.command("shell", "-c", "from tests import payloads; print(payloads.fill())")
    rows = json.loads(re.search(r"^\[.*\]$", said, re.MULTILINE)[0])
    return [World(None, {kind: UUID(pk) for kind, pk in each.items()}) for each in rows]


@pytest.fixture(params=[False, True], ids=["as it is", "without the CSP"])
def mallory(request: Any, browser: Browser, running: Running) -> Iterator[Page]:
    """The administrator of that shop, signed in."""
    context = browser.new_context(base_url=running.url, bypass_csp=request.param)
    context.add_init_script("window.ran8 = () => { window.has_run8 = true }")
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("#id_username", payloads.EMAIL)
    page.fill("#id_password", payloads.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/")
    yield page
    context.close()


def pages() -> list[Route]:
    return [each for each in routes() if not each.is_api and not LEFT_OUT.search(each.name)]


def test_the_payloads_are_sixty_and_more():
    assert len(set(payloads.PAYLOADS)) == len(payloads.PAYLOADS) == 64
    assert "".join(payloads.names()) == "".join(payloads.PAYLOADS)


def test_a_name_that_wants_to_be_run_is_read(mallory: Page, worlds: list[World]):
    quiet = Quiet(expected=[MISSING])
    quiet.watch(mallory)
    mallory.on("dialog", lambda dialog: quiet.complaints.append(dialog.message))
    addresses = [worlds[0].address(route) for route in pages()] + [
        each.address(route)
        for each in worlds[1:]
        for route in pages()
        if route.name in SHOWN_IN_FULL
    ]
    ran, shown = [], 0

    for address in dict.fromkeys(addresses):
        answer = mallory.goto(address, wait_until="load")
        if answer.status == 200 and "html" in answer.headers.get("content-type", ""):
            shown += "ran8" in mallory.content()
            ran += [address] if mallory.evaluate("window.has_run8") else []

    assert (ran, quiet.left()) == ([], [])
    assert shown >= 60
    mallory.goto("about:blank")  # where nothing is held back
    mallory.set_content(payloads.IMAGE)
    mallory.wait_for_function("window.has_run8")
