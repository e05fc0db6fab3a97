"""`manage.py sweep`: send again what was lost, as the clock does every 15 seconds."""

from typing import Any

from django.core.management.base import BaseCommand

from imaging.jobs import sweeper


class Command(BaseCommand):
    help = "Ask the workers again for every step whose message was lost or whose worker died."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sweeper.sweep()} steps sent again.")
