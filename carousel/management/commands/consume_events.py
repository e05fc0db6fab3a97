"""Take events from an SQS queue until told to stop."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from carousel.events import sqs


class Command(BaseCommand):
    help = (
        "Take events that EventBridge puts on an SQS queue. Ctrl-C ends it after the present ten."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", help="the queue's address")
        parser.add_argument("--once", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, queue: str, once: bool, **options: Any) -> None:
        self._going = True
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._stop)
        client, total, left = sqs.client(), 0, 0
        while self._going:
            received, kept = sqs.poll(client, queue, wait=1 if once else sqs.LONGEST_POLL)
            total, left = total + received, left + kept
            if once and not received:
                break
        self.stdout.write(f"{total - left} events taken, {left} left on the queue")

    def _stop(self, *_: object) -> None:
        self._going = False
