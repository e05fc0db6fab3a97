"""Run by a drill in a network namespace without a way out: `drill_without_network.py FOLDER`."""

import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")
django.setup()

from carousel.launcher.home import Home  # noqa: E402
from tests import running  # noqa: E402
from tests.test_drills import SHOP, finished, ingest  # noqa: E402


def main() -> None:
    program = running.start(Home(Path(os.environ["CAROUSEL_HOME"])), "--port", "0", "--no-demo")
    try:
        program.command("shell", "-c", SHOP)
        batch = ingest(program, Path(sys.argv[1]))
        running.until(lambda: finished(program, batch), 240)
        assert not reaches_outside()
        print("outside refused, batch finished")  # noqa: T201
    finally:
        program.stop(signal.SIGTERM)


def reaches_outside() -> bool:
    """192.0.2.1 is an address that belongs to nobody: there is no road to it from in here."""
    with suppress(OSError), socket.create_connection(("192.0.2.1", 443), timeout=2):
        return True
    return False


if __name__ == "__main__":
    main()
