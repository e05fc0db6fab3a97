"""Signing in for programs and people, and the tenant's settings, as JSON."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from ninja.errors import AuthenticationError, HttpError
from pydantic import ConfigDict

from carousel.errors import Refused
from carousel.tenants import idempotency, tokens, walls
from carousel.tenants.models import Membership, Tenant, User
from carousel.tenants.options import TenantOptions
from carousel.tenants.settings import Outdated, change, tag

auth = Router(tags=["auth"], auth=None)
router = Router(tags=["settings"])


class Credentials(Schema):
    email: str = Field(max_length=254, examples=["ada@example.com"])
    password: str = Field(max_length=1000)
    tenant: str = Field("", max_length=50, description="Slug; needed by people of several shops.")


class Refresh(Schema):
    refresh: str = Field(max_length=200)


class Registration(Credentials):
    full_name: str = Field("", max_length=150)


class TokenPair(Schema):
    access: str
    refresh: str
    expires_in: int = Field(description="Seconds that the access token works.")
    token_type: str = "Bearer"


@auth.post("/login", response=TokenPair, operation_id="login", summary="Sign in")
def login(request: HttpRequest, response: HttpResponse, body: Credentials) -> TokenPair:
    """Trade an e-mail address and a password for a pair of tokens. Locked after ten wrong tries."""
    key = idempotency.key_of(request)
    membership = _proven(request, body)
    if membership is None:
        raise AuthenticationError
    return _told(response, tokens.issue(membership.user, membership.tenant, key))


@auth.post("/register", response={201: TokenPair}, operation_id="register", summary="Join a shop")
def register(request: HttpRequest, response: HttpResponse, body: Registration) -> Status[TokenPair]:
    """Join a shop as a viewer. Off unless REGISTRATION_OPEN is set."""
    if not settings.REGISTRATION_OPEN:
        raise HttpError(403, "Registration is closed; ask the shop's administrator.")
    key = idempotency.key_of(request)
    member = _proven(request, body) if key and _is_known(body.email) else None
    pair = member and tokens.again(member.user, member.tenant, key)
    return Status(201, _told(response, pair or _join(body, key)))


@auth.post(
    "/refresh",
    response=TokenPair,
    operation_id="refresh_token",
    summary="Trade a refresh token for a new pair",
)
def refresh_token(request: HttpRequest, response: HttpResponse, body: Refresh) -> TokenPair:
    """Trade a refresh token for a new pair. Each works once; a second use ends the family.

    Under the same Idempotency-Key a second use is a retry, as long as the new pair is unused.
    """
    key = idempotency.key_of(request)
    try:
        return _told(response, tokens.rotate(body.refresh, key))
    except Refused as error:
        raise AuthenticationError from error


@auth.post("/logout", response={204: None}, operation_id="logout", summary="Sign out")
def logout(request: HttpRequest, body: Refresh) -> Status[None]:
    """End the family of this refresh token. Asked twice, it is as ended as once."""
    idempotency.key_of(request)
    tokens.revoke(body.refresh)
    return Status(204, None)


class SettingsOut(Schema):
    name: str
    currency: str
    options: TenantOptions


class SettingsIn(TenantOptions):
    """All options; what is left out goes back to its default, but the currency stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str | None = Field(None, pattern="^[A-Z]{3}$", examples=["ISK"])


@router.get("", response=SettingsOut, operation_id="get_settings", summary="The shop's settings")
def get_settings(request: HttpRequest, response: HttpResponse) -> Tenant:
    """What the shop has set, with its defaults. The ETag is for `If-Match`."""
    response["ETag"] = tag(_tenant(request))
    return _tenant(request)


@router.put(
    "", response=SettingsOut, operation_id="put_settings", summary="Replace the shop's settings"
)
def put_settings(request: HttpRequest, response: HttpResponse, body: SettingsIn) -> Tenant:
    """Replace all options. Works at once; the change is in the audit log.

    With `If-Match`, 412 when somebody was faster.
    """
    tenant = _tenant(request)
    given = request.headers.get("If-Match", "*")
    user = request.user if isinstance(request.user, User) else None
    options = body.model_dump(mode="json", exclude={"currency"})
    try:
        change(tenant, user, options, body.currency, seen="" if given == "*" else given)
    except Outdated as error:
        raise HttpError(412, str(error)) from error
    response["ETag"] = tag(tenant)
    return tenant


def _tenant(request: HttpRequest) -> Tenant:
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def _told(response: HttpResponse, pair: tokens.Pair) -> TokenPair:
    response["Cache-Control"] = "no-store"
    if pair.is_replay:
        response[idempotency.REPLAY] = "true"
    return TokenPair(access=pair.access, refresh=pair.refresh, expires_in=pair.expires_in)


@transaction.atomic
def _join(body: Registration, key: str | None) -> tokens.Pair:
    """Make the person and their membership. Refused where that cannot be."""
    tenant = Tenant.objects.filter(slug=body.tenant, is_active=True).first()
    if tenant is None or _is_known(body.email):
        raise Refused("This shop cannot register this address.")
    try:
        validate_email(body.email)
        validate_password(body.password)
        user = User.objects.create_user(body.email, body.password, full_name=body.full_name)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    except IntegrityError as error:  # somebody registered it at the same moment
        raise Refused("This shop cannot register this address.") from error
    walls.enter(tenant.pk)
    Membership.objects.create(tenant=tenant, user=user, role=Membership.Role.VIEWER)
    return tokens.issue(user, tenant, key)


def _is_known(email: str) -> bool:
    return User.objects.filter(email=email.lower()).exists()


def _proven(request: HttpRequest, body: Credentials) -> Membership | None:
    """The membership whose password this is. Wrong tries are counted, and lock."""
    user = authenticate(request, username=body.email, password=body.password)
    return _membership(user.pk, body.tenant) if user else None


def _membership(user_id: Any, slug: str) -> Membership | None:
    """The one membership, or the one at the named shop."""
    mine = Membership.objects.select_related("user", "tenant").filter(
        user_id=user_id, tenant__is_active=True
    )
    found = list(mine.filter(tenant__slug=slug) if slug else mine[:2])
    return found[0] if len(found) == 1 else None
