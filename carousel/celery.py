"""The Celery application. Tasks live in each slice's tasks.py; what runs when is in wiring.py."""

import os

from celery import Celery

from carousel import wiring

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carousel.settings")

app = Celery("carousel")
# By name: the settings are read when the first message moves, not when this file is imported.
app.config_from_object("carousel.celery_config")
app.autodiscover_tasks(wiring.TASKS)
