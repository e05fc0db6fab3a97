"""`manage.py check_all`: every check of the code, behind one command."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from carousel.management import compatible, leaks

TOOLS = Path(sys.executable).parent
MANAGE = (sys.executable, "-W", "ignore::RuntimeWarning", "manage.py")
CODE = ("carousel", "imaging", "grouping", "pricing", "tests", "manage.py")
COMMANDS: dict[str, tuple[str, ...]] = {
    "format": (str(TOOLS / "ruff"), "format", "--check", "."),
    "lint": (str(TOOLS / "ruff"), "check", "."),
    "types": (sys.executable, "-m", "mypy", *CODE),
    "imports": (str(TOOLS / "lint-imports"), "--no-logo"),
    "system": (*MANAGE, "check", "--fail-level", "WARNING"),
    "migrations": (*MANAGE, "makemigrations", "--check", "--dry-run"),
}


class Command(BaseCommand):
    help = "Run every check of the code; each that fails shows what it found."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        checks: dict[str, Callable[[Path], str]] = {
            **{name: _runner(command) for name, command in COMMANDS.items()},
            "templates": _templates,
            "rolling": lambda folder: "\n".join(compatible.complaints()),
            "leaks": lambda folder: "\n".join(leaks.leaks_in(folder)),
        }
        failed = [name for name, check in checks.items() if not self._passes(name, check)]
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}.")
        self.stdout.write(f"All {len(checks)} checks passed.")

    def _passes(self, name: str, check: Callable[[Path], str]) -> bool:
        began = time.monotonic()
        found = check(settings.BASE_DIR)
        seconds = time.monotonic() - began
        self.stdout.write(f"{'FAILED' if found else 'ok':7}{name:12}{seconds:6.1f} s")
        if found:
            self.stdout.write(found)
        self.stdout.flush()
        return not found


def _runner(command: tuple[str, ...]) -> Callable[[Path], str]:
    return lambda folder: _complaint(command, folder)


def _templates(folder: Path) -> str:
    pages = [name for name in leaks.committed(folder) if name.endswith(".html")]
    return _complaint((str(TOOLS / "djade"), "--check", "--target-version", "5.2", *pages), folder)


def _complaint(command: tuple[str, ...], folder: Path) -> str:
    """What a tool printed when it failed, else nothing."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    said = f"{done.stdout}{done.stderr}".strip()
    return "" if done.returncode == 0 else said or f"{command[0]} failed without a word"
