"""How many groups of each batch still want eyes: one query for a whole page of batches."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q

from grouping.models import Group
from imaging.jobs.models import Batch
from imaging.uploads.batches import Groups


def of_batches(batches: Sequence[Batch]) -> dict[UUID, Groups]:
    """Groups that a person put aside count as done, not as groups."""
    kept = Group.objects.filter(batch__in=batches).exclude(state=Group.State.REJECTED)
    rows = kept.values_list("batch").annotate(
        groups=Count("pk"),
        undecided=Count("pk", filter=Q(state=Group.State.OPEN)),
        unsure=Count("pk", filter=Q(pk__in=kept.to_check().values("pk"))),
    )
    return {batch: Groups(*counts) for batch, *counts in rows}
