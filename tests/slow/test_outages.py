"""Redis, Postgres or a worker's hand is away for a while: staff go on, nothing is lost.

Names are those of the test plan.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from tests import machine, running
from tests.running import Running, until
from tests.slow.shop import Shop, Staff, open_shop, sign_in
from tests.slow.stories import SHORT, count, finish, is_cut_out, restart_postgres, say, small_photo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AWAY = int(os.environ.get("AWAY", "60"))
"""Seconds that Redis is gone; the test plan's night run has 300."""


@pytest.fixture(scope="module")
def program() -> Iterator[Running]:
    home = machine.new_home()
    with running.start(home, "--port", "0", "--workers", "1", "--no-demo", **SHORT) as program:
        yield program
    machine.forget(home)


@pytest.fixture(scope="module")
def shop(program: Running) -> Shop:
    return open_shop(program)


@pytest.fixture(scope="module")
def staff(program: Running, shop: Shop) -> Staff:
    return sign_in(program)


def send(staff: Staff, batch: str, photos: int) -> list[float]:
    """Choose and send so many; the seconds of each. Every one is stored."""
    contents = [small_photo(number) for number in range(photos)]
    files = [(f"{number}.jpg", len(content)) for number, content in enumerate(contents)]
    base, took = staff.select(batch, *files), []
    for number, content in enumerate(contents):
        began = time.monotonic()
        answer = staff.send(base, number, content)
        took.append(time.monotonic() - began)
        assert answer.status_code == 201, answer.text
    return took


def test_a7_redis_is_gone_while_staff_upload(program: Running, shop: Shop, staff: Staff):
    """Nobody starts it again for a while: the rows are safe, the page says what it waits for."""
    batch = shop.batch("A7")
    os.kill(program.process.pid, signal.SIGSTOP)  # the launcher, which would start it at once
    gone = time.monotonic()
    try:
        os.kill(program.pid("redis"), signal.SIGKILL)
        took = send(staff, batch, 20)
        time.sleep(max(0.0, AWAY - (time.monotonic() - gone)))
        page = staff.page(f"/b/{batch}/progress/")
        assert (page.status_code, "Processing is delayed" in page.text) == (200, True)
    finally:
        os.kill(program.process.pid, signal.SIGCONT)
    after = finish(program, batch, 300)

    seen = count(program, batch)
    say("A7", f"gone {AWAY} s, slowest upload {max(took):.2f} s, done {after:.0f} s after", seen)
    assert seen.is_exactly_once


def test_a8_redis_swallows_what_is_sent_and_uploads_are_still_answered(
    program: Running, shop: Shop, staff: Staff
):
    """Half open: the connection stands, and nothing ever comes back."""
    batch = shop.batch("A8")
    os.kill(program.pid("redis"), signal.SIGSTOP)
    try:
        took = send(staff, batch, 3)
    finally:
        os.kill(program.pid("redis"), signal.SIGCONT)
    after = finish(program, batch, 300)

    seen = count(program, batch)
    say("A8", f"slowest upload {max(took):.1f} s, done {after:.0f} s after", seen)
    assert seen.is_exactly_once


def test_a9_postgres_restarts_under_eight_threads(program: Running, shop: Shop, staff: Staff):
    """Before and after it every request is answered; between, only 503 with Retry-After."""
    batch, answers, over = shop.batch("A9"), [], threading.Event()

    def look(number: int) -> None:
        while not over.is_set():
            began = time.monotonic()
            is_page = number % 2
            answer = (
                staff.page(f"/b/{batch}/") if is_page else shop.call("GET", f"/batches/{batch}")
            )
            answers.append((began, answer))

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(5)
    restart_postgres(program, signal.SIGINT)
    down = time.monotonic()
    until(lambda: _answers(program), 60)
    up = time.monotonic()
    time.sleep(10)
    over.set()
    for thread in threads:
        thread.join()

    seen = Counter(answer.status_code for _, answer in answers)
    later = Counter(answer.status_code for began, answer in answers if began > up)
    say("A9", f"down {up - down:.1f} s: {dict(seen)}; begun after it was up: {dict(later)}")
    assert seen.keys() <= {200, 503}
    refused = [answer for _, answer in answers if answer.status_code == 503]
    assert all("Retry-After" in answer.headers for answer in refused)
    assert later.keys() == {200}


def _answers(program: Running) -> bool:
    try:
        return program.rows("SELECT 1") == [(1,)]
    except Exception:
        return False


def test_a14_a_step_that_hangs_gives_its_place_back(program: Running, shop: Shop, staff: Staff):
    """Stopped in the middle each time: the hard limit ends it, three times, and then a person."""
    batch = shop.batch("A14")
    send(staff, batch, 6)
    [(hanging,)] = program.rows(
        "SELECT id FROM imaging_photo WHERE batch_id = %s AND filename = '3.jpg'", batch
    )
    over = threading.Event()
    stopped: list[int] = []
    watcher = threading.Thread(target=_stop_on, args=(program, hanging, over, stopped))
    watcher.start()
    try:
        took = finish(program, batch, 600)
    finally:
        over.set()
        watcher.join()

    [(state, reason)] = program.rows("SELECT state, reason FROM imaging_photo WHERE id=%s", hanging)
    say("A14", f"hung {len(stopped)} times, {took:.0f} s", count(program, batch))
    assert (state, reason) == ("failed", "Its worker died 3 times.")
    assert count(program, batch).ready == 5


def _stop_on(program: Running, photo: str, over: threading.Event, stopped: list[int]) -> None:
    """Stop the only worker child whenever it works on the photo's cut-out: once a claim."""
    while not over.wait(0.02):
        if is_cut_out(program, photo, after=len(stopped)):
            [child] = [
                child
                for child in psutil.Process(program.pid("worker")).children()
                if "celery" in " ".join(child.cmdline())
            ]
            child.suspend()
            stopped.append(child.pid)
