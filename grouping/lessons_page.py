"""The page on which a shop sees what its decisions taught, and applies or declines it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from carousel.errors import Refused
from carousel.web import Request, member
from grouping.models import Tuning


@member
@require_GET
def lessons(request: Request) -> HttpResponse:
    pages = Paginator(Tuning.objects.filter(tenant=request.tenant).select_related("decided_by"), 20)
    context = {"pages": pages.get_page(request.GET.get("page")), "section": "grouping"}
    return render(request, "grouping/lessons.html", context)


@member
@require_POST
def decide(request: Request, pk: UUID) -> HttpResponse:
    """Apply the proposal, or decline it: it does not come back with the same decisions."""
    row = get_object_or_404(Tuning, tenant=request.tenant, pk=pk)
    answer = request.POST.get("answer")
    if answer not in ("apply", "decline"):
        raise Refused("Apply the proposal, or decline it.")
    (row.apply if answer == "apply" else row.decline)(request.user)
    said = {"apply": "Applied: new groups are made by it.", "decline": "Declined."}
    messages.success(request, said[answer])
    return redirect("grouping-lessons")
