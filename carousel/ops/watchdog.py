"""The alarm that does not need a worker: when nobody looks at the alarms, the web server does.

Alarms are looked at by a worker, when the clock tells it to. With the clock, the broker or every
worker dead nobody would say so.
"""

import logging
import time
from datetime import timedelta
from threading import Thread

from django.db import DatabaseError, connection
from django.utils.timezone import now

from carousel.ops import schedules
from carousel.ops.models import Schedule
from carousel.tenants import walls

log = logging.getLogger(__name__)

EVERY = 30.0
PATIENCE = timedelta(seconds=90)
ALARMS = "alerts"


def start() -> Thread:
    thread = Thread(target=_watch, name="watchdog", daemon=True)
    thread.start()
    return thread


def look() -> bool:
    """Look at the alarms if a worker should have, and has not. True if we did."""
    row = Schedule.objects.filter(name=ALARMS).first()
    late = row is not None and (row.finished_at is None or row.finished_at < now() - PATIENCE)
    return late and schedules.run(ALARMS)


def _watch() -> None:
    while True:
        time.sleep(EVERY)
        try:
            with walls.crossing():
                look()
        except DatabaseError:
            log.warning("The watchdog cannot reach the database.")
        finally:
            connection.close()
