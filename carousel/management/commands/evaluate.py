"""`manage.py evaluate NAME FOLDER [options]`: a quality as numbers, measured on a labelled folder.

The evaluations are named in `wiring.EVALUATIONS`. Each is a function `(folder, arguments, say)`
that parses its own options, tells what it finds through `say`, and returns what `--json` prints.
"""

import json
from argparse import REMAINDER, ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from carousel import wiring


class Command(BaseCommand):
    help = "Measure a quality on a labelled folder; --json prints the numbers and nothing else."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(wiring.EVALUATIONS), help="what to measure")
        parser.add_argument("folder", type=Path)
        parser.add_argument("options", nargs=REMAINDER, help="--json, and those of the evaluation")

    def handle(self, *args: Any, **given: Any) -> None:
        folder, options = given["folder"], list(given["options"])
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        as_json = "--json" in options
        options = [each for each in options if each != "--json"]
        evaluation = import_string(wiring.EVALUATIONS[given["name"]])
        try:
            result = evaluation(folder, options, _unsaid if as_json else self.stdout.write)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if as_json:
            self.stdout.write(json.dumps(result))


def _unsaid(line: str) -> None:
    """With --json the numbers stand alone."""
