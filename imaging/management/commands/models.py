"""`manage.py models`: the weights that cut out backgrounds, their terms, and which are here."""

import json
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from imaging.pixels import weights


@dataclass(frozen=True)
class Line:
    """`file` is "" where the model is not on this machine; `is_as_published`: by its sha256."""

    name: str
    licence: str
    source: str
    sha256: str
    is_default: bool
    file: str
    is_as_published: bool


class Command(BaseCommand):
    help = "List the model weights with source, licence and sha256, and which are on this machine."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = [line_of(each) for each in weights.MANIFEST.values()]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(line) for line in lines]))
            return
        for line in lines:
            self.stdout.write(f"{line.name}{' (in use)' if line.is_default else ''}")
            self.stdout.write(f"  {line.licence}, {line.source}")
            self.stdout.write(f"  sha256 {line.sha256}")
            self.stdout.write(f"  {_here(line)}")
        self.stdout.write("Only weights that a business may use are in this list.")


def line_of(model: weights.Weights) -> Line:
    path = weights.where(model.name)
    return Line(
        name=model.name,
        licence=model.licence,
        source=model.source,
        sha256=model.sha256,
        is_default=model.name == settings.CUTOUT_MODEL,
        file=str(path or ""),
        is_as_published=path is not None and weights.is_as_published(model.name, path),
    )


def _here(line: Line) -> str:
    if not line.file:
        return "not on this machine"
    return line.file + (", as published" if line.is_as_published else ", another file than that")
