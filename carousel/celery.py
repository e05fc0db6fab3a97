"""The Celery application. Tasks live in each slice's tasks.py; what runs when is in wiring.py."""

import os

from celery import Celery
from celery.schedules import crontab

from carousel import wiring

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")

app = Celery("carousel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(wiring.TASKS)


def _when(timing: wiring.Timing) -> float | crontab:
    if timing.every:
        return timing.every
    hour, minute = timing.at.split(":")
    return crontab(hour=hour, minute=minute)


app.conf.beat_schedule = {
    name: {
        "task": "carousel.ops.tasks.run_scheduled",
        "args": [name],
        "schedule": _when(timing),
        # A run that waited longer than this is stale: the next one is coming.
        "options": {"queue": timing.queue, "expires": timing.every or 3600},
    }
    for name, timing in wiring.SCHEDULE.items()
}
