"""Celery's door to the schedule."""

from celery import shared_task

from carousel.ops import schedules, signals

__all__ = ["run_scheduled", "signals"]


@shared_task(name="carousel.ops.tasks.run_scheduled", soft_time_limit=3300, time_limit=3600)
def run_scheduled(name: str) -> None:
    schedules.run(name)
