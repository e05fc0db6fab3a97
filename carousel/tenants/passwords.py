"""Setting and changing a password. A changed one ends every other session and refresh token."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.http import require_http_methods

from carousel.errors import Refused
from carousel.tenants import walls
from carousel.tenants.audit import note
from carousel.tenants.models import Membership, RefreshToken, User
from carousel.web import Request, member


def link_for(found: Membership, by: User) -> str:
    """The path at which this person sets a password: it works once, for a day.

    Refused where it would open more than this shop: there its administrator has no say.
    """
    person = found.user
    if not person.is_active:
        raise Refused(f"{person} is deactivated.")
    elsewhere = person.memberships.exclude(pk=found.pk).exists()
    if elsewhere or person.is_staff or person.is_superuser:
        raise Refused(f"{person} can do more than work for this shop. Ask whoever runs Carousel.")
    if person.oidc_subject:
        raise Refused(f"{person} signs in with a work account and needs no password.")
    note(found.tenant, by, "member.password_link", person.email)
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("new-password", args=[uid, default_token_generator.make_token(person)])


class NewPassword(PasswordResetConfirmView):
    """By the link that an administrator handed over. The token leaves the address at once."""

    template_name = "tenants/new_password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        end_tokens(form.user)
        messages.success(self.request, "Your password is set. Sign in with it.")
        return answer


@member
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request) -> HttpResponse:
    """One's own password. This session stays; all others end."""
    form: Any = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        end_tokens(request.user)
        update_session_auth_hash(request, request.user)
        messages.success(request, "Your password is changed. You are signed out everywhere else.")
        return redirect("settings-password")
    context = {"form": form, "place": "settings", "section": "password"}
    return render(request, "tenants/password.html", context, status=422 if form.errors else 200)


def end_tokens(user: User) -> None:
    """The person's programs sign in again, at each shop."""
    for tenant in user.memberships.values_list("tenant_id", flat=True):
        with walls.inside(tenant):
            RefreshToken.objects.filter(user=user, tenant_id=tenant).revoke()
