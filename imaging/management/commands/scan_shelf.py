"""`manage.py scan_shelf PHOTO [--json]`: the same stages as in the browser, here and now."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from imaging.bookshelf import shelving
from imaging.bookshelf.final import book
from imaging.bookshelf.models import Shelf
from imaging.jobs import runner
from imaging.jobs.models import Step
from imaging.management.commands.import_catalogue import tenant_called
from imaging.pixels.errors import Rejected
from imaging.uploads.intake import BLOCK

TRIES = 12
"""Three stages, each at most three times, and a little over."""


class Command(BaseCommand):
    help = "Read the books on a shelf photo. The same photo again gives the kept result."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("photo", type=Path)
        parser.add_argument("--tenant", help="slug; may be left out when there is only one")
        parser.add_argument("--json", action="store_true", help="print the books as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        photo: Path = options["photo"]
        if not photo.is_file():
            raise CommandError(f"{photo} is not a file.")
        tenant = tenant_called(options["tenant"])
        try:
            shelf, _ = shelving.receive(tenant, None, _blocks(photo), photo.name)
        except Rejected as no:
            raise CommandError(no.sentence) from no
        _work(shelf)
        shelf.refresh_from_db()
        if shelf.state != Shelf.State.READY:
            raise CommandError(shelf.reason or "It is being worked on; ask again in a while.")
        self._say([book(spine) for spine in shelf.spines.all()], as_json=options["json"])

    def _say(self, books: list[dict[str, Any]], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(books, ensure_ascii=False))
            return
        for each in books:
            known = f"{each['matchScore']:.2f}" if each["matchScore"] is not None else "  ? "
            number = each["isbn"] or ""
            self.stdout.write(
                f"{each['confidence']:.2f} {known} {each['title']} – {each['author']} {number}"
            )


def _work(shelf: Shelf) -> None:
    """Do what is due of this shelf; a worker may do the same at the same time."""
    for _ in range(TRIES):
        steps = Step.objects.due().filter(job__kind="shelf", job__subject_id=shelf.pk)
        step = steps.order_by("created_at").first()
        if step is None:
            return
        runner.run(step.pk)


def _blocks(photo: Path) -> Iterator[bytes]:
    with photo.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
