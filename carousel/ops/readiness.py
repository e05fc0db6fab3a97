"""May this go live, and did it go well? Every line is looked at now; nothing is ticked by hand.

`manage.py check_deploy` prints the same lines that the readiness page shows.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

from carousel import wiring
from carousel.errors import GiveUp
from carousel.events.models import DeadLetter
from carousel.ops import bucket, checks, health, heartbeat, samples
from carousel.ops.health import Check
from carousel.ops.models import Alert, Schedule
from carousel.tenants.demo import EMAIL
from carousel.tenants.models import User

Look = Callable[[], str]
PGVECTOR = (0, 8, 4)
"""Older ones could spoil an index when it was vacuumed."""


@dataclass(frozen=True)
class Group:
    title: str
    checks: list[Check]


def groups() -> list[Group]:
    return [
        Group(title, [health.tried(name, look) for name, look in looks.items()])
        for title, looks in _all().items()
    ]


def names() -> list[str]:
    """What would be looked at, as `group: check`."""
    return [f"{title}: {name}" for title, looks in _all().items() for name in looks]


def _all() -> dict[str, dict[str, Look]]:
    stored = bucket.LOOKS if settings.S3_BUCKET else {}
    parts = {**health.CHECKS, **INFRASTRUCTURE, **stored}
    return {"Infrastructure": parts, "Security": SECURITY, "Operation": OPERATION}


def pgvector() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        version = str(cursor.fetchone()[0])
    if tuple(map(int, version.split("."))) < PGVECTOR:
        raise GiveUp(f"{version} is installed; take {'.'.join(map(str, PGVECTOR))} or newer")
    return version


def migrations() -> str:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise GiveUp(f"{len(waiting)} wait: run `manage.py migrate`")
    return "all applied"


def workers() -> str:
    alone = heartbeat.needed() - heartbeat.served()
    if alone:
        raise GiveUp(f"nobody works on {', '.join(sorted(alone))}")
    return f"every queue of {len(heartbeat.needed())} is served"


def schedules() -> str:
    late = {name for name, _ in checks.overdue()} | set(_never_run())
    if late:
        raise GiveUp(f"overdue or never run: {', '.join(sorted(late))}")
    return f"{len(wiring.SCHEDULE)} known, none overdue"


def _never_run() -> Iterator[str]:
    """What has had the time to run since the clock first ran anything, and has not."""
    begun = dict(Schedule.objects.values_list("name", "created_at"))
    first = min(begun.values(), default=None)
    for name, timing in wiring.SCHEDULE.items():
        if name not in begun and (first is None or first < now() - checks.patience(timing)):
            yield name


def secret_key() -> str:
    if settings.SECRET_KEY == settings.DEMO_SECRET:
        raise GiveUp("SECRET_KEY is the demo's")
    return "a secret of its own"


def framework() -> str:
    """Django's own checks for a deployment: cookies, HTTPS, HSTS, hosts, debug."""
    wrong = [str(one.id) for one in run_checks(include_deployment_checks=True) if one.level >= 30]
    if wrong:
        raise GiveUp(f"`manage.py check --deploy` says {', '.join(sorted(wrong))}")
    return "`manage.py check --deploy` has nothing to say"


def walls() -> str:
    """Web and workers act as a role that owns nothing, or a forgotten filter shows a stranger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles"
                       " WHERE rolname = current_user")  # fmt: skip
        role, is_mighty = cursor.fetchone()
    if is_mighty or not settings.DATABASE_ROLE:
        raise GiveUp(f"{role} passes the walls between shops: set DATABASE_ROLE")
    return f"{role} sees one shop at a time"


def demo_login() -> str:
    if User.objects.filter(email=EMAIL, is_active=True).exists():
        raise GiveUp(f"{EMAIL} can sign in with a password that everybody knows")
    return "nobody can sign in with it"


def api_keys() -> str:
    old = list(checks.old_keys())
    if old:
        raise GiveUp(f"{len(old)} are over 90 days old")
    return "none is over 90 days old"


def metrics_token() -> str:
    if not settings.METRICS_TOKEN:
        raise GiveUp("METRICS_TOKEN is not set, so nothing can watch from outside")
    return "only its bearer reads the numbers"


def static_credentials() -> str:
    if os.environ.get("AWS_ACCESS_KEY_ID") and settings.PRODUCTION:
        raise GiveUp("AWS_ACCESS_KEY_ID is set; give the machine a role instead")
    return "none in the environment"


def told() -> str:
    roads = ("ALERT_EMAILS", "ALERT_WEBHOOK", "ALERT_TOPIC")
    taken = [name for name in roads if getattr(settings, name)]
    if not taken:
        raise GiveUp(f"nobody is told of alerts: set one of {', '.join(roads)}")
    return f"by {', '.join(taken)}"


def alerts() -> str:
    firing = Alert.objects.firing().filter(severity__lte=2).count()
    if firing:
        raise GiveUp(f"{firing} of P1 or P2 fire")
    return "none of P1 or P2 fires"


def letters() -> str:
    waiting = DeadLetter.objects.open().count()
    if waiting:
        raise GiveUp(f"{waiting} wait to be replayed or closed")
    return "none"


def deletion() -> str:
    """Photos that were not accepted leave the store: seen by its size, not by a header."""
    size = samples.stored(samples.TEMPORARY)
    if size > checks.TEMPORARY_LIMIT:
        raise GiveUp(f"temp/ holds {size / 1024**3:.1f} GB")
    return f"temp/ holds {size / 1024**2:.0f} MB"


INFRASTRUCTURE: dict[str, Look] = {
    "pgvector": pgvector,
    "migrations": migrations,
    "workers": workers,
    "schedules": schedules,
}
SECURITY: dict[str, Look] = {
    "secret key": secret_key,
    "framework": framework,
    "walls between shops": walls,
    "demo login": demo_login,
    "API keys": api_keys,
    "metrics": metrics_token,
    "static credentials": static_credentials,
}
OPERATION: dict[str, Look] = {
    "alerts are told": told,
    "alerts": alerts,
    "dead letters": letters,
    "deletion": deletion,
}
