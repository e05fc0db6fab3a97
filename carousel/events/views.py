"""The workbench for what went wrong, and the log of what came in and went out."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from carousel.events import letters, numbers, relay
from carousel.events.letters import Tried
from carousel.events.models import DeadLetter, Delivery, Destination, Event, InboxEvent
from carousel.events.outbox import record
from carousel.tenants.models import Membership
from carousel.web import Request, member, page

ON_A_PAGE = 50
PATIENCE = 10.0
"""Seconds that one press of a button may take; what is left wants another press."""
TABS = ("in", "out", "all")
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
    tried = letters.try_again(chosen, request.user, dry=dry, seconds=PATIENCE)
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
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "in"
    context = {
        "tab": tab,
        "rows": Paginator(_rows(request, tab), ON_A_PAGE).get_page(request.GET.get("page", "1")),
        "waiting": numbers.waiting(request.tenant),
        "received": numbers.received(request.tenant),
        "latency": numbers.latency(request.tenant),
        "dead": DeadLetter.objects.open().filter(tenant=request.tenant).count(),
        "may_resend": request.membership.role in MANAGERS,
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
    record(
        request.tenant, "delivery.resent", subject=delivery.subject,
        delivery=str(pk), by=str(request.user.pk),
    )  # fmt: skip
    return HttpResponseRedirect(resolve_url("events") + "?tab=out")


def _workbench(request: Request, tried: Tried | None = None, *, dry: bool = False) -> HttpResponse:
    category = request.GET.get("category", "")
    origin, reason = request.GET.get("origin", ""), request.GET.get("reason", "")
    number = request.GET.get("page", "1")
    opened = letters.of_cause(request.tenant, origin, reason)
    causes = Paginator(letters.causes(request.tenant, category), ON_A_PAGE)
    context = {
        "causes": causes.get_page(1 if origin else number),
        "counts": _counts(request),
        "category": category,
        "categories": DeadLetter.Category.values,
        "origin": origin,
        "reason": reason,
        "letters": Paginator(opened, ON_A_PAGE).get_page(number) if origin else None,
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


def _rows(request: Request, tab: str) -> QuerySet[Any]:
    if tab == "out":
        sent = Delivery.objects.filter(tenant=request.tenant)
        return sent.select_related("event", "destination").order_by("-position")
    if tab == "all":
        return Event.objects.filter(tenant=request.tenant).order_by("-position")
    return InboxEvent.objects.filter(tenant=request.tenant).order_by("-created_at")


def _only_managers(request: Request) -> None:
    if request.membership.role not in MANAGERS:
        raise PermissionDenied("Only managers may try dead letters again.")


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(text)]
    except ValueError:
        return []
