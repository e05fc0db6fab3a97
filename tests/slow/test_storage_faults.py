"""A bucket that fails now and then, one that is gone, and a disk that is full.

Between the program and the bucket stands a relay that answers in its stead. Names are those of the
test plan.
"""

import http.client
import itertools
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from carousel.launcher.home import Home
from tests import machine, running
from tests.running import Running, until
from tests.slow.shop import Shop, open_shop
from tests.slow.stories import SHORT, Count, count, finish, say, small_photo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAME = "carousel-photos-faults"
PHOTOS = 60


class Relay(ThreadingHTTPServer):
    """Passes requests on, except those that `faults` says to fail: 503, reset or cut."""

    daemon_threads = True

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.server = server
        self.faults: Iterator[str] = itertools.repeat("")
        self.seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fault(self) -> str:
        with self._lock:
            fault = next(self.faults)
            self.seen[fault or "passed"] += 1
            return fault


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        chunked = self.headers.get("Transfer-Encoding") == "chunked"
        body = self._chunks() if chunked else self.rfile.read(length)
        fault = self.server.fault()
        if fault == "503":
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault == "reset":
            self.close_connection = True
        else:
            self._pass_on(body, cut=fault == "cut")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _pass_on(self, body: bytes, *, cut: bool) -> None:
        upstream = http.client.HTTPConnection(*self.server.server, timeout=30)
        headers = {name: value for name, value in self.headers.items()
                   if name not in {"Transfer-Encoding", "Connection", "Expect"}}  # fmt: skip
        upstream.request(self.command, self.path, body, headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True
        upstream.close()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    bucket = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    bucket.start()
    relay = Relay(bucket.get_host_and_port())
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    boto3.client(
        "s3", region_name="us-east-1", endpoint_url=relay.url,
        aws_access_key_id="testing", aws_secret_access_key="testing",
    ).create_bucket(Bucket=NAME)  # fmt: skip
    yield relay
    relay.shutdown()
    bucket.stop()


@pytest.fixture(scope="module")
def program(relay: Relay) -> Iterator[Running]:
    home = machine.new_home()
    more = {
        "S3_BUCKET": NAME, "AWS_ENDPOINT_URL": relay.url, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }  # fmt: skip
    with running.start(home, "--port", "0", "--no-demo", **SHORT, **more) as program:
        yield program
    machine.forget(home)


def stored(program: Running, name: str) -> str:
    """A batch of photos, sent again where the storage was away for their upload."""
    shop = open_shop(program)
    batch = shop.batch(name)
    for number in range(PHOTOS):
        until(partial(_is_sent, shop, batch, number), 120)
    return batch


def _is_sent(shop: Shop, batch: str, number: int) -> bool:
    answer = shop.send(batch, f"{number}.jpg", small_photo(number))
    assert answer.status_code in {200, 201, 503}, answer.text
    return answer.status_code != 503


def failing_third() -> Iterator[str]:
    """Three of ten, each in another way."""
    ways = itertools.cycle(["503", "reset", "cut"])
    for number in itertools.count():
        yield next(ways) if number % 10 in {2, 5, 9} else ""


def test_a11_three_of_ten_calls_to_the_bucket_fail(program: Running, relay: Relay):
    relay.seen.clear()
    relay.faults = failing_third()
    batch = stored(program, "A11")
    took = finish(program, batch, 600)
    relay.faults = itertools.repeat("")

    seen = count(program, batch)
    say("A11", f"{took:.0f} s, the bucket was asked {dict(relay.seen)}", seen)
    assert seen.is_exactly_once


def test_a12_the_bucket_is_gone_for_a_minute(program: Running, relay: Relay):
    """The work waits: no attempt is spent, nothing fails, and the bucket is hardly asked."""
    batch = stored(program, "A12")
    relay.seen.clear()
    relay.faults = itertools.repeat("503")
    away = int(os.environ.get("AWAY", "60"))
    time.sleep(away)
    waits, failed = _waits(program, batch)
    asked = relay.seen["503"]
    relay.faults = itertools.repeat("")
    took = finish(program, batch, 600)

    seen = count(program, batch)
    say("A12", f"gone {away} s: {waits} steps waited, {failed} photos failed, asked {asked} times;"
        f" done {took:.0f} s after", seen)  # fmt: skip
    assert (waits > 0, failed) == (True, 0)
    assert seen.is_exactly_once


def _waits(program: Running, batch: str) -> tuple[int, int]:
    [(waits,)] = program.rows(
        "SELECT count(*) FROM imaging_step s JOIN imaging_job j ON j.id = s.job_id"
        " WHERE j.batch_id = %s AND s.waits_for = 'storage'", batch,
    )  # fmt: skip
    [(failed,)] = program.rows(
        "SELECT count(*) FROM imaging_photo WHERE batch_id = %s AND state = 'failed'", batch
    )
    return int(waits), int(failed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 MB in memory, as a disk of its own."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(tmp_path)], capture_output=True
    )
    if made.returncode:
        pytest.skip("may not mount a disk of its own")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a20_the_disk_is_full(small_disk: Path):
    """50 files of 5 MB at once on 64 MB, for what is on its way and for what is kept."""
    home = machine.new_home()
    (small_disk / "media").mkdir()
    Path(home.folder, "media").symlink_to(small_disk / "media")
    (small_disk / "way").mkdir()
    way = {"FILE_UPLOAD_TEMP_DIR": str(small_disk / "way")}
    with running.start(home, "--port", "0", "--workers", "1", "--no-demo", **way) as program:
        _fill(program, home, small_disk)
    machine.forget(home)


def _fill(program: Running, home: Home, disk: Path) -> None:
    shop = open_shop(program)
    batch = shop.batch("A20")
    photos = [_large(number) for number in range(50)]

    def send(number: int) -> tuple[int, str]:
        answer = shop.send(batch, f"{number}.jpg", photos[number])
        return answer.status_code, str(answer.json().get("detail", ""))

    with ThreadPoolExecutor(10) as pool:
        answers = Counter(pool.map(send, range(50)))
    kept = answers[201, ""]
    full = sum(times for (status, _), times in answers.items() if status == 507)
    left = list((disk / "way").iterdir())
    parts = list((disk / "media").rglob("*.part"))
    rows = program.rows("SELECT count(*) FROM imaging_photo WHERE batch_id = %s", batch)

    say("A20", f"{kept} stored, {full} answered 507, {len(left)} temporary files left;", answers)
    assert {status for status, _ in answers} == {201, 507}
    assert all(detail.endswith(".") for status, detail in answers if status == 507)
    assert (left, parts, rows) == ([], [], [(kept,)])

    subprocess.run(["mount", "-o", "remount,size=1g", str(disk)], check=True)
    with ThreadPoolExecutor(4) as pool:
        again = Counter(status for status, _ in pool.map(send, range(50)))
    assert again == {200: kept, 201: 50 - kept}
    finish(program, batch, 600)
    seen: Count = count(program, batch)
    say("A20", "after room was made:", seen)
    assert seen.is_exactly_once


def _large(number: int) -> bytes:
    """A small photo with 5 MB behind its end, as some cameras write them."""
    return small_photo(number) + number.to_bytes(2) * (5 * 1024 * 1024 // 2)
