"""Opens strangers' files in a child process that may die instead of us.

A child is kept alive and handed one photo after another over its pipes (2 ms and one copy of
the pixels each), so that guarding costs no process start. Plain `subprocess`, because a Celery
child is a daemon and may not have multiprocessing children.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from PIL import Image

from imaging.pixels import headers
from imaging.pixels.errors import Rejected
from imaging.pixels.guard_child import ANSWER, INSPECT, OPEN, REQUEST
from imaging.pixels.opening import Inspection

ROOT = Path(__file__).resolve().parents[2]
BYTES_PER_PIXEL = {"RGB": 3, "RGBA": 4}
PIPE = 256 * 1024
"""Bytes in a pipe: the system's own 64 KB wake both sides for every twentieth of a picture."""
KILLED = "The photo could not be opened safely: it needs too much memory or computing time."


@dataclass(frozen=True)
class Limits:
    """For one child: address space in bytes, CPU and wall seconds for one photo, photos a life."""

    memory: int = 2 * 1024**3
    cpu_seconds: int = 30
    wall_seconds: float = 60.0
    photos: int = 200


class Died(Exception):
    """The child ended before it answered."""


class Child:
    """One guarded process. Not for two threads at once: the guard hands it out."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.photos = 0
        command = [sys.executable, "-s", "-m", "imaging.pixels.guard_child"]
        self.process = subprocess.Popen(
            [*command, str(limits.memory), str(limits.cpu_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=PIPE,
            env={"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
        )

    def ask(self, kind: bytes, data: bytes, max_side: int) -> tuple[dict[str, Any], bytes]:
        """The child's answer and its pixels; `Died` when there is none in time."""
        self.photos += 1
        clock = threading.Timer(self.limits.wall_seconds, self.process.kill)
        clock.daemon = True
        clock.start()
        try:
            return self._exchange(kind, data, max_side)
        except (OSError, ValueError) as error:
            raise Died from error
        finally:
            clock.cancel()

    def end(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                pipe and pipe.close()
        self.process.wait()

    def is_worn(self) -> bool:
        return self.photos >= self.limits.photos or self.process.poll() is not None

    def _exchange(self, kind: bytes, data: bytes, max_side: int) -> tuple[dict[str, Any], bytes]:
        requests, answers = self.process.stdin, self.process.stdout
        assert requests is not None and answers is not None
        requests.write(REQUEST.pack(kind, max_side, len(data)))
        requests.write(data)
        requests.flush()
        head_size, pixel_size = ANSWER.unpack(_exactly(answers, ANSWER.size))
        if head_size > 1 << 16 or pixel_size > headers.MAX_PIXELS * 4:
            raise Died
        head = json.loads(_exactly(answers, head_size))
        return head, _exactly(answers, pixel_size)


@dataclass
class Guard:
    """Children ready for work, at most `width` at once in this process."""

    limits: Limits = Limits()
    width: int = 2
    _idle: list[Child] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._places = threading.BoundedSemaphore(self.width)

    def inspect(self, data: bytes) -> Inspection:
        """`opening.inspect` in a child."""
        answer, _ = self._ask(INSPECT, data, 0)
        taken_at = answer["taken_at"] and datetime.fromisoformat(answer["taken_at"])
        return Inspection(**{**answer, "taken_at": taken_at})

    def open(self, data: bytes, max_side: int | None = None) -> Image.Image:
        """`opening.open_safely` in a child."""
        answer, pixels = self._ask(OPEN, data, max_side or 0)
        width, height = answer["size"]
        if len(pixels) != width * height * BYTES_PER_PIXEL[answer["mode"]]:
            raise Rejected(KILLED)
        return Image.frombytes(answer["mode"], (width, height), pixels)

    def close(self) -> None:
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.end()

    def _ask(self, kind: bytes, data: bytes, max_side: int) -> tuple[dict[str, Any], bytes]:
        headers.read_header(data)
        with self._child() as child:
            try:
                answer, pixels = child.ask(kind, data, max_side)
            except Died:
                child.end()
                raise Rejected(KILLED) from None
        if "rejected" in answer:
            raise Rejected(answer["rejected"])
        return answer, pixels

    @contextmanager
    def _child(self) -> Iterator[Child]:
        with self._places:
            child = self._take()
            try:
                yield child
            except BaseException:
                child.end()
                raise
            self._give_back(child)

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if not child.is_worn():
                    return child
                child.end()
        return Child(self.limits)

    def _give_back(self, child: Child) -> None:
        if child.is_worn():
            child.end()
            return
        with self._lock:
            self._idle.append(child)


def guarded_inspect(data: bytes) -> Inspection:
    """What the photo is, or `Rejected` with a sentence; whatever the bytes, nothing else."""
    return _ours().inspect(data)


def guarded_open(data: bytes, max_side: int | None = None) -> Image.Image:
    """Upright sRGB pixels, or `Rejected` with a sentence; whatever the bytes, nothing else."""
    return _ours().open(data, max_side)


_guards: dict[int, Guard] = {}


def _ours() -> Guard:
    """This process's guard: a forked child must not share its parent's pipes."""
    return _guards.get(os.getpid()) or _guards.setdefault(os.getpid(), Guard())


@atexit.register
def _close() -> None:
    if guard := _guards.pop(os.getpid(), None):
        guard.close()


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise Died
    return data
