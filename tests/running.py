"""The program as a person runs it: `manage.py up` as a process of its own, on a home of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from carousel.launcher.home import Home
from tests import machine

MANAGE = str(machine.CODE / "manage.py")


@dataclass(frozen=True)
class Running:
    """A started program. What it said is in `said`; its parts are killed by name."""

    home: Home
    process: subprocess.Popen[bytes]
    output: Path
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return (self.home.run / "address").read_text().rstrip("/")

    @property
    def said(self) -> str:
        return self.output.read_text()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds, past the program and past Django."""
        with psycopg.connect(self.home.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def command(self, *words: str) -> str:
        """What `manage.py words` prints, typed in another window."""
        return subprocess.run(
            [sys.executable, MANAGE, *words],
            env=_environment(self.home) | self.more,
            check=True,
            text=True,
            capture_output=True,
            timeout=300,
        ).stdout

    def pid(self, name: str) -> int:
        return int((self.home.run / f"{name}.pid").read_text().split()[0])

    def kill(self, name: str, sign: signal.Signals = signal.SIGKILL) -> None:
        """Kill one part with all its children: web, worker, beat, redis or postgres."""
        os.killpg(self.pid(name), sign)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        with suppress(ProcessLookupError):
            self.process.send_signal(sign)
        return self.process.wait(90)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(home: Home, *options: str, elsewhere: Path | None = None, **more: str) -> Running:
    """Start it, with `more` in its environment, and wait for its address.

    Fails with what it said instead.
    """
    home.make()
    output = home.folder / "said"
    with output.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, MANAGE, "up", *options],
            env=_environment(home) | more,
            cwd=elsewhere,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(home, process, output, more)
    try:
        until(lambda: (home.run / "address").exists() or process.poll() is not None, 600)
    except AssertionError:
        running.stop(signal.SIGTERM)
        raise
    assert process.poll() is None, f"It ended with {process.returncode} and said:\n{running.said}"
    return running


def until(true: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.05)


def processes_of(home: Home) -> list[str]:
    """The command lines of all living processes that run in this home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            belongs = process.environ().get("CAROUSEL_HOME") == str(home.folder)
            command = " ".join(process.cmdline())
            alive = process.status() != psutil.STATUS_ZOMBIE
            if alive and (belongs or str(home.folder) in command):
                found.append(command)
    return found


def _environment(home: Home) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in machine.NEVER_IN_TESTS}
    return kept | machine.environment(home)
