"""`manage.py sweep`: send again what was lost, as the clock does every 15 seconds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from imaging.jobs import sweeper


class Command(BaseCommand):
    help = (
        "Ask the workers again for steps whose message was lost or whose worker died, the oldest"
        f" {sweeper.AT_ONCE} at most; the same command goes on with the rest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and send nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        forgotten = sweeper.forgotten_steps().count()
        sent = 0 if options["dry_run"] else sweeper.sweep()
        if options["json"]:
            told = {"dry_run": options["dry_run"], "forgotten": forgotten, "sent": sent}
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write(f"{forgotten} steps were forgotten, {sent} sent again.")
