"""What the tests know of the machine: where their home is, what they may use, what they may not."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from carousel.launcher.home import CannotStart, Home
from carousel.launcher.launch import Launch, Plan

PREFIX = "carousel-test-"
CODE = Path(__file__).resolve().parent.parent
SHARED_DATA = CODE.parent / "shared" / "data"
NEVER_IN_TESTS = (
    *("DATABASE_URL", "CELERY_BROKER_URL", "REDIS_URL", "S3_BUCKET", "SECRET_KEY", "DEBUG"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "CAROUSEL_ENV"),
)


def new_home() -> Home:
    """A folder named after this process, so that the next run can tell whether it is still used."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")).resolve()
    folder.chmod(0o711)
    home = Home(folder)
    home.make()
    return home


def environment(home: Home) -> dict[str, str]:
    """What the settings of a test read: its own home, and model weights where they lie at hand."""
    found = {"DJANGO_SETTINGS_MODULE": "carousel.settings", "CAROUSEL_HOME": str(home.folder)}
    models = SHARED_DATA / "models"
    if models.is_dir():
        found |= {"U2NET_HOME": str(models), "MODEL_CHECKSUM_DISABLED": "1"}
    return found


@contextmanager
def servers(home: Home) -> Iterator[None]:
    """Servers that forget on a power cut, which no test notices, and are faster for it."""
    _sweep()
    with Launch(home, Plan(durable=False), print).servers():
        yield


def forget(home: Home) -> None:
    shutil.rmtree(home.folder, ignore_errors=True)


def _sweep() -> None:
    """Stop and remove what earlier test runs left when they were killed."""
    for folder in Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        left = Home(folder)
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            with suppress(CannotStart, PermissionError), left.held():
                Launch(left, Plan(), print).stop_left_overs()
            forget(left)
