"""Files and connections of strangers at the running program: it answers, and goes on.

Names are those of the test plan.
"""

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import pytest
import requests

from tests import machine, running
from tests.machine import SHARED_DATA
from tests.mutants import mutants
from tests.running import Running
from tests.slow.shop import Shop, open_shop
from tests.slow.stories import finish, say, small_photo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

MB = 1024 * 1024
STOP = """
from imaging.models import Batch
from imaging.uploads import control
control.stop(Batch.objects.get(pk="{batch}"))
"""
"""The same bytes came twice: one of the two batches is worked on to its end."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home, way = machine.new_home(), tmp_path_factory.mktemp("way")
    more = {"FILE_UPLOAD_TEMP_DIR": str(way)}
    with running.start(home, "--port", "0", "--no-demo", **more) as program:
        yield program
    machine.forget(home)


@pytest.fixture(scope="module")
def shop(program: Running) -> Shop:
    return open_shop(program)


class Memory:
    """The most that each of the program's processes held while it was watched, in bytes."""

    def __init__(self, *roots: int) -> None:
        self.roots = [psutil.Process(root) for root in roots]
        self.base = self._now()
        self.most = dict(self.base)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def grown(self) -> float:
        """MB of the process that grew most over where it was first seen."""
        return max(self.most[pid] - first for pid, first in self.base.items()) / MB

    @property
    def largest(self) -> float:
        return max(self.most.values()) / MB

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for pid, held in self._now().items():
                self.base.setdefault(pid, held)
                self.most[pid] = max(held, self.most.get(pid, 0))

    def _now(self) -> dict[int, int]:
        found = {}
        for root in self.roots:
            with suppress(psutil.Error):
                for process in [root, *root.children(recursive=True)]:
                    found[process.pid] = process.memory_info().rss
        return found


