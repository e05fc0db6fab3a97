"""One program that we start, watch and stop, together with every process it starts itself."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

import psutil

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
        with self.logfile.open("ab") as log:
            self._process = psutil.Popen(
                program.command,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_identity(program.user),
            )
        self.pidfile.write_text(f"{self._process.pid} {self._process.create_time()}")

    def died(self) -> str | None:
        """How it ended, in words, or None while it runs."""
        code = self._process.poll() if self._process else 0
        if code is None:
            return None
        return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"

    def stop(self, hurry: Iterable[Signals] = ()) -> None:
        """Ask it to end, then insist; returns when it and all it started are gone."""
        process = self._process or self.left_over()
        if process is not None:
            self._ask(process)
            _end_group(process.pid)
        self._process = None
        self.pidfile.unlink(missing_ok=True)

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

    def _ask(self, process: psutil.Process) -> None:
        for sign, seconds in self.program.stop:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sign)
            if _ended(process, seconds):
                return


def _ended(process: psutil.Process, seconds: float) -> bool:
    try:
        process.wait(seconds)
    except psutil.TimeoutExpired:
        return False
    return True


def _end_group(pid: int) -> None:
    """Kill what is left of a process group, and wait until the kernel has buried it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
