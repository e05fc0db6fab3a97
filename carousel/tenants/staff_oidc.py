"""Staff sign in at an OpenID Connect provider (Cognito or another): code flow with PKCE.

Authlib makes the request and checks state, nonce and the ID token. A person must have been added
by an administrator: the provider says who somebody is, never what they may do.
"""

import logging
from functools import cache
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe
from joserfc.errors import JoseError
from requests import RequestException

from carousel.tenants.models import User

log = logging.getLogger(__name__)

BACKEND = "django.contrib.auth.backends.ModelBackend"
NEXT = "after-sign-in"


def is_on() -> bool:
    return bool(settings.OIDC_ISSUER and settings.OIDC_STAFF_CLIENT_ID)


@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Send the person to the provider."""
    if not is_on():
        return redirect("sign-in")
    wanted = request.GET.get("next", "/")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    request.session[NEXT] = wanted if safe else "/"
    try:
        answer: HttpResponse = _provider().authorize_redirect(
            request, request.build_absolute_uri(reverse("oidc-callback"))
        )
    except (AuthlibBaseError, RequestException):
        return _sorry(request, "The sign-in service does not answer. Try again in a minute.")
    return answer


@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """The person comes back with a code. A session begins only for somebody we know."""
    if not is_on():
        return redirect("sign-in")
    try:
        claims = _provider().authorize_access_token(request)["userinfo"]
    except (AuthlibBaseError, JoseError, RequestException, KeyError) as error:
        log.warning("A sign-in at the provider was refused: %s", type(error).__name__)
        return _sorry(request, "The sign-in was not completed. Please try again.")
    user = _known(claims)
    if user is None:
        return _sorry(request, "You are not known here yet. Ask your administrator to add you.")
    wanted = request.session.get(NEXT, "/")
    login(request, user, backend=BACKEND)
    return redirect(wanted)


def _known(claims: dict[str, Any]) -> User | None:
    """By the provider's subject; the first time by a verified e-mail address."""
    active = User.objects.filter(is_active=True)
    user = active.filter(oidc_subject=claims["sub"]).first()
    if user is None and claims.get("email_verified") is True:
        user = active.filter(email=str(claims.get("email", "")).lower(), oidc_subject=None).first()
        if user is not None:
            User.objects.filter(pk=user.pk).update(oidc_subject=claims["sub"])
    return user


def _sorry(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect("sign-in")


@cache
def _provider() -> Any:
    oauth = OAuth()
    oauth.register(
        "staff",
        client_id=settings.OIDC_STAFF_CLIENT_ID,
        client_secret=settings.OIDC_STAFF_CLIENT_SECRET or None,
        server_metadata_url=f"{settings.OIDC_ISSUER}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid email",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic"
            if settings.OIDC_STAFF_CLIENT_SECRET
            else "none",
            "timeout": 5,
        },
    )
    return oauth.staff
