"""Our own processes: the web server, the worker and the clock."""

import errno
import os
import signal
import socket
import sys
from pathlib import Path

from carousel.launcher.children import Program
from carousel.launcher.home import CannotStart

CODE = Path(__file__).resolve().parent.parent.parent
SLOW = ("images", "books.ocr")
QUICK = ("default", "events", "books.llm", "books.lookup")
"""Queues whose work takes moments: they have a worker of their own, never behind 500 photos."""
APP_ROLE, IMPORTER_ROLE = "carousel_app", "carousel_importer"
"""What our processes act as in our own database: see carousel/tenants/walls.py."""


def web(host: str, port: int) -> Program:
    """Open event streams never end by themselves: two seconds, then they are cut."""
    return _python(
        *("web", "uvicorn", "carousel.asgi:application", "--host", host, "--port", str(port)),
        *("--timeout-graceful-shutdown", "2", "--no-access-log"),
        CAROUSEL_WEB="true",
    )


def worker(children: int) -> Program:
    """Works on photos, as many at once as it has children."""
    return _celery("worker", SLOW, children)


def clerk() -> Program:
    """Does what takes moments: groups, prices, events, the schedule."""
    return _celery("clerk", QUICK, 1)


def _celery(name: str, queues: tuple[str, ...], children: int) -> Program:
    """Stops warm first: running steps finish. Then cold: they go back, and run again next time."""
    threads = max(1, cores() // children)
    return _python(
        *(name, "celery", "-A", "carousel", "worker", "--queues", ",".join(queues)),
        *("--hostname", f"{name}@%h", "--pool", "prefork", "--concurrency", str(children)),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        stop=((signal.SIGTERM, 20.0), (signal.SIGQUIT, 10.0)),
        OMP_NUM_THREADS=str(threads),
    )


def beat(run: Path) -> Program:
    return _python(
        *("beat", "celery", "-A", "carousel", "beat", "--loglevel", "INFO"),
        *("--schedule", str(run / "beat"), "--pidfile="),
    )


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port above it that nobody listens on; 0 asks for any."""
    for port in range(wanted, min(wanted + 100, 65_536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                raise CannotStart(f"{host}:{port} cannot be used: {error.strerror}.") from error
            return int(probe.getsockname()[1])
    raise CannotStart(f"Ports {wanted} to {wanted + 99} are all taken; choose another with --port.")


def listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _python(
    name: str,
    module: str,
    *arguments: str,
    stop: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),),
    **environment: str,
) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", module, *arguments),
        folder=CODE,
        stop=stop,
        # Only the web server is one, whatever stands in our own environment.
        environment={**_walls(), **os.environ, "CAROUSEL_WEB": "false", **environment},
    )


def _walls() -> dict[str, str]:
    """In a database of somebody else's making, its owner decides on the role."""
    return {} if os.environ.get("DATABASE_URL") else {"DATABASE_ROLE": APP_ROLE}
