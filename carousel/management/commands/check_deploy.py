"""`manage.py check_deploy`: may this go live? The lines of the readiness page; 1 when one fails."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from carousel.ops import readiness


class Command(BaseCommand):
    help = "Look at everything that must be so before and after going live. Exit 1: not all is."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the lines as JSON")
        parser.add_argument("--dry-run", action="store_true", help="tell what would be looked at")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write("\n".join(readiness.names()))
            return
        groups = readiness.groups()
        if options["json"]:
            told = [
                {"group": group.title, **asdict(check)}
                for group in groups
                for check in group.checks
            ]
            self.stdout.write(json.dumps(told))
        else:
            self._print(groups)
        if any(not check.ok for group in groups for check in group.checks):
            raise SystemExit(1)

    def _print(self, groups: list[readiness.Group]) -> None:
        for group in groups:
            self.stdout.write(group.title)
            for check in group.checks:
                word = "pass" if check.ok else "FAIL"
                self.stdout.write(f"  {word}  {check.name:22}{check.detail}")
        failed = sum(not check.ok for group in groups for check in group.checks)
        self.stdout.write(f"{failed} failed." if failed else "All passed.")
