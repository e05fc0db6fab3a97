"""The reports on store and lake: what differs, row by row, and the repair."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_POST

from carousel.messages import ask
from carousel.models import Membership, Tenant
from carousel.web import Request, member, page
from pricing.lake import feed
from pricing.validation import repair
from pricing.validation.models import Lack, Validation

ON_A_PAGE = 100
LONGEST = timedelta(minutes=15)
"""What the sources allow a look to take."""
MANAGERS = (Membership.Role.MANAGER, Membership.Role.ADMIN)


@member
@require_GET
def reports(request: Request) -> HttpResponse:
    """The newest look with everything it found, and the dates of those before."""
    found = Validation.objects.filter(tenant=request.tenant)
    newest = found.finished().first()
    return _report(request, newest)


@member
@require_GET
def report(request: Request, pk: UUID) -> HttpResponse:
    return _report(request, get_object_or_404(Validation, tenant=request.tenant, pk=pk))


@member
@require_GET
def as_json(request: Request, pk: UUID) -> JsonResponse:
    """The whole report, with every row that one side lacks."""
    found = get_object_or_404(Validation, tenant=request.tenant, pk=pk)
    return JsonResponse(
        {
            "id": str(found.pk),
            "at": found.created_at,
            "state": found.state,
            "seconds": found.seconds,
            "sales": found.sales,
            "on_the_way": found.on_the_way,
            "months": found.months,
            "vectors": found.vectors,
            "prices": found.prices,
            "lacks": [_told(lack) for lack in found.lacks.all()],
        }
    )


@member
@require_POST
def look(request: Request) -> HttpResponse:
    _only_managers(request)
    ask("pricing.validation.tasks.look_now", [str(request.tenant.pk)], "events")
    return redirect("validations")


@member
@require_POST
def mend(request: Request, pk: UUID) -> HttpResponse:
    """Without `apply` only said; with it, done by a worker and looked at again."""
    _only_managers(request)
    found = get_object_or_404(Validation, tenant=request.tenant, pk=pk)
    if request.POST.get("apply") != "1":
        return _report(request, found, plan=repair.plan(found))
    ask("pricing.validation.tasks.repair_now", [str(found.pk), str(request.user.pk)], "events")
    return redirect("validations")


def _report(
    request: Request, found: Validation | None, plan: repair.Plan | None = None
) -> HttpResponse:
    lacks = found.lacks.all() if found else Lack.objects.none()
    context: dict[str, Any] = {
        "found": found,
        "lacks": Paginator(lacks, ON_A_PAGE).get_page(request.GET.get("page", "1")),
        "plan": plan,
        "backlog": feed.backlog(request.tenant),
        "others": Validation.objects.filter(tenant=request.tenant).finished()[:30],
        "is_looking": _is_looking(request.tenant),
        "may_repair": request.membership.role in MANAGERS,
    }
    return page(request, "validation/report.html", "report", context)


def _is_looking(tenant: Tenant) -> bool:
    """One that began long ago and did not end has died."""
    recent = Validation.objects.filter(tenant=tenant, created_at__gt=now() - LONGEST)
    return recent.filter(finished_at=None).exists()


def _told(lack: Lack) -> dict[str, Any]:
    return {
        "side": lack.side,
        "key": lack.key,
        "sold_at": lack.sold_at,
        "price": str(lack.price),
    }


def _only_managers(request: Request) -> None:
    if request.membership.role not in MANAGERS:
        raise PermissionDenied("Only managers may look again or repair.")
