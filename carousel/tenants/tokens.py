"""Our own tokens for the JSON API: access for 30 minutes, refresh for 7 days, each used once.

A refresh token that comes a second time was stolen or copied: its whole family ends.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

import jwt
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.tenants import walls
from carousel.tenants.models import Membership, RefreshToken, Tenant, User, digest

ACCESS = timedelta(minutes=30)
REFRESH = timedelta(days=7)
ISSUER = AUDIENCE = "carousel"
LEEWAY = 30
LONGEST = 8192
"""Characters; a longer token is refused unread."""


class Invalid(Exception):
    """The token is not one of ours, or not any more. Why goes to the log, never to the caller."""


@dataclass(frozen=True)
class Pair:
    access: str
    refresh: str
    expires_in: int = int(ACCESS.total_seconds())


def issue(user: User, tenant: Tenant, family: uuid.UUID | None = None) -> Pair:
    """A new access and refresh token for one person at one tenant."""
    walls.enter(tenant.pk)
    moment = now()
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(user.pk), "tenant": str(tenant.pk),
        "iat": moment, "exp": moment + ACCESS, "jti": str(uuid.uuid4()), "token_use": "access",
    }  # fmt: skip
    refresh = secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        tenant=tenant,
        user=user,
        family=family or uuid.uuid4(),
        digest=digest(refresh),
        expires_at=moment + REFRESH,
    )
    return Pair(jwt.encode(claims, _keys()[0], algorithm="HS256"), refresh)


def rotate(refresh: str) -> Pair:
    """Swap a refresh token for a new pair. Refused when it is unknown, old, or was used before."""
    _enter(refresh)
    with transaction.atomic():
        row = (
            RefreshToken.objects.select_for_update(of=("self",))
            .select_related("user", "tenant")
            .filter(digest=digest(refresh))
            .first()
        )
        usable = row is not None and row.is_usable(now())
        if row is not None and usable and _still_belongs(row.user, row.tenant):
            RefreshToken.objects.filter(pk=row.pk).update(used_at=now())
            return issue(row.user, row.tenant, row.family)
        if row is not None and row.used_at is not None:
            RefreshToken.objects.family(row.family).revoke()
    raise Refused("Sign in again: this refresh token is not valid any more.")


def revoke(refresh: str) -> None:
    """Sign out: the family of this token ends. An unknown token is no error."""
    row = _enter(refresh)
    if row is not None:
        RefreshToken.objects.family(row.family).revoke()


def read(token: str) -> Membership:
    """The living membership behind an access token of ours, or Invalid."""
    claims = _decode(token)
    try:
        user, tenant = uuid.UUID(claims["sub"]), uuid.UUID(claims["tenant"])
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Invalid("sub or tenant is not an id") from error
    found = (
        Membership.objects.select_related("user", "tenant")
        .filter(user_id=user, tenant_id=tenant, user__is_active=True, tenant__is_active=True)
        .first()
    )
    if found is None:
        raise Invalid("no such member")
    return found


def _decode(token: str) -> dict[str, str]:
    if len(token) > LONGEST:
        raise Invalid("too long")
    for key in _keys():
        try:
            claims: dict[str, str] = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "jti", "token_use"]},
            )
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, RecursionError, ValueError, OverflowError) as error:
            raise Invalid(type(error).__name__) from error
        if claims["token_use"] != "access":
            raise Invalid("not an access token")
        return claims
    raise Invalid("no key of ours signed it")


def _keys() -> list[bytes]:
    """The first signs, all are accepted: a secret can change without signing everybody out."""
    secrets_ = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        salted_hmac("carousel.tokens", "access", secret=secret, algorithm="sha256").digest()
        for secret in secrets_
    ]


def _enter(refresh: str) -> RefreshToken | None:
    """This token's row, from inside its tenant, for what is written comes from there."""
    row = RefreshToken.objects.filter(digest=digest(refresh)).first()
    if row is not None:
        walls.enter(row.tenant_id)
    return row


def _still_belongs(user: User, tenant: Tenant) -> bool:
    return (
        user.is_active
        and tenant.is_active
        and Membership.objects.filter(user=user, tenant=tenant).exists()
    )
