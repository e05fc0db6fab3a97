"""`manage.py up`: everything on this machine, with nothing configured."""

import io
import os
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from carousel.launcher import programs
from carousel.launcher.home import CannotStart, Home
from carousel.launcher.launch import Interrupts, Launch, Plan


class Command(BaseCommand):
    help = "Start the database, the queue, the web server and the workers; Ctrl-C stops them all."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="0 takes any free port")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--no-demo", action="store_true", help="make no demo tenant and sales")
        parser.add_argument("--workers", type=int, default=programs.cores(), help="at once")

    def handle(self, *args: Any, **options: Any) -> None:
        os.environ["CAROUSEL_HOME"] = str(settings.HOME)  # our children start in another folder
        interrupts = Interrupts()
        interrupts.listen()
        launch = Launch(Home(settings.HOME), planned(options), self._say, interrupts)
        try:
            self._run(launch, demo=not (options["no_demo"] or settings.PRODUCTION))
        except KeyboardInterrupt:
            self._say("Stopped. Everything is kept; start again with the same command.")
        except CannotStart as error:
            raise CommandError(str(error)) from error

    def _run(self, launch: Launch, *, demo: bool) -> None:
        self._say(f"Starting; data and logs are in {launch.home.folder}.")
        with launch.servers():
            self._say("Preparing the database; the first time, the demo shop takes a minute.")
            login = _prepare(demo=demo)
            with launch.processes() as address:
                self._say(f"\nCarousel runs at {address}\n{login}Ctrl-C stops it.")
                if login and launch.plan.host not in {"127.0.0.1", "::1", "localhost"}:
                    self._say("Others can reach it, and the demo's login is no secret: --no-demo.")
                try:
                    launch.watch()
                finally:
                    self._say("Stopping: the worker finishes what it began (Ctrl-C again: now).")

    def _say(self, line: str) -> None:
        """A closed terminal must not keep us from stopping what we started."""
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()


def planned(options: dict[str, Any]) -> Plan:
    """What to start: the servers that the environment names are somebody else's."""
    if options["workers"] < 1:
        raise CommandError("--workers must be 1 or more.")
    return Plan(
        host=options["host"],
        port=options["port"],
        worker_children=options["workers"],
        own_postgres=not os.environ.get("DATABASE_URL"),
        own_redis=_needs_redis(),
    )


def _needs_redis() -> bool:
    """Messages may go by somebody's RabbitMQ; limits are still counted in a Redis."""
    broker = os.environ.get("CELERY_BROKER_URL", "")
    counts = os.environ.get("REDIS_URL") or broker.startswith(("redis", "unix", "socket"))
    return not (broker and counts)


def _prepare(*, demo: bool) -> str:
    """Bring the database up to date. Returns what a person needs in order to sign in."""
    said = io.StringIO()
    call_command("migrate", verbosity=0)
    if demo:
        call_command("demo", stdout=said)
    connections.close_all()
    return said.getvalue()
