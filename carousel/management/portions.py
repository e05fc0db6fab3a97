"""A command that works through many things, one at a time, each in its own transaction.

Killed at any moment it has done whole things only; run again it goes on with what is left, since
what is done is no longer among what is asked for. `--dry-run` tells and changes nothing; `--json`
prints the sums and nothing else; progress shows on a terminal only. Ends with 0 when all went well,
1 when something was refused or it was stopped, 2 when it was called wrongly.
"""

import json
import signal
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from carousel.errors import GiveUp, Refused, Retry
from carousel.tenants.models import Tenant


class PortionsCommand(BaseCommand):
    """Override `found` and `one`; `unit` names a thing, `go_on` what does the rest after a stop."""

    unit = "thing"
    go_on = "the same command"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="tell, and change nothing")
        parser.add_argument("--json", action="store_true", help="print the sums as JSON")
        parser.add_argument("--limit", type=int, help="do so many at most")
        parser.add_argument("--tenant", help="slug; all shops when left out")

    def found(self, tenants: Sequence[Tenant], options: dict[str, Any]) -> Sequence[Any]:
        """What is to be done, oldest first."""
        raise NotImplementedError

    def one(self, thing: Any, *, dry: bool) -> str:
        """Do it and say what was done, or what would be. A refusal is counted, not raised."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        self._going = True
        before = signal.signal(signal.SIGINT, self._stop)
        try:
            self._work(options)
        finally:
            signal.signal(signal.SIGINT, before)

    def _work(self, options: dict[str, Any]) -> None:
        began = time.monotonic()
        todo = self.found(_tenants(options["tenant"]), options)[: options["limit"]]
        sums: Counter[str] = Counter()
        refused = 0
        for thing in self._each(todo):
            said, went_well = self._try(thing, dry=options["dry_run"])
            sums[said] += 1
            refused += not went_well
        self._report(dict(sums), len(todo), time.monotonic() - began, options)
        if refused or not self._going:
            raise SystemExit(1)

    def _each(self, todo: Sequence[Any]) -> Iterable[Any]:
        for thing in tqdm(todo, disable=None, unit=self.unit):
            if not self._going:
                return
            yield thing

    def _try(self, thing: Any, *, dry: bool) -> tuple[str, bool]:
        try:
            return self.one(thing, dry=dry), True
        except (GiveUp, Refused, Retry) as error:
            return f"refused: {error}", False

    def _report(
        self, sums: dict[str, int], asked: int, seconds: float, options: dict[str, Any]
    ) -> None:
        done = sum(sums.values())
        if options["json"]:
            told = {"asked": asked, "done": done, "dry_run": options["dry_run"], "sums": sums}
            self.stdout.write(json.dumps(told | {"seconds": round(seconds, 1)}))
            return
        for said, count in sorted(sums.items()):
            self.stdout.write(f"{count:6} {said}")
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(f"{done} of {asked} {would}looked after in {seconds:.1f} s.")
        if done < asked:
            self.stdout.write(f"Stopped; {self.go_on} goes on with the rest.")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """The first Ctrl-C lets the present thing end; a second one ends it all."""
        if not self._going:
            raise KeyboardInterrupt
        self._going = False
        with suppress(OSError):
            self.stderr.write("Stopping after this one; Ctrl-C again stops now.")


def _tenants(slug: str | None) -> list[Tenant]:
    found = list(Tenant.objects.filter(is_active=True, **({"slug": slug} if slug else {})))
    if slug and not found:
        raise CommandError(f"There is no shop {slug}.", returncode=2)
    return found
