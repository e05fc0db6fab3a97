"""Celery's door to the relay. Nothing is decided here."""

from uuid import UUID

from celery import shared_task

from carousel.events import relay


def relay_events() -> None:
    """Give each new event to those who want it, and each of them a message of its own."""
    while relay.fan_out():
        pass
    for destination in relay.waiting():
        deliver_to.delay(str(destination))


@shared_task(name="carousel.events.tasks.deliver_to", queue="events", expires=60)
def deliver_to(destination: str) -> None:
    relay.deliver(UUID(destination))
