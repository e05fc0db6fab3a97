"""What every fault story needs: photos, a batch of them in the running program, and the count.

Faults come from outside the program: signals, SQL, a proxy. Nothing in it knows of a test.
"""

import io
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageDraw
from redis import Redis
from redis.exceptions import RedisError

from tests.machine import SHARED_DATA
from tests.running import Running

STEPS = ("attributes", "classify", "cutout", "defects", "embed", "inspect")
SHORT = {"STEP_SOFT_LIMIT": "10", "STEP_HARD_LIMIT": "15", "STEP_LEASE": "20",
         "STEP_VISIBILITY": "40"}  # fmt: skip
"""Seconds, so that a story of many deaths takes minutes and not hours."""


def say(name: str, *figures: object) -> None:
    """A figure for the record: `pytest -s` shows it."""
    sys.stdout.write(f"\n{name}: {' '.join(map(str, figures))}\n")


def real_photos(folder: Path, count: int) -> Path:
    found = sorted((SHARED_DATA / "photos" / "apparel").rglob("*.jpg"))[:count]
    for number, photo in enumerate(found):
        shutil.copy(photo, folder / f"{number:03}.jpg")
    return folder


def small_photos(folder: Path, count: int, size: tuple[int, int] = (240, 180)) -> Path:
    """Real JPEGs, each different: a thing on a table, with the grain of a camera."""
    for number in range(count):
        (folder / f"{number:04}.jpg").write_bytes(small_photo(number, size))
    return folder


def small_photo(number: int, size: tuple[int, int] = (240, 180)) -> bytes:
    grain = np.random.default_rng(number).integers(0, 12, (size[1], size[0], 3), dtype=np.uint8)
    image = Image.fromarray(grain + 200)
    draw = ImageDraw.Draw(image)
    colour = (number * 37 % 200, number * 91 % 200, number * 53 % 200)
    draw.ellipse((size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4), fill=colour)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def ingest(running: Running, folder: Path) -> str:
    """The batch of these photos."""
    said = running.command("ingest", str(folder), "--tenant", "demo", "--json")
    return str(json.loads(said)["batch"])


@dataclass(frozen=True)
class Count:
    """What the database holds of a batch. `vectors` of each model, `attempts` of all steps.

    Exactly once: each photo is ready, has each step done, one vector of a model, one event.
    """

    photos: int
    ready: int
    done_steps: int
    vectors: int
    events: int
    attempts: int
    dead: int

    @property
    def is_exactly_once(self) -> bool:
        wanted = (self.photos, self.photos * len(STEPS), self.photos, self.photos, 0)
        return (self.ready, self.done_steps, self.vectors, self.events, self.dead) == wanted


def count(running: Running, batch: str) -> Count:
    [photos] = running.rows(
        "SELECT count(*), count(*) FILTER (WHERE state = 'ready') FROM imaging_photo"
        " WHERE batch_id = %s", batch,
    )  # fmt: skip
    [steps] = running.rows(
        "SELECT count(DISTINCT (j.subject_id, s.kind)) FILTER (WHERE s.state = 'done'),"
        " coalesce(sum(s.attempts), 0), count(*) FILTER (WHERE s.state = 'dead')"
        " FROM imaging_step s JOIN imaging_job j ON j.id = s.job_id"
        " WHERE j.batch_id = %s AND j.kind = 'photo'", batch,
    )  # fmt: skip
    [vectors] = running.rows(
        "SELECT count(*) / greatest(count(DISTINCT e.model), 1)"
        " FROM imaging_embedding e JOIN imaging_photo p ON p.id = e.photo_id"
        " WHERE p.batch_id = %s", batch,
    )  # fmt: skip
    [events] = running.rows(
        "SELECT count(*) FROM carousel_event WHERE kind = 'CarouselImageProcessed'"
        " AND subject IN (SELECT id FROM imaging_photo WHERE batch_id = %s)", batch,
    )  # fmt: skip
    return Count(
        photos=photos[0],
        ready=photos[1],
        done_steps=steps[0],
        vectors=vectors[0],
        events=events[0],
        attempts=int(steps[1]),
        dead=steps[2],
    )


def is_cut_out(running: Running, photo: str, after: int) -> bool:
    """Whether a worker has the photo's cut-out in hand, in an attempt later than the `after`th.

    The fourth is no attempt: it is claimed to be given up.
    """
    return bool(
        running.rows(
            "SELECT 1 FROM imaging_step s JOIN imaging_job j ON j.id = s.job_id"
            " WHERE j.subject_id = %s AND s.kind = 'cutout' AND s.state = 'running'"
            " AND s.attempts > %s AND s.attempts < 4", photo, after,
        )
    )  # fmt: skip


def open_jobs(running: Running, batch: str) -> int:
    """-1 while the database does not answer."""
    try:
        [(jobs,)] = running.rows(
            "SELECT count(*) FROM imaging_job WHERE batch_id = %s"
            " AND state IN ('pending', 'processing')", batch,
        )  # fmt: skip
    except Exception:
        return -1
    return int(jobs)


def finish(running: Running, batch: str, seconds: float) -> float:
    """Wait until nothing is open; the seconds it took."""
    started = time.monotonic()
    while open_jobs(running, batch) != 0:
        waited = time.monotonic() - started
        assert waited < seconds, f"{count(running, batch)} after {seconds} s"
        time.sleep(0.5)
    return time.monotonic() - started


def kill_child(running: Running, chance: random.Random) -> None:
    """One of the worker's own processes, as the kernel does it when memory runs out."""
    with suppress(psutil.Error, FileNotFoundError, IndexError):
        children = psutil.Process(running.pid("worker")).children()
        os.kill(
            chance.choice([child.pid for child in children if _is_worker(child)]), signal.SIGKILL
        )


def _is_worker(process: psutil.Process) -> bool:
    return "celery" in " ".join(process.cmdline()) or "celery" in process.name()


def kill(running: Running, name: str, sign: signal.Signals = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError, FileNotFoundError):
        running.kill(name, sign)


def restart_postgres(running: Running, sign: signal.Signals) -> None:
    """SIGQUIT is its immediate stop, SIGINT its fast one. The launcher starts it again."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(running.pid("postgres"), sign)


def flush(running: Running) -> None:
    with suppress(RedisError), Redis.from_url(running.home.redis_url, socket_timeout=2) as client:
        client.flushall()


def storm(faults: list[Callable[[], None]], seconds: float, seed: int) -> None:
    """All of them in an order of the seed's choosing, spread evenly."""
    random.Random(seed).shuffle(faults)
    for fault in faults:
        time.sleep(seconds / len(faults))
        fault()
