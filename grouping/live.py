"""What others do on the same review page: their changed cards as they come, and who is here."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.http import HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_POST

from carousel.live.stream import Frame, stream
from carousel.web import Request, member
from grouping import showing
from grouping.answering import batch_of
from grouping.forms import number
from grouping.models import Group, Presence, Review
from imaging.models import Batch

HERE = timedelta(seconds=50)
"""A page says every 20 seconds that it is still open."""
MOST_CARDS = 200


@member
@require_GET
def live(request: Request, pk: UUID) -> StreamingHttpResponse:
    """The cards that changed after the version `seen`, and the toolbar, as things happen."""
    batch = batch_of(request, pk)
    return stream(request, batch.pk, _frames(request, batch, number(request.GET.get("seen")) or 0))


@member
@require_POST
def presence(request: Request, pk: UUID) -> HttpResponse:
    """Note that this person is here, at which group; answers who else is."""
    batch = batch_of(request, pk)
    group = request.POST.get("group", "")
    Presence.objects.update_or_create(
        batch=batch,
        user=request.user,
        defaults={
            "tenant": request.tenant,
            "seen_at": now(),
            "group": Group.objects.filter(batch=batch, pk=group).first() if group else None,
        },
    )
    return HttpResponse(_others(batch, request), content_type="text/plain; charset=utf-8")


def _frames(request: Request, batch: Batch, seen: int) -> Callable[[], Frame]:
    """A frame for each call, with what changed since the call before."""
    shown = seen

    def frame() -> Frame:
        nonlocal shown
        since, shown = shown, _version(batch)
        return Frame(html=_changes(request, batch, since) if shown > since else "")

    return frame


def _version(batch: Batch) -> int:
    return Review.objects.filter(batch=batch).values_list("version", flat=True).first() or 0


def _changes(request: Request, batch: Batch, since: int) -> str:
    bar = showing.bar(batch, request.user)  # First: no card is older than the version it carries.
    rows = list(Group.objects.filter(batch=batch, version__gt=since).in_order()[:MOST_CARDS])
    touched = batch.edits.filter(version__gt=since).values_list("groups", flat=True)
    named = {group for groups in touched for group in groups}
    there = set(Group.objects.filter(pk__in=named).values_list("pk", flat=True))
    context = {
        "batch": batch,
        "filter": request.GET.get("filter", "all"),
        "words": request.GET.get("q", ""),
        "bar": bar,
        "changed": showing.shown(rows),
        "made": [],
        "gone": sorted(named - there),
        "tray": showing.tray(batch),
        "swap": "outerMorph",
    }
    return render_to_string("grouping/answer.html", context, request)


def _others(batch: Batch, request: Request) -> str:
    here = Presence.objects.filter(batch=batch, seen_at__gt=Now() - HERE)
    others = list(here.exclude(user=request.user).select_related("user", "group"))
    if not others:
        return ""
    if len(others) > 1:
        return f"{len(others)} others are here too"
    other = others[0]
    return f"{other.user} is here too" + (f", at {other.group.name}" if other.group else "")
