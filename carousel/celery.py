"""The Celery application. Tasks live in each slice's tasks.py; what runs when is in wiring.py."""

import os

from celery import Celery

from carousel import wiring

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")

app = Celery("carousel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(wiring.TASKS)
app.conf.beat_schedule = {
    name: {"task": task, "schedule": seconds} for name, (task, seconds) in wiring.SCHEDULE.items()
}
