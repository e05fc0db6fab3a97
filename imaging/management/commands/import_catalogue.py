"""`manage.py import_catalogue CSV`: the books that the shop knows, for finding them on shelves."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from carousel.models import Tenant
from imaging.bookshelf import catalogue, library


class Command(BaseCommand):
    help = "Replace the shop's book catalogue by a CSV with title, author, isbn, tag, series."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("csv", type=Path)
        parser.add_argument("--tenant", help="slug; may be left out when there is only one")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            books = library.read_csv(options["csv"])
        except (OSError, ValueError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        count = catalogue.replace(tenant_called(options["tenant"]), books)
        self.stdout.write(f"{count} books in {time.perf_counter() - started:.1f} s.")


def tenant_called(slug: str | None) -> Tenant:
    tenants = list(Tenant.objects.filter(is_active=True, **({"slug": slug} if slug else {}))[:2])
    if len(tenants) != 1:
        raise CommandError(f"No tenant is called {slug}." if slug else "Name a --tenant.")
    return tenants[0]
