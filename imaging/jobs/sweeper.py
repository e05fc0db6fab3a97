"""Find steps whose message was lost or whose worker died, and send them again."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from carousel import wiring
from imaging.jobs.models import Step
from imaging.jobs.queue import RUN, send

PATIENCE = timedelta(seconds=30)
"""How long a due step may wait before its message counts as lost."""
AT_ONCE = 500


def forgotten_steps() -> QuerySet[Step]:
    """Due for longer than a message takes, or run by a worker whose lease is over. Oldest first."""
    return Step.objects.filter(
        Q(state=Step.State.WAITING, run_after__lt=Now() - PATIENCE)
        | Q(state=Step.State.RUNNING, lease_until__lt=Now())
    ).order_by("run_after")


def sweep() -> int:
    """Send what is due and forgotten. Two sweepers at once send no step twice in a round."""
    with transaction.atomic():
        forgotten = list(forgotten_steps().select_for_update(skip_locked=True)[:AT_ONCE])
        waiting = [step.pk for step in forgotten if step.state == Step.State.WAITING]
        # Due again only after another round of patience: the message may be in a long queue.
        Step.objects.filter(pk__in=waiting).update(run_after=Now())
    for step in forgotten:
        send(RUN, [str(step.pk)], wiring.QUEUES.get(step.kind, "default"))
    return len(forgotten)
