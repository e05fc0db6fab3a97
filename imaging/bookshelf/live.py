"""What live pages compare: a number for each shelf, and for all else what it was before."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Sum

from carousel.tenants import walls
from imaging.bookshelf.models import Shelf
from imaging.jobs.models import Step
from imaging.uploads import progress


def versions(keys: Iterable[UUID]) -> dict[UUID, int]:
    """A shelf's own version and every beginning and end of its steps. Three queries for all."""
    asked = list(keys)
    found = progress.versions(asked)
    rest = [key for key in asked if key not in found]
    if not rest:
        return found
    with walls.crossing():
        shelves = dict(Shelf.objects.filter(pk__in=rest).values_list("pk", "version"))
        moves = (
            Step.objects.filter(job__kind="shelf", job__subject_id__in=shelves)
            .values_list("job__subject_id")
            .annotate(begun=Sum("attempts"), ended=Count("finished_at"))
        )
        moved = {key: begun + ended for key, begun, ended in moves.order_by()}
    return found | {key: version + moved.get(key, 0) for key, version in shelves.items()}
