"""Celery's door to the relay. Nothing is decided here."""

from uuid import UUID

from celery import shared_task

from carousel.events import relay

QUEUE = "events"


def relay_events() -> None:
    """Give each new event to those who want it, and each of them a message of its own."""
    while relay.fan_out():
        pass
    for destination in relay.waiting():
        deliver_to.apply_async((str(destination),), queue=QUEUE, expires=60)


@shared_task(name="carousel.events.tasks.deliver_to")
def deliver_to(destination: str) -> None:
    relay.deliver(UUID(destination))
