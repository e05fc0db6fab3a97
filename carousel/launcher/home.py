"""The folder that one running program owns, and the addresses of what runs in it.

Every address follows from the folder's path alone, so that a command typed in another window finds
the servers that `manage.py up` started there.
"""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# The kernel allows 108 bytes (104 on a Mac) for the path of a socket.
LONGEST_SOCKET = 100
POSTGRES_SOCKET = ".s.PGSQL.5432"
OWNER = "carousel"


class CannotStart(Exception):
    """Something on this machine stands in the way. The message tells the person what to do."""


@dataclass(frozen=True)
class Home:
    """One data folder, `var/` unless CAROUSEL_HOME says otherwise. It need not exist yet."""

    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def redis(self) -> Path:
        return self.folder / "redis"

    @property
    def sockets(self) -> Path:
        """Where the sockets are: under `run`, or under /tmp when that path is too long."""
        near = self.run / "sockets"
        if len(os.fsencode(near / "postgres" / POSTGRES_SOCKET)) <= LONGEST_SOCKET:
            return near
        return (
            Path("/tmp") / f"carousel-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]}"
        )

    @property
    def _address(self) -> Path:
        return self.run / "address"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "postgres"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis"

    @property
    def database_url(self) -> str:
        return self.database_named(OWNER)

    def database_named(self, name: str) -> str:
        return f"postgresql://{OWNER}@/{name}?host={quote(str(self.postgres_sockets), safe='')}"

    @property
    def broker_url(self) -> str:
        """In Celery's spelling."""
        return f"redis+socket://{quote(str(self.redis_socket))}?virtual_host=0"

    @property
    def redis_url(self) -> str:
        """In redis-py's spelling, and another database than the broker's."""
        return f"unix://{quote(str(self.redis_socket))}?db=1"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold this folder, or refuse. The kernel lets go of it however the holder ends."""
        self.make()
        with (self.run / "held").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(self._already_running()) from None
            try:
                yield
            finally:
                self._address.unlink(missing_ok=True)
                if self.folder not in self.sockets.parents:
                    shutil.rmtree(self.sockets, ignore_errors=True)

    def write_address(self, address: str) -> None:
        """Where the running web server is found, for who tries to start another one."""
        self._address.write_text(address)

    def make(self) -> None:
        """Make the folders, or say why that cannot be."""
        try:
            for folder in (self.run, self.log, self.redis, self.sockets, self.folder / "static"):
                folder.mkdir(parents=True, exist_ok=True)
            if self.sockets.stat().st_uid != os.geteuid():
                raise PermissionError(errno.EPERM, f"{self.sockets} belongs to somebody else")
            # Others may pass to the servers' own folders, and no further.
            self.sockets.chmod(0o711)
        except OSError as error:
            raise CannotStart(
                f"{self.folder} cannot be written to ({error.strerror}). Run this as its owner,"
                " or choose another folder with CAROUSEL_HOME."
            ) from error

    def _already_running(self) -> str:
        where = f" at {self._address.read_text()}" if self._address.exists() else ""
        return (
            f"Carousel is already running on {self.folder}{where}. Stop that one first (Ctrl-C in"
            " its window), or give this one a folder of its own with CAROUSEL_HOME."
        )
