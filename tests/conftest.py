"""The machine under the tests: a home of their own in a temporary folder, servers when needed.

The settings find everything in that home, so it is named before they are loaded. What a developer
has exported never reaches a test.
"""

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest

from carousel.launcher.home import Home
from tests import machine

HOME = machine.new_home()
os.environ.update(machine.environment(HOME))
for name in machine.NEVER_IN_TESTS:
    os.environ.pop(name, None)
# The web server's entrance says that a process is one; a test that loads it must not say so to all.
os.environ["CAROUSEL_WEB"] = "false"

pytest_plugins = ["tests.servers"]


def pytest_configure() -> None:
    django.setup()
    # A busy machine is slow, not wrong.
    hypothesis.settings.register_profile("carousel", deadline=None)
    hypothesis.settings.load_profile("carousel")


def pytest_unconfigure() -> None:
    machine.forget(HOME)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a browser come last, for they take longest; data that is not here is skipped."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)
    for item in items:
        if item.get_closest_marker("shared_data") and not machine.SHARED_DATA.is_dir():
            item.add_marker(pytest.mark.skip(reason="needs ../shared/data"))


@pytest.fixture(scope="session")
def services() -> Iterator[Home]:
    """PostgreSQL and Redis, started once by the first test that needs one of them."""
    with machine.servers(HOME):
        yield HOME


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: Home) -> None:
    """pytest-django makes its database after this."""


@pytest.fixture
def own_store(settings: Any, tmp_path: Path) -> None:
    """An empty store, for who counts what lies in it."""
    files = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path, "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "default": files}


@pytest.fixture
def nothing_counted(services: Home) -> None:
    """Counts of the last hour that no earlier test has left behind."""
    counters = import_module("carousel.counters")  # it needs the settings
    counters._redis().flushdb()
