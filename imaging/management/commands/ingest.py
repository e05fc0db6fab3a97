"""`manage.py ingest FOLDER`: the photos of a folder become a batch, as if dropped on the page."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from carousel.models import Tenant
from imaging.jobs.models import Batch
from imaging.uploads.batches import new_batch
from imaging.uploads.intake import BLOCK, Arrival, receive
from imaging.uploads.receipt import Chosen, Line, Receipt, open_receipt

JUNK = re.compile(r"^(\..*|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)


class Command(BaseCommand):
    help = "Send the photos of a folder to a batch; run again to continue. Exit 1: some refused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--tenant", help="slug; may be left out when there is only one")
        parser.add_argument("--batch", help="id of a batch to add to, instead of a new one")
        parser.add_argument("--name", help="name of the new batch; else the folder's")
        parser.add_argument("--json", action="store_true", help="print the receipt as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].resolve()
        files = photos_in(folder)
        tenant = _tenant(options["tenant"])
        batch = _batch(tenant, options, folder)
        chosen = [Chosen(_path(file, folder), file.stat().st_size) for file in files]
        receipt, _ = open_receipt(batch, None, folder.name, chosen)
        _send(tenant, batch, receipt, files)
        self._report(batch, receipt, as_json=options["json"])

    def _report(self, batch: Batch, receipt: Receipt, *, as_json: bool) -> None:
        sums = receipt.sums()
        refused = list(receipt.lines.refused().values("path", "reason"))
        if as_json:
            self.stdout.write(
                json.dumps({"batch": str(batch.pk), **asdict(sums), "reasons": refused})
            )
        else:
            self.stdout.write(
                f"{batch.name}: {sums.selected} selected = {sums.stored} stored"
                f" + {sums.here} already here + {sums.refused} refused. Batch {batch.pk}."
            )
            for line in refused:
                self.stdout.write(f"  {line['path']}: {line['reason']}")
        if refused:
            raise SystemExit(1)


def photos_in(folder: Path) -> list[Path]:
    """Every file below `folder`, in the order in which cameras number them."""
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.")
    found = [file for file in folder.rglob("*") if file.is_file() and not JUNK.match(file.name)]
    if not found:
        raise CommandError(f"There are no files in {folder}.")
    return sorted(found, key=lambda file: natural(_path(file, folder)))


def natural(path: str) -> list[tuple[int, str]]:
    """A key that sorts img2 before img10."""
    pieces = re.split(r"(\d+)", path.lower())
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def _tenant(slug: str | None) -> Tenant:
    tenants = list(Tenant.objects.filter(is_active=True, **({"slug": slug} if slug else {}))[:2])
    if len(tenants) != 1:
        raise CommandError(f"No tenant is called {slug}." if slug else "Name a --tenant.")
    return tenants[0]


def _batch(tenant: Tenant, options: dict[str, Any], folder: Path) -> Batch:
    """The named one; else the one that this folder was broken off in; else a new one."""
    if options["batch"]:
        found = tenant.batches.live().filter(pk=options["batch"]).first()
        if found is None:
            raise CommandError(f"There is no batch {options['batch']}.")
        return found
    unfinished = Line.objects.waiting().filter(receipt__name=folder.name, receipt__user=None)
    broken_off = unfinished.filter(tenant=tenant, receipt__batch__deleted_at=None).first()
    if broken_off:
        return broken_off.receipt.batch
    return new_batch(tenant, None, options["name"] or folder.name)


def _send(tenant: Tenant, batch: Batch, receipt: Receipt, files: list[Path]) -> None:
    lines = receipt.lines.waiting().select_related("receipt").order_by("number")
    for line in tqdm(list(lines), disable=None, unit="photo"):
        arrival = Arrival(
            filename=files[line.number].name,
            path=line.path,
            index=receipt.first_index + line.number,
            line=line,
        )
        receive(tenant, None, batch, _blocks(files[line.number]), arrival)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            yield block


def _path(file: Path, folder: Path) -> str:
    return str(file.relative_to(folder))
