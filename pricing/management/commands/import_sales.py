"""`manage.py import_sales FILE`: past sales from CSV or Parquet. Safe to kill and to run again."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from carousel.models import Tenant
from pricing import importing, lessons
from pricing.importing import Plan
from pricing.models import Import
from pricing.reading import Unreadable


class Command(BaseCommand):
    help = (
        "Imports sales. Columns: sold_at, price, currency, category, brand, condition, title, and"
        " where they are there color, material, size, image, sale_id, product_id, listed_at."
        " A row with the id of a known sale is skipped; a wrong row is told with its number."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", default="demo", help="whose sales (slug); default demo")
        parser.add_argument("--images", type=Path, help="folder of the pictures that rows name")
        parser.add_argument("--no-pictures", action="store_true", help="leave pictures out")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")
        parser.add_argument("--batch-size", type=int, help="rows in one transaction")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.monotonic()
        plan = self._plan(options)
        try:
            tally = importing.dry_run(plan) if options["dry_run"] else self._run(plan)
        except Unreadable as error:
            raise CommandError(str(error)) from error
        result = {
            "dry_run": options["dry_run"],
            "rows": tally.rows,
            "added": tally.added,
            "known": tally.known,
            "refused": tally.refused,
            "errors": tally.errors,
            "seconds": round(time.monotonic() - start, 1),
        }
        self.stdout.write(
            json.dumps(result, ensure_ascii=False) if options["json"] else _words(result)
        )
        if tally.refused:
            sys.exit(1)

    def _plan(self, options: dict[str, Any]) -> Plan:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.")
        return Plan(
            options["file"],
            tenant,
            folder=options["images"],
            pictures=not options["no_pictures"],
            portion=options["batch_size"],
        )

    def _run(self, plan: Plan) -> Import:
        """With a bar on a terminal, and how to go on when somebody presses Ctrl-C."""
        progress = None
        with tqdm(unit="row", disable=None, file=sys.stderr) as bar:
            try:
                for progress in importing.run(plan):
                    bar.total = progress.total or None
                    bar.update(progress.rows - bar.n)
            except KeyboardInterrupt:
                rows = progress.rows if progress else 0
                raise CommandError(f"Stopped after row {rows}. Run it again to go on.") from None
        assert progress is not None
        if progress.added:
            lessons.teach(plan.tenant)
        return progress


def _words(result: dict[str, Any]) -> str:
    would = "would be " if result["dry_run"] else ""
    lines = [f"row {error['row']}: {error['why']}" for error in result["errors"]]
    lines.append(
        f"{result['rows']} rows: {result['added']} {would}added, {result['known']} known already,"
        f" {result['refused']} refused, {result['seconds']} s"
    )
    return "\n".join(lines)
