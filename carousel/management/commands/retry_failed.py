"""`manage.py retry_failed`: have work that was given up for now tried again."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from carousel.errors import Refused
from carousel.events import letters
from carousel.events.models import DeadLetter
from carousel.management.portions import PortionsCommand
from carousel.tenants.models import Tenant

MOST = 3
"""A subject that was buried so often needs a person."""


class Command(PortionsCommand):
    help = (
        "Try open dead letters again that may succeed now. Those that never can are left, and so"
        f" is a subject with more than {MOST} of them; --permanent tries these too."
    )
    unit = "letter"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--origin", help="only of this origin, such as step:cutout")
        parser.add_argument("--permanent", action="store_true", help="also what cannot succeed")

    def found(self, tenants: Sequence[Tenant], options: dict[str, Any]) -> Sequence[UUID]:
        open_letters = DeadLetter.objects.open().filter(tenant__in=tenants)
        if options["origin"]:
            open_letters = open_letters.filter(origin=options["origin"])
            if not DeadLetter.objects.filter(origin=options["origin"]).exists():
                raise CommandError(f"Nothing ever failed in {options['origin']}.", returncode=2)
        if not options["permanent"]:
            open_letters = open_letters.filter(category=DeadLetter.Category.RETRYABLE)
        self._force = options["permanent"]
        return list(open_letters.order_by("buried_at").values_list("pk", flat=True))

    def one(self, thing: UUID, *, dry: bool) -> str:
        letter = DeadLetter.objects.get(pk=thing)
        times = DeadLetter.objects.filter(origin=letter.origin, subject=letter.subject).count()
        if letter.subject and times > MOST and not self._force:
            raise Refused(f"given up {MOST} times before")
        tried = letters.try_again(DeadLetter.objects.filter(pk=thing), None, dry=dry)
        [said] = tried.tally
        if said.startswith("refused: "):
            raise Refused(said.removeprefix("refused: "))
        return said
