"""What can be wrong with the models, for the alarms."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q
from django.utils.timezone import now

from carousel.models import DeadLetter
from imaging.inference.models import ModelCall

WINDOW = timedelta(minutes=5)
WORDS = ("throttl", "too many requests", "TooManyRequests", "SlowDown", "too many connections")
"""How providers, stores and the database say that we ask too much."""


def throttled() -> Iterator[tuple[str, str]]:
    """One throttle in five minutes is one too many: a call that failed, or work it ended."""
    calls = ModelCall.objects.filter(_says("error"), created_at__gt=now() - WINDOW)
    letters = DeadLetter.objects.filter(_says("error"), buried_at__gt=now() - WINDOW)
    recent = calls.exclude(outcome=ModelCall.Outcome.OK).count() + letters.count()
    if recent:
        yield "", f"{recent} calls were throttled in the last 5 minutes."


def _says(field: str) -> Q:
    found = Q()
    for words in WORDS:
        found |= Q(**{f"{field}__icontains": words})
    return found
