"""`manage.py ops QUESTION`: what the ops page tells, for a terminal; and schedules to run now."""

import json
import time
from argparse import ArgumentParser
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from carousel.errors import Refused
from carousel.ops import health, heartbeat, schedules
from carousel.ops.models import Alert, Heartbeat
from carousel.ops.panels import panels

Rows = list[dict[str, Any]]
LINES = 20


def status() -> Rows:
    """Workers with their queues; queues without a worker."""
    rows = [
        {"worker": one.worker, "queues": " ".join(one.queues), "seen": f"{one.seen_at:%H:%M:%S}"}
        for one in Heartbeat.objects.order_by("worker")[:100]
    ]
    alone = sorted(heartbeat.needed() - heartbeat.served())
    return rows + [{"worker": "nobody", "queues": queue, "seen": "never"} for queue in alone]


def parts() -> Rows:
    return [vars(check) for check in health.checks()]


def alerts() -> Rows:
    return [
        {"level": f"P{one.severity}", "what": f"{one.kind} {one.subject}".strip(),
         "detail": one.detail, "due": f"{one.due_at:%d %b %H:%M}"}
        for one in Alert.objects.firing()[:100]
    ]  # fmt: skip


def times() -> Rows:
    return [
        {"work": one.name, "when": one.when, "next": f"{one.next_at:%d %b %H:%M:%S}",
         "last": one.last.note[:60] if one.last else "never"}
        for one in schedules.entries() if one.next_at
    ]  # fmt: skip


def figures() -> Rows:
    """Every table of the ops page: durations, throughput, costs, dead letters, the store."""
    return [
        {"table": panel.title} | dict(zip(panel.headers, map(str, row), strict=True))
        for panel in panels()
        for row in panel.rows
    ]


def temporary() -> Rows:
    """What waits in temp/ to be accepted or to expire; the first 100."""
    folders: deque[str] = deque(["temp"])
    rows: Rows = []
    while folders and len(rows) < 100:
        folder = folders.popleft()
        try:
            inside, files = default_storage.listdir(folder)
        except FileNotFoundError:
            continue
        folders.extend(f"{folder}/{name}" for name in sorted(inside))
        keys = [f"{folder}/{name}" for name in sorted(files)]
        rows += [{"key": key, "bytes": default_storage.size(key)} for key in keys]
    return rows[:100]


QUESTIONS: dict[str, Callable[[], Rows]] = {
    "status": status,
    "health": parts,
    "alerts": alerts,
    "schedules": times,
    "figures": figures,
    "temp": temporary,
}


class Command(BaseCommand):
    help = "Ask how it is going, follow the logs of this machine, or have a schedule run now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", choices=[*QUESTIONS, "logs", "run"])
        parser.add_argument("name", nargs="?", help="of the schedule to run, or of the log")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")
        parser.add_argument("--dry-run", action="store_true", help="run: tell, and do nothing")
        parser.add_argument("--follow", action="store_true", help="logs: go on until Ctrl-C")

    def handle(self, *args: Any, question: str, name: str | None, **options: Any) -> None:
        if question == "run":
            self._run(name or "", dry=options["dry_run"])
        elif question == "logs":
            self._logs(name or "*", follow=options["follow"])
        else:
            self._show(QUESTIONS[question](), as_json=options["json"])

    def _show(self, rows: Rows, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(rows, default=str))
            return
        for row in rows:
            self.stdout.write("  ".join(str(value) for value in row.values()))
        if not rows:
            self.stdout.write("Nothing.")

    def _run(self, name: str, *, dry: bool) -> None:
        if dry:
            self.stdout.write(f"{name} would be asked to run now.")
            return
        try:
            schedules.ask(name)
        except Refused as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{name} was asked to run now.")

    def _logs(self, name: str, *, follow: bool) -> None:
        found = sorted((settings.HOME / "log").glob(f"{name}.log"))
        if not found:
            raise CommandError("There is no such log here; in a cluster ask its own log.")
        try:
            for line in _lines(found, follow=follow):
                self.stdout.write(line)
        except KeyboardInterrupt:
            self.stdout.write("")


def _lines(files: list[Path], *, follow: bool) -> Iterator[str]:
    opened = [(file.stem, file.open(errors="replace")) for file in files]
    for stem, log in opened:
        yield from (f"{stem}: {line.rstrip()}" for line in deque(log, LINES))
    while follow:
        time.sleep(0.5)
        for stem, log in opened:
            yield from (f"{stem}: {line.rstrip()}" for line in log)
