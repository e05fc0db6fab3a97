"""`manage.py purge`: remove what has been kept long enough, as the clock does every hour."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.ops import retention


class Command(BaseCommand):
    help = "Remove expired rows with their files. Safe to stop and to run again. Exit 1: not all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and remove nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")
        parser.add_argument(
            "--orphans", action="store_true", help="also files without rows, and the reverse"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._json, pretend = options["json"], options["dry_run"]
        done: list[retention.Done] = []
        try:
            for one in retention.purge(pretend=pretend):
                done.append(one)
                self._say(one, "would go" if pretend else "gone")
            orphans = import_string(wiring.ORPHANS)(pretend=pretend) if options["orphans"] else None
        except KeyboardInterrupt:
            self.stderr.write("Stopped; the same command goes on with the rest.")
            raise SystemExit(1) from None
        if self._json:
            told = {"dry_run": pretend, "rules": [asdict(one) for one in done]}
            self.stdout.write(json.dumps(told | ({"orphans": asdict(orphans)} if orphans else {})))
        elif orphans:
            self.stdout.write(str(orphans))
        if any(one.waits for one in done):
            raise SystemExit(1)

    def _say(self, one: retention.Done, word: str) -> None:
        longest = f", longest step {one.longest * 1000:.0f} ms" if one.longest else ""
        waits = f", waits: {one.waits}" if one.waits else ""
        if not self._json:
            self.stdout.write(f"{one.name}: {one.rows} {word}{longest}{waits}")
