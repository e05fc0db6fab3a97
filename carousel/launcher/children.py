"""One program that we start, watch and stop, together with every process it starts itself."""

import os
import pwd
import signal
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from threading import Event
from typing import Any

import psutil

LOG_BYTES = 10_000_000
Steps = tuple[tuple[Signals, float], ...]


@dataclass(frozen=True)
class Program:
    """What to run, and how to stop it: signals in order, each with the seconds it is given."""

    name: str
    command: tuple[str, ...]
    folder: Path
    stop: Steps = ((signal.SIGTERM, 10.0),)
    user: str | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


class Child:
    """A program's life. Its pid is written down, so that it is found again if we are killed."""

    def __init__(self, program: Program, run: Path, log: Path) -> None:
        self.program = program
        self.pidfile = run / f"{program.name}.pid"
        self.logfile = log / f"{program.name}.log"
        self._process: psutil.Popen | None = None

    def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C in our terminal must not reach it."""
        program = self.program
        self._turn_log()
        with self.logfile.open("ab") as log:
            self._process = psutil.Popen(
                program.command,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **identity(program.user),
            )
        self.pidfile.write_text(f"{self._process.pid} {self._process.create_time()}")

    def died(self) -> str | None:
        """How it ended, in words, or None while it runs."""
        code = self._process.poll() if self._process else 0
        if code is None:
            return None
        return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"

    def stop(self, hurry: Event | None = None) -> None:
        """Ask it to end, then insist; setting `hurry` cuts the waiting short."""
        process = self._process or self.left_over()
        if process is not None:
            self._ask(process, hurry or Event())
            _kill_group(process.pid)
            process.wait(10)
        self._process = None
        self.pidfile.unlink(missing_ok=True)

    def restart(self) -> None:
        """Start again after a death, once the processes it left behind are gone."""
        if self._process is not None:
            _kill_group(self._process.pid)
        self.start()

    def left_over(self) -> psutil.Process | None:
        """The process that an earlier, killed launcher left running under this name."""
        try:
            pid, created = self.pidfile.read_text().split()
            process = psutil.Process(int(pid))
            same = abs(process.create_time() - float(created)) < 1
            return process if same else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def last_words(self, lines: int = 15) -> str:
        with suppress(FileNotFoundError), self.logfile.open(errors="replace") as log:
            return "".join(deque(log, lines)).rstrip()
        return ""

    def _turn_log(self) -> None:
        """Keep one earlier log, so that a program started for years fills no disk."""
        if self.logfile.exists() and self.logfile.stat().st_size > LOG_BYTES:
            self.logfile.replace(self.logfile.with_suffix(".log.1"))

    def _ask(self, process: psutil.Process, hurry: Event) -> None:
        for sign, seconds in self.program.stop:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sign)
            if _ended(process, seconds, hurry):
                return


def _ended(process: psutil.Process, seconds: float, hurry: Event) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not hurry.is_set():
        try:
            process.wait(0.1)
        except psutil.TimeoutExpired:
            continue
        return True
    return False


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def identity(user: str | None) -> dict[str, Any]:
    """Popen's arguments for running as another account. Only root may ask for one."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
