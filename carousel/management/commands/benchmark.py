"""`manage.py benchmark NAME`: one kind of work, ours beside what others would use, in one run.

The benchmarks are named in `wiring.BENCHMARKS`: what makes the contest, and what has to run for it.
"""

import json
import os
from argparse import ArgumentParser
from contextlib import AbstractContextManager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.benchmarks import stage
from carousel.benchmarks.contest import Contest, held, lines
from carousel.launcher.home import CannotStart

QUICK_RUNS = 1
INSIDE = "CAROUSEL_BENCHMARK"


class Command(BaseCommand):
    help = (
        "Measure a speed as ratios; --quick takes little work and one round, to see that it runs."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(wiring.BENCHMARKS), help="what to measure")
        parser.add_argument("--json", action="store_true", help="print the numbers alone")
        parser.add_argument("--quick", action="store_true", help="a small form for CI")

    def handle(self, *args: Any, **options: Any) -> None:
        """Where servers are needed, the same command runs once more, on servers of its own."""
        needs = wiring.BENCHMARKS[options["name"]].needs
        try:
            if not needs or os.environ.get(INSIDE):
                return self._measure(options)
            return self._on_stage(getattr(stage, needs)(), options)
        except (CannotStart, ValueError) as error:
            raise CommandError(str(error)) from error

    def _on_stage(self, where: AbstractContextManager[Any], options: dict[str, Any]) -> None:
        flags = [f"--{flag}" for flag in ("json", "quick") if options[flag]]
        with where as environment:
            stage.manage({**environment, INSIDE: "1"}, "benchmark", options["name"], *flags)

    def _measure(self, options: dict[str, Any]) -> None:
        make = import_string(wiring.BENCHMARKS[options["name"]].call)
        contest: Contest = make(is_quick=options["quick"])
        result = held(contest, QUICK_RUNS if options["quick"] else contest.runs)
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json()))
        else:
            self.stdout.write("\n".join(lines(result)))
