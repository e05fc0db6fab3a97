"""How Celery works here: at least once, one task at a time, a worker replaced before it grows."""

from celery.schedules import crontab
from django.conf import settings

from carousel import wiring

REDIS = {
    "visibility_timeout": settings.VISIBILITY,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
AMQP = {"confirm_publish": True, "connect_timeout": 5, "read_timeout": 10, "write_timeout": 10}

broker_url = settings.BROKER_URL
broker_transport_options = REDIS if settings.BROKER_IS_REDIS else AMQP
broker_heartbeat = 30
broker_connection_retry_on_startup = True
visibility_timeout = settings.VISIBILITY
result_backend_transport_options = {"visibility_timeout": settings.VISIBILITY}
accept_content = ["json"]
task_serializer = "json"
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_soft_time_limit = settings.SOFT_LIMIT
task_time_limit = settings.HARD_LIMIT
task_default_queue = "default"
worker_prefetch_multiplier = 1
worker_max_tasks_per_child = 200
worker_max_memory_per_child = 1_500_000
worker_cancel_long_running_tasks_on_connection_loss = True
# A second signal, or the only one where REMAP_SIGTERM=SIGQUIT is set: what runs gets this long.
worker_soft_shutdown_timeout = 45
worker_enable_soft_shutdown_on_idle = True
worker_hijack_root_logger = False
timezone = "UTC"


def _when(timing: wiring.Timing) -> float | crontab:
    if timing.every:
        return timing.every
    hour, minute = timing.at.split(":")
    return crontab(hour=hour, minute=minute)


beat_schedule_filename = str(settings.HOME / "run" / "beat")
beat_schedule = {
    name: {
        "task": "carousel.ops.tasks.run_scheduled",
        "args": [name],
        "schedule": _when(timing),
        # A run that waited longer than this is stale: the next one is coming.
        "options": {"queue": timing.queue, "expires": timing.every or 3600},
    }
    for name, timing in wiring.SCHEDULE.items()
}
