"""`manage.py purge`: remove what has been kept long enough, as the clock does every hour."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.ops import retention


class Command(BaseCommand):
    help = "Remove expired rows with their files. Safe to stop and to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and remove nothing")
        parser.add_argument(
            "--orphans", action="store_true", help="also files without rows, and the reverse"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        pretend: bool = options["dry_run"]
        word = "would go" if pretend else "gone"
        for done in retention.purge(pretend=pretend):
            longest = f", longest step {done.longest * 1000:.0f} ms" if done.longest else ""
            self.stdout.write(f"{done.name}: {done.rows} {word}{longest}")
        if options["orphans"]:
            self.stdout.write(str(import_string(wiring.ORPHANS)(pretend=pretend)))
