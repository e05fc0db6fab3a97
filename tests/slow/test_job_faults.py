"""A batch goes through while its workers, its queue and its database are killed: exactly once each.

Names are those of the test plan.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from carousel.launcher.home import Home
from tests import machine, running
from tests.running import Running
from tests.slow.stories import (
    SHORT,
    count,
    finish,
    flush,
    ingest,
    is_cut_out,
    kill,
    kill_child,
    real_photos,
    restart_postgres,
    say,
    small_photos,
    storm,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("SEED", "1"))


@pytest.fixture
def home() -> Iterator[Home]:
    home = machine.new_home()
    yield home
    machine.forget(home)


def story(home: Home, folder: Path, fault: Callable[[Running], None], **environment: str) -> str:
    """Ingest, let the fault loose, wait, count. Returns the figures."""
    with running.start(home, "--port", "0", **environment) as program:
        batch = ingest(program, folder)
        began = time.monotonic()
        fault(program)
        after = finish(program, batch, 1500)
        seen = count(program, batch)
        assert seen.is_exactly_once, seen
        took = time.monotonic() - began
        return f"{took:.0f} s, the last {after:.0f} s after the last fault: {seen}"


@pytest.mark.shared_data
def test_a4_two_hundred_real_photos_through_the_storm(home: Home, tmp_path: Path):
    """8 kills, 2 FLUSHALL, 1 SIGKILL of Redis, 2 immediate restarts of Postgres in 30 s."""

    def faults(program: Running) -> None:
        chance = random.Random(SEED)
        storm(
            [
                *[partial(kill_child, program, chance)] * 5,
                *[partial(kill, program, "worker")] * 3,
                *[partial(flush, program)] * 2,
                partial(kill, program, "redis"),
                *[partial(restart_postgres, program, signal.SIGQUIT)] * 2,
            ],
            30,
            SEED,
        )

    say("A4", story(home, real_photos(tmp_path, 200), faults))


def test_a1_children_are_killed_twenty_times(home: Home, tmp_path: Path):
    def faults(program: Running) -> None:
        storm([partial(kill_child, program, random.Random(SEED))] * 20, 40, SEED)

    say("A1", story(home, small_photos(tmp_path, 200), faults, **SHORT))


def test_a2_the_whole_worker_is_killed_ten_times(home: Home, tmp_path: Path):
    def faults(program: Running) -> None:
        storm([partial(kill, program, "worker")] * 10, 60, SEED)

    say("A2", story(home, small_photos(tmp_path, 200), faults, **SHORT))


def test_a5_a6_the_queue_is_wiped_and_killed(home: Home, tmp_path: Path):
    def faults(program: Running) -> None:
        storm([partial(flush, program)] * 3 + [partial(kill, program, "redis")] * 2, 20, SEED)

    say("A5, A6", story(home, small_photos(tmp_path, 200), faults, **SHORT))


def test_a8_a_queue_that_swallows_everything_for_a_minute(home: Home, tmp_path: Path):
    def faults(program: Running) -> None:
        os.kill(program.pid("redis"), signal.SIGSTOP)
        time.sleep(60)
        os.kill(program.pid("redis"), signal.SIGCONT)

    say("A8", story(home, small_photos(tmp_path, 200), faults, **SHORT))


def test_a10_every_connection_is_ended_once_a_second_for_a_minute(home: Home, tmp_path: Path):
    def faults(program: Running) -> None:
        for _ in range(60):
            with suppress(Exception):
                program.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            time.sleep(1)

    say("A10", story(home, small_photos(tmp_path, 200), faults, **SHORT))


def test_a17_ten_deployments_in_a_batch(home: Home, tmp_path: Path):
    """SIGTERM: what runs finishes or goes back, no attempt counts as a failure."""
    exits = []

    def deploy(program: Running) -> None:
        worker = psutil.Process(program.pid("worker"))
        worker.send_signal(signal.SIGTERM)
        began = time.monotonic()
        worker.wait(90)
        exits.append(time.monotonic() - began)

    def faults(program: Running) -> None:
        for _ in range(10):
            with suppress(psutil.NoSuchProcess):
                deploy(program)
            time.sleep(4)

    say("A17", story(home, small_photos(tmp_path, 200), faults), f"longest exit {max(exits):.1f} s")
    assert max(exits) <= 60


def test_a13_one_photo_that_kills_its_worker_each_time(home: Home, tmp_path: Path):
    """At most 4 runs, then it needs a person; the other 59 are done."""
    folder = small_photos(tmp_path, 60)
    with running.start(home, "--port", "0", "--workers", "1", **SHORT) as program:
        batch = ingest(program, folder)
        [(poison,)] = program.rows(
            "SELECT id FROM imaging_photo WHERE batch_id = %s AND filename = '0030.jpg'", batch
        )
        over = threading.Event()
        kills: list[float] = []
        watcher = threading.Thread(target=_kill_on, args=(program, poison, over, kills))
        watcher.start()
        try:
            took = finish(program, batch, 900)
        finally:
            over.set()
            watcher.join()
        [(state, reason)] = program.rows(
            "SELECT state, reason FROM imaging_photo WHERE id = %s", poison
        )
        [(runs,)] = program.rows(
            "SELECT s.attempts FROM imaging_step s JOIN imaging_job j ON j.id = s.job_id"
            " WHERE j.subject_id = %s AND s.kind = 'cutout'", poison,
        )  # fmt: skip
        say("A13", f"{len(kills)} kills, {runs} claims, {took:.0f} s", count(program, batch))
        assert (state, reason) == ("failed", "Its worker died 3 times.")
        assert runs <= 4
        assert count(program, batch).ready == 59


def _kill_on(program: Running, photo: str, over: threading.Event, kills: list[float]) -> None:
    """Kill the only worker child whenever it works on the photo's cut-out: once a claim."""
    while not over.wait(0.02):
        if is_cut_out(program, photo, after=len(kills)):
            kill_child(program, random.Random(0))
            kills.append(time.monotonic())
