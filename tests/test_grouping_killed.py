"""The web server is killed while hundreds of groups are accepted: all or nothing, and then all."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from tests import machine
from tests.review_seed import PASSWORD, WHO
from tests.running import Running, start, until

pytestmark = pytest.mark.slow
GROUPS = 500
SEED = f"from tests.review_seed import *; print('batch', crowd(items={GROUPS}, photos=1000).pk)"
POINTS = (0.05, 0.15, 0.3, 0.6, 1.0)
"""Seconds after the press at which the server dies."""


@pytest.fixture(scope="module")
def program() -> Iterator[Running]:
    home = machine.new_home()
    with start(home, "--port", "0") as running:
        yield running
    machine.forget(home)


def signed_in(program: Running) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{program.url}/sign-in/", timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    fields = {"username": WHO[0], "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    session.post(f"{program.url}/sign-in/", fields, timeout=30)
    return session


def accept_all(program: Running, session: requests.Session, batch: str) -> None:
    headers = {"X-CSRFToken": session.cookies["csrftoken"], "HX-Request": "true"}
    with suppress(requests.RequestException):
        address = f"{program.url}/b/{batch}/accept/"
        session.post(address, {"all": "1"}, headers=headers, timeout=60)


def is_up(program: Running) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{program.url}/sign-in/", timeout=2).ok
    return False


def counted(program: Running, batch: str) -> tuple[int, int, int]:
    """Accepted groups, their drafts, and the edits that say so."""
    accepted = "SELECT count(*) FROM grouping_group WHERE batch_id = %s AND state = 'accepted'"
    drafts = "SELECT count(*) FROM carousel_product WHERE batch_id = %s AND deleted_at IS NULL"
    edits = "SELECT count(*) FROM grouping_edit WHERE batch_id = %s"
    return tuple(program.rows(query, batch)[0][0] for query in (accepted, drafts, edits))  # type: ignore[return-value]


@pytest.mark.timeout(900)
def test_accepting_all_is_all_or_nothing_when_the_web_server_is_killed(program: Running):
    batch = re.findall(r"batch (\S+)", program.command("shell", "-c", SEED))[0]
    for point in POINTS:
        session = signed_in(program)
        press = threading.Thread(target=accept_all, args=(program, session, batch))
        press.start()
        time.sleep(point)
        program.kill("web")
        press.join()
        until(lambda: is_up(program), 60)
        assert counted(program, batch) in {(0, 0, 0), (GROUPS, GROUPS, 1)}

    accept_all(program, signed_in(program), batch)

    assert counted(program, batch) == (GROUPS, GROUPS, 1)
