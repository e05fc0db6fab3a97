"""Fixtures for stories told through a real browser against the really running program.

Seed rows through `running`, never through the ORM: Playwright's loop runs in this thread, and
Django refuses to touch the database there.
"""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests import machine, running
from tests.running import Running

# Without these Chromium calls its maker, or wants what a container does not have.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
]

expect.set_options(timeout=20_000)  # a machine with a worker beside the browser takes its time


@pytest.fixture(scope="session", name="running")
def running_program() -> Iterator[Running]:
    """Web server, worker, clock, queue and database with the demo tenant, for the whole run."""
    home = machine.new_home()
    program = running.start(home, "--port", "0")
    yield program
    program.stop(signal.SIGTERM)
    machine.forget(home)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module: while it is open, Django refuses the ORM in this thread."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    """A fresh window on the running program, 1440 pixels wide, signed out."""
    context = browser.new_context(
        base_url=running.url, viewport={"width": 1440, "height": 900}, locale="en-GB"
    )
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@dataclass
class Quiet:
    """What the browser complained about. Name in `expected` what a story means to provoke."""

    expected: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def left(self) -> list[str]:
        return [
            text
            for text in self.complaints
            if not any(re.search(pattern, text) for pattern in self.expected)
        ]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _error(self, error: Error) -> None:
        self.complaints.append(str(error))


@pytest.fixture
def quiet(page: Page) -> Iterator[Quiet]:
    """Fails the test when the console shows an error, which every breach of the CSP is."""
    watched = Quiet()
    watched.watch(page)
    yield watched
    assert watched.left() == []


def _chromium() -> str:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip("needs Chromium (or CHROMIUM=path)")
    assert found is not None, "Chromium must be here in CI"
    return found


def scroll_to_the_end(page: Page) -> None:
    """Of a review page, whose groups come as somebody gets near them."""
    more = page.locator("#more-groups")

    def is_there() -> bool:
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(100)
        return not more.count()

    running.until(is_there)
