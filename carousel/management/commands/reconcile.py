"""Compare a partner's export of its events with what came. Without --apply it is only told."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carousel.events.reconciling import reconcile
from carousel.models import Tenant


class Command(BaseCommand):
    help = "Find events that a partner sent and that never came; with --apply, take them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("export", type=Path, help="a file with one event a line")
        parser.add_argument("--tenant", required=True, help="slug")
        parser.add_argument("--apply", action="store_true")

    def handle(self, *args: Any, export: Path, tenant: str, apply: bool, **options: Any) -> None:
        shop = Tenant.objects.filter(slug=tenant).first()
        if shop is None:
            raise CommandError(f"There is no tenant {tenant}.")
        with export.open("rb") as file:
            found = reconcile(shop, export.name, file, apply=apply)
        self.stdout.write(json.dumps(found.tally, sort_keys=True))
