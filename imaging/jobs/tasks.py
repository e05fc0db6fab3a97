"""Celery's doors to the jobs. Nothing is decided here."""

from celery import shared_task

from imaging.jobs import runner


@shared_task(name="imaging.jobs.tasks.run_step")
def run_step(step_id: str) -> None:
    runner.run_on(step_id)
