"""The page where a partner's export is compared with what came."""

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from carousel.errors import Refused
from carousel.events.models import Reconciliation
from carousel.events.reconciling import reconcile
from carousel.tenants import access
from carousel.web import Request, member, page

LARGEST = 20 * 1024 * 1024
ON_A_PAGE = 20


@member
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: Request) -> HttpResponse:
    """The comparisons so far; a new one when a file is sent."""
    if request.method == "POST":
        return _compare(request)
    found = Reconciliation.objects.filter(tenant=request.tenant)
    context = {
        "pages": Paginator(found, ON_A_PAGE).get_page(request.GET.get("page", "1")),
        "may_compare": access.allows("exports", "POST", request.membership.role),
        "place": "events",
    }
    return page(request, "events/exports.html", "main", context)


def _compare(request: Request) -> HttpResponse:
    file = request.FILES.get("export")
    if not isinstance(file, UploadedFile):
        raise Refused("Choose a file with one event a line.")
    if (file.size or 0) > LARGEST:
        raise Refused("The file is over 20 MB. manage.py reconcile takes it.")
    apply = request.POST.get("apply") == "1"
    reconcile(request.tenant, file.name or "export", file, apply=apply, by=request.user)
    return redirect(reverse("exports"))
