"""Signing in, and the pages on which a shop sets its rules, people and keys."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carousel.errors import Refused
from carousel.tenants import passwords, people, staff_oidc
from carousel.tenants.forms import ROLES, KeyForm, PersonForm, RoleForm
from carousel.tenants.options_form import OptionsForm
from carousel.tenants.settings import change, tag
from carousel.web import TENANT_IN_SESSION, Request, member


class SignIn(LoginView):
    template_name = "tenants/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"oidc": staff_oidc.is_on}


@member
@require_http_methods(["GET", "HEAD", "POST"])
def options(request: Request) -> HttpResponse:
    form = OptionsForm(request.tenant, request.POST or None)
    seen = request.POST.get("seen", tag(request.tenant))
    if request.method == "POST" and form.is_valid():
        try:
            change(request.tenant, request.user, form.options(), form.currency(), seen=seen)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Settings saved. They work from now on.")
            return redirect("settings")
    status = 422 if form.errors else 200
    return _page(request, "options", {"form": form, "seen": seen}, status)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: Request) -> HttpResponse:
    form, token = KeyForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _, token = people.new_key(request.tenant, request.user, **form.cleaned_data)
        form = KeyForm()
    rows = request.tenant.apikeys.select_related("created_by").order_by("revoked_at", "-created_at")
    pages = Paginator(rows, 50).get_page(request.GET.get("page"))
    return _page(request, "keys", {"form": form, "token": token, "pages": pages})


@member
@require_POST
def revoke(request: Request, pk: UUID) -> HttpResponse:
    people.revoke_key(get_object_or_404(request.tenant.apikeys, pk=pk), request.user)
    messages.success(request, "The key is revoked and opens nothing any more.")
    return redirect("settings-keys")


@member
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: Request) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        people.invite(request.tenant, request.user, **form.cleaned_data)
        messages.success(request, f"{form.cleaned_data['email']} works here now.")
        return redirect("settings-people")
    return _people(request, form)


@member
@require_POST
def password_link(request: Request, pk: UUID) -> HttpResponse:
    """Shown once, on the page of the people: the administrator hands it over."""
    found = get_object_or_404(request.tenant.memberships.select_related("user"), pk=pk)
    address = request.build_absolute_uri(passwords.link_for(found, request.user))
    return _people(request, PersonForm(), {"link": address, "of": found.user})


def _people(request: Request, form: PersonForm, more: dict[str, Any] | None = None) -> HttpResponse:
    rows = request.tenant.memberships.select_related("user").order_by("user__email")
    pages = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {"form": form, "pages": pages, "roles": ROLES}
    return _page(request, "people", context | (more or {}))


@member
@require_POST
def person(request: Request, pk: UUID) -> HttpResponse:
    found = get_object_or_404(request.tenant.memberships.select_related("user"), pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Refused("There is no such role.")
    people.set_role(found, request.user, form.cleaned_data["role"])
    messages.success(request, f"The rights of {found.user} are changed.")
    return redirect("settings-people")


@member
@require_safe
def history(request: Request) -> HttpResponse:
    rows = request.tenant.auditentrys.select_related("user").order_by("-created_at", "id")
    return _page(
        request, "history", {"pages": Paginator(rows, 50).get_page(request.GET.get("page"))}
    )


@member
@require_POST
def switch(request: Request) -> HttpResponse:
    """Work for another of one's shops from now on."""
    wanted = get_object_or_404(request.user.memberships, tenant__slug=request.POST.get("tenant"))
    request.session[TENANT_IN_SESSION] = str(wanted.tenant_id)
    return redirect("/")


def _page(
    request: Request, name: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    context |= {"place": "settings", "section": name}
    return render(request, f"tenants/{name}.html", context, status=status)
