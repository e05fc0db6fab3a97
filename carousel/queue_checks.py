"""What must hold of the queue, looked at when a worker or a command starts.

Each rule was measured to lose or repeat work when it does not hold.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from carousel.celery import app

WANTED = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "accept_content": ["json"],
    "task_serializer": "json",
}
SOCKET = ("socket_timeout", "socket_connect_timeout", "health_check_interval")


def faults(conf: Any, lease: int) -> list[str]:
    """A sentence for each rule that does not hold. Times in seconds."""
    found = [
        f"{name} is {conf[name]!r} and must be {value!r}."
        for name, value in WANTED.items()
        if conf[name] != value
    ]
    options = conf["broker_transport_options"]
    visibility = options.get("visibility_timeout", conf["visibility_timeout"])
    times = [conf["task_soft_time_limit"], conf["task_time_limit"], lease, visibility]
    if None in times or times != sorted(set(times)):
        found.append(f"soft < hard < lease < visibility must rise; they are {times}.")
    if options and settings.BROKER_IS_REDIS:  # RabbitMQ beats by itself
        found += [f"{name} is not set: a silent queue hangs us." for name in SOCKET
                  if not options.get(name)]  # fmt: skip
    return found


def check_queue(**_: Any) -> list[CheckMessage]:
    return [
        Error(fault, id="carousel.E001", hint="See the queue's part of carousel/settings.py.")
        for fault in faults(app.conf, settings.LEASE)
    ]
