"""`manage.py smoke ADDRESS`: six checks of a running site from outside, as after a deploy."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from carousel.ops import smoke, smoke_upload


class Command(BaseCommand):
    help = "Ask a running site six things; with --upload also have it work on a photo. Exit 1: no."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default=settings.SITE_URL, help="else SITE_URL")
        parser.add_argument("--upload", metavar="TENANT", help="send a photo to this shop's API")
        parser.add_argument("--json", action="store_true", help="print the answers as JSON")
        parser.add_argument("--dry-run", action="store_true", help="tell what would be asked")

    def handle(self, *args: Any, **options: Any) -> None:
        address = options["address"].rstrip("/")
        asked = dict(smoke.CHECKS)
        if options["upload"]:
            asked["upload"] = lambda site: smoke_upload.upload(site, options["upload"])
        if options["dry_run"]:
            self.stdout.write("\n".join(f"{name} at {address}" for name in asked))
            return
        answers = smoke.ask(address, asked)
        if options["json"]:
            self.stdout.write(json.dumps([vars(answer) for answer in answers]))
        else:
            for one in answers:
                self.stdout.write(f"{'pass' if one.ok else 'FAIL'}  {one.name:10}{one.detail}")
        if not all(answer.ok for answer in answers):
            raise SystemExit(1)
