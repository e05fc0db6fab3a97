"""The lake from the command line: ship, compact, expire, archive, and what waits."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pricing.expiry import forget_sales
from pricing.lake import feed, upkeep


class Command(BaseCommand):
    help = "Bring sales to the lake and keep it tidy. Every part may be killed and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        work = ("ship", "compact", "expire", "archive", "status")
        parser.add_argument("work", choices=work)
        parser.add_argument("--days", type=int, default=7, help="age of snapshots that expire")

    def handle(self, *args: Any, work: str, days: int, **options: Any) -> None:
        if work == "ship":
            feed.recover()
            self.stdout.write(f"{feed.ship_all()} sales shipped")
        elif work == "compact":
            self.stdout.write(f"{upkeep.compact()} months made one file")
        elif work == "expire":
            self.stdout.write(f"{upkeep.expire(timedelta(days=days))} files deleted")
        elif work == "archive":
            self.stdout.write(f"{_archive()} old sales live in the lake alone now")
        else:
            known = feed.backlog()
            since = f"{known.since:%Y-%m-%d %H:%M:%S}" if known.since else "never"
            self.stdout.write(f"{known.waiting} wait, {known.on_the_way} on the way, since {since}")


def _archive() -> int:
    return sum(iter(forget_sales, 0))
