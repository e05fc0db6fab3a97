"""`manage.py demo`: a shop to try the program in, filled by whoever is named in wiring.DEMO."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from carousel import wiring
from carousel.errors import Refused
from carousel.tenants.demo import make_demo


class Command(BaseCommand):
    help = "Make the demo shop with its sales and its login. Doing it again adds nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            login = make_demo()
        except Refused as error:
            raise CommandError(str(error)) from error
        for name in wiring.DEMO:
            import_string(name)(login.tenant)
        self.stdout.write(f"Sign in as {login.email} with the password {login.password}")
