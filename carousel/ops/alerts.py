"""Look at everything that can be wrong; say it once; take it back when it is over."""

import logging
from collections.abc import Iterable

from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.timezone import now

from carousel import wiring
from carousel.ops import notices
from carousel.ops.models import Alert

log = logging.getLogger(__name__)


def look() -> str:
    """Run every check. New alerts are told, old ones counted, vanished ones resolved."""
    firing = 0
    for kind, alarm in wiring.ALARMS.items():
        firing += settle(kind, alarm.severity, import_string(alarm.check)())
    notices.tell()
    return f"{firing} firing"


@transaction.atomic
def settle(kind: str, severity: int, found: Iterable[tuple[str, str]]) -> int:
    """Make the firing rows of one kind match what was found. Returns how many fire."""
    wrong = dict(found)
    known = {row.subject: row for row in Alert.objects.firing().filter(kind=kind)}
    for subject, detail in wrong.items():
        if subject in known:
            Alert.objects.filter(pk=known[subject].pk).update(
                seen_at=now(), times=F("times") + 1, detail=detail
            )
        else:
            due = now() + Alert.DUE[Alert.Severity(severity)]
            Alert.objects.create(
                kind=kind, subject=subject, severity=severity, detail=detail, due_at=due
            )
    over = [row.pk for subject, row in known.items() if subject not in wrong]
    Alert.objects.filter(pk__in=over).update(resolved_at=now())
    return len(wrong)
