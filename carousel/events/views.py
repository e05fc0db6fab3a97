"""The workbench for what went wrong, and the log of what came in and went out."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from carousel.events import letters, relay
from carousel.events.letters import Tried
from carousel.events.models import DeadLetter, Delivery, Destination, Event, InboxEvent
from carousel.tenants.models import Membership
from carousel.web import Request, member, page

ON_A_PAGE = 50
MANAGERS = (Membership.Role.MANAGER, Membership.Role.ADMIN)


@member
@require_GET
def dead(request: Request) -> HttpResponse:
    return _workbench(request)


@member
@require_POST
def replay(request: Request) -> HttpResponse:
    """Try one letter or all of one cause again; `dry` only says what would happen."""
    _only_managers(request)
    chosen = _chosen(request)
    dry = request.POST.get("dry") == "1"
    tried = letters.try_again(chosen, request.user, dry=dry)
    return _workbench(request, tried=tried, dry=dry)


@member
@require_POST
def set_aside(request: Request) -> HttpResponse:
    _only_managers(request)
    return _workbench(request, tried=letters.set_aside(_chosen(request), request.user))


@member
@require_GET
def log(request: Request) -> HttpResponse:
    """What came in, what went out, and how long things wait."""
    received = InboxEvent.objects.filter(tenant=request.tenant).order_by("-created_at")
    sent = Delivery.objects.filter(tenant=request.tenant).order_by("-position")
    tab = "out" if request.GET.get("tab") == "out" else "in"
    rows: QuerySet[Any] = sent.select_related("event", "destination") if tab == "out" else received
    context = {
        "tab": tab,
        "rows": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page", "1")),
        "numbers": _numbers(request),
        "destinations": Destination.objects.filter(tenant=request.tenant),
        "place": "events",
    }
    return page(request, "events/log.html", "main", context)


@member
@require_POST
def resend(request: Request, pk: UUID) -> HttpResponse:
    _only_managers(request)
    delivery = get_object_or_404(Delivery, tenant=request.tenant, pk=pk)
    relay.replay(Delivery.objects.filter(pk=delivery.pk))
    return HttpResponseRedirect(resolve_url("events") + "?tab=out")


def _workbench(request: Request, tried: Tried | None = None, *, dry: bool = False) -> HttpResponse:
    category = request.GET.get("category", "")
    origin, reason = request.GET.get("origin", ""), request.GET.get("reason", "")
    opened = letters.of_cause(request.tenant, origin, reason)[:ON_A_PAGE] if origin else []
    context = {
        "causes": letters.causes(request.tenant, category),
        "counts": _counts(request),
        "category": category,
        "categories": DeadLetter.Category.values,
        "origin": origin,
        "reason": reason,
        "letters": opened,
        "tried": tried,
        "dry": dry,
        "may_replay": request.membership.role in MANAGERS,
        "query": urlencode({"origin": origin, "reason": reason, "category": category}),
        "place": "events",
    }
    return page(request, "events/dead.html", "main", context)


def _chosen(request: Request) -> QuerySet[DeadLetter]:
    one = request.POST.get("letter", "")
    if one:
        return DeadLetter.objects.open().filter(tenant=request.tenant, pk__in=_uuids(one))
    return letters.of_cause(
        request.tenant, request.POST.get("origin", ""), request.POST.get("reason", "")
    )


def _counts(request: Request) -> dict[str, int]:
    return (
        DeadLetter.objects.open()
        .filter(tenant=request.tenant)
        .aggregate(
            all=Count("pk"), **{name: Count("pk", filter=Q(category=name)) for name in CATEGORIES}
        )
    )


CATEGORIES: list[str] = DeadLetter.Category.values


def _numbers(request: Request) -> dict[str, Any]:
    inbox = InboxEvent.objects.open().filter(tenant=request.tenant)
    out = Delivery.objects.waiting().filter(tenant=request.tenant)
    return {
        "inbox": inbox.aggregate(count=Count("pk"), oldest=Min("created_at")),
        "out": out.aggregate(count=Count("pk"), oldest=Min("event__created_at")),
        "unsent": Event.objects.unsent().filter(tenant=request.tenant).count(),
        "dead": DeadLetter.objects.open().filter(tenant=request.tenant).count(),
    }


def _only_managers(request: Request) -> None:
    if request.membership.role not in MANAGERS:
        raise PermissionDenied("Only managers may try dead letters again.")


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