def test_b10_a_hundred_connections_that_break_off_in_the_middle(program: Running, shop: Shop):
    batch, content = shop.batch("B10"), small_photo(1, (1200, 900))
    for number in range(100):
        with connected(program, shop, batch, content) as (line, body):
            line.sendall(body[: len(body) * (number + 1) // 101])
    time.sleep(2)
    rows = program.rows("SELECT count(*) FROM imaging_photo WHERE batch_id = %s", batch)
    left = list(Path(program.more["FILE_UPLOAD_TEMP_DIR"]).iterdir())
    whole = shop.send(batch, "whole.jpg", content).status_code

    say("B10", f"100 broken off: {rows[0][0]} rows, {len(left)} temporary files left")
    assert (rows, left, whole) == ([(0,)], [], 201)
    finish(program, batch, 120)


@contextmanager
def connected(
    program: Running, shop: Shop, batch: str, content: bytes
) -> Iterator[tuple[socket.socket, bytes]]:
    """A connection whose head is sent, and the body that is still to come."""
    edge, address = uuid4().hex, urlsplit(program.url)
    name = 'Content-Disposition: form-data; name="file"; filename="slow.jpg"'
    body = f"--{edge}\r\n{name}\r\n\r\n".encode() + content + f"\r\n--{edge}--\r\n".encode()
    head = (
        f"POST /api/v1/batches/{batch}/photos HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {shop.key}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={edge}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as line:
        line.sendall(head.encode())
        yield line, body


def test_b11_fifty_slow_uploads_leave_the_pages_as_fast_as_they_were(program: Running, shop: Shop):
    """1 kB a second each, while somebody opens pages."""
    batch = shop.batch("B11")
    alone = p95(program)
    over, answers = threading.Event(), []

    def crawl(number: int) -> None:
        content = small_photo(number)
        with connected(program, shop, batch, content) as (line, body):
            for at in range(0, len(body), 1024):
                line.sendall(body[at : at + 1024])
                over.wait(1)
            answers.append(line.recv(100).split()[1])

    threads = [threading.Thread(target=crawl, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    beside = p95(program)
    over.set()
    for thread in threads:
        thread.join()

    say("B11", f"p95 of the sign-in page {alone:.0f} ms alone, {beside:.0f} ms beside 50 slow ones")
    assert answers == [b"201"] * 50
    finish(program, batch, 300)


def p95(program: Running) -> float:
    """Milliseconds, of 100 pages one after the other."""
    took = []
    with requests.Session() as session:
        for _ in range(100):
            began = time.monotonic()
            assert session.get(f"{program.url}/sign-in/", timeout=60).status_code == 200
            took.append((time.monotonic() - began) * 1000)
    return sorted(took)[94]


def test_the_web_servers_memory_stays_flat_while_fifty_megabytes_come(program: Running, shop: Shop):
    batch, photo = shop.batch("flat"), small_photo(7)
    largest = photo + os.urandom(50 * MB - len(photo))
    shop.send(batch, "first.jpg", small_photo(8))

    for door in ("direct", "presigned"):
        with Memory(program.pid("web")) as memory:
            if door == "direct":
                assert shop.send(batch, "large.jpg", largest).status_code == 201
            else:
                [offer] = shop.announce(other := shop.batch("flat too"), ("large.jpg", largest))
                assert shop.put(offer, largest).status_code == 204
                assert shop.confirm(offer).status_code == 201
        say("B4", f"{door} upload of 50 MB: the web server grew by {memory.grown:.1f} MB")
        assert memory.grown < 25

    too_large = shop.send(batch, "over.jpg", largest + b"1")
    say("B4", f"50 MB and a byte: {too_large.status_code} {too_large.json()['detail']}")
    assert too_large.status_code == 413
    assert too_large.json()["detail"] == "The file is larger than 50 MB."
    for each in (batch, other):
        finish(program, each, 300)


def files() -> Iterator[tuple[str, bytes]]:
    """Every hostile file at hand, and some that were never seen before."""
    for path in sorted((SHARED_DATA / "hostile").iterdir()):
        yield path.name, path.read_bytes()
    yield from mutants(int(os.environ.get("SEED", "1")), 100)


@pytest.mark.shared_data
def test_b1_every_hostile_file_through_both_doors(program: Running, shop: Shop):
    direct, signed = shop.batch("B1 direct"), shop.batch("B1 presigned")
    before = {name: program.pid(name) for name in ("web", "worker", "clerk")}
    took: list[tuple[float, str]] = []
    seen: Counter[str] = Counter()
    with Memory(*before.values()) as memory:
        for name, content in files():
            began = time.monotonic()
            first = shop.send(direct, name, content)
            took.append((time.monotonic() - began, name))
            second, status = _signed(shop, signed, name, content)
            seen.update([f"direct {first.status_code}", f"confirm {status}"])
            assert first.status_code in {200, 201, 422}, (name, first.text)
            assert status in {200, 201, 422}, (name, second)
            told = {"outcome": first.json()["outcome"], "reason": first.json()["reason"]}
            assert told == second, name
            assert told["outcome"] != "refused" or told["reason"].endswith("."), name
        say("B1", f"{len(took)} files, slowest answer {max(took)},", dict(seen))
        program.command("shell", "-c", STOP.format(batch=signed))
        finish(program, direct, 1200)

    states = _states(program, direct)
    say("B1", "what became of them:", states)
    say("B1", f"largest process {memory.largest:.0f} MB, most grown {memory.grown:+.0f} MB")
    assert {name: program.pid(name) for name in before} == before
    assert _lost_workers(program) == []
    assert {state for state, *_ in states} <= {"ready", "rejected"}
    assert all(is_told for *_, is_told, _ in states)


def _signed(shop: Shop, batch: str, name: str, content: bytes) -> tuple[dict[str, str], int]:
    """What became of it, and with which status it was said."""
    [offer] = shop.announce(batch, (name, content))
    if not offer["url"]:
        return {"outcome": offer["outcome"], "reason": offer["reason"]}, 422
    put = shop.put(offer, content)
    assert put.status_code == 204, (name, put.text)
    answer = shop.confirm(offer)
    told = answer.json()
    return {"outcome": told["outcome"], "reason": told["reason"]}, answer.status_code


def _states(program: Running, batch: str) -> list[tuple[str, bool, int]]:
    """(state, whether each refused one says why, photos)"""
    return [
        (str(state), bool(told), int(photos))
        for state, told, photos in program.rows(
            "SELECT state, bool_and(state = 'ready' OR reason LIKE '%%.'), count(*)"
            " FROM imaging_photo WHERE batch_id = %s GROUP BY 1", batch,
        )
    ]  # fmt: skip


def _lost_workers(program: Running) -> list[str]:
    logs = [program.home.log / f"{name}.log" for name in ("worker", "clerk")]
    lines = chain.from_iterable(log.read_text(errors="replace").splitlines() for log in logs)
    return [line for line in lines if "WorkerLost" in line or "exited prematurely" in line]
