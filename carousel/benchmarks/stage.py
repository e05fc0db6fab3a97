"""Where a benchmark runs: in a folder of its own, on servers of its own, gone when it ends.

Nothing that a shop has stored is touched, and nothing that runs beside it is asked.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from carousel.launcher.home import CannotStart, Home
from carousel.launcher.launch import Launch, Plan
from carousel.launcher.programs import CODE

OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL", "S3_BUCKET")
PATIENCE = 240


@contextmanager
def servers() -> Iterator[Mapping[str, str]]:
    """PostgreSQL and Redis with an empty database. Yields the environment of who uses them."""
    with _home() as home, Launch(home, Plan(), _unsaid).servers():
        environment = _environment(home)
        manage(environment, "migrate", "--verbosity", "0")
        yield environment


@contextmanager
def program(workers: int = 2) -> Iterator[Mapping[str, str]]:
    """The whole program without the demo. BENCHMARK_URL in what it yields is its address."""
    with _home() as home:
        environment = _environment(home)
        words = (*_manage("up"), "--no-demo", "--port", "0", "--workers", str(workers))
        with (home.folder / "said").open("wb") as said:
            process = subprocess.Popen(words, env=environment, stdout=said, stderr=said)
        try:
            yield {**environment, "BENCHMARK_URL": _address(home, process)}
        finally:
            process.terminate()
            process.wait(90)


def manage(environment: Mapping[str, str], *words: str) -> None:
    """Run a command of ours there; what it prints is shown. ValueError when it fails."""
    if subprocess.run(_manage(*words), env=dict(environment)).returncode:
        raise ValueError(f"manage.py {' '.join(words)} failed.")


def _manage(*words: str) -> tuple[str, ...]:
    return (sys.executable, str(CODE / "manage.py"), *words)


@contextmanager
def _home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="carousel-benchmark-")).resolve()
    folder.chmod(0o711)
    home = Home(folder)
    home.make()
    try:
        yield home
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(home: Home) -> dict[str, str]:
    """Ours, with the folder of the models that the caller's settings had found."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return kept | {"CAROUSEL_HOME": str(home.folder), "LOG_LEVEL": "WARNING"}


def _address(home: Home, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while not (home.run / "address").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"The program did not start: {(home.folder / 'said').read_text()}")
        time.sleep(0.1)
    return (home.run / "address").read_text().rstrip("/")


def _unsaid(line: str) -> None:
    """The servers of a benchmark start in silence."""
