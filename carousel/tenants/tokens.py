"""Our own tokens for the JSON API: access for 30 minutes, refresh for 7 days, each used once.

A refresh token that comes a second time was stolen or copied: its whole family ends. Unless it
comes under the Idempotency-Key of the first time, and what it was traded for is still unused: then
the answer was lost on its way and is given again. No token is kept for that. It is derived from our
secret, from what is shown for it and from the key, and found by its digest like any other.
"""

import base64
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.rows import let_go
from carousel.tenants import idempotency, walls
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
    is_replay: bool = False


def issue(user: User, tenant: Tenant, key: str | None = None) -> Pair:
    """An access and a refresh token for one person at one tenant, who has shown who they are."""
    names = _names(key, "sign-in", user.pk, tenant.pk)
    return again(user, tenant, key) or _begin(user, tenant, uuid.uuid4(), names[0])


def again(user: User, tenant: Tenant, key: str | None) -> Pair | None:
    """What this sign-in was answered within 24 h, if it was asked under this Idempotency-Key.

    Refused once that is used or ended: it would be of no use any more.
    """
    walls.enter(tenant.pk)
    kept = _kept(_names(key, "sign-in", user.pk, tenant.pk)) if key else None
    if kept is None:
        return None
    refresh, row = kept
    if not row.is_usable(now()):
        raise Refused("The tokens of this Idempotency-Key were used or ended. Take a new key.")
    return Pair(_access(user, tenant), refresh, is_replay=True)


def rotate(refresh: str, key: str | None = None) -> Pair:
    """Swap a refresh token for a new pair. Refused when it is unknown, old, or was used before.

    Asked again under the same Idempotency-Key, the same pair for as long as that is unused: so a
    thief who has token and key is found out one step later, not never.
    """
    _enter(refresh)
    with transaction.atomic():
        row = (
            RefreshToken.objects.select_for_update(of=("self",))
            .select_related("user", "tenant")
            .filter(digest=digest(refresh))
            .first()
        )
        if row is not None and (pair := _next(row, _names(key, "refresh", refresh))):
            return pair
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


def _next(row: RefreshToken, names: list[str]) -> Pair | None:
    """The pair that follows this token: a new one the first time, under the same names the same."""
    if not _still_belongs(row.user, row.tenant):
        return None
    if row.is_usable(now()):
        RefreshToken.objects.filter(pk=row.pk).update(used_at=now())
        return _begin(row.user, row.tenant, row.family, names[0])
    kept = _kept(names)
    if kept is None or not kept[1].is_usable(now()):
        return None
    return Pair(_access(row.user, row.tenant), kept[0], is_replay=True)


def _begin(user: User, tenant: Tenant, family: uuid.UUID, refresh: str) -> Pair:
    """Keep a new refresh token, as its digest. Of two who ask under one key, one makes it."""
    fields = {"tenant": tenant, "user": user, "family": family, "expires_at": now() + REFRESH}
    _, made = RefreshToken.objects.get_or_create(digest=digest(refresh), defaults=fields)
    return Pair(_access(user, tenant), refresh, is_replay=not made)


def _access(user: User, tenant: Tenant) -> str:
    moment = now()
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(user.pk), "tenant": str(tenant.pk),
        "iat": moment, "exp": moment + ACCESS, "jti": str(uuid.uuid4()), "token_use": "access",
    }  # fmt: skip
    return jwt.encode(claims, _keys()[0], algorithm="HS256")


def _names(key: str | None, *shown: Any) -> list[str]:
    """What a new refresh token is called, then what it was called if this was asked before.

    Without a key it is chance. With one it changes with our secret and with the day, so that a key
    may be used anew once its 24 h are over.
    """
    if key is None:
        return [secrets.token_urlsafe(32)]
    today = now().date()
    return [
        _derived(secret, str(day), *map(str, shown), key)
        for day in (today, today - timedelta(days=1))
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


def _derived(secret: str, *told: str) -> str:
    """256 bits as 43 letters. A key has no line breaks, so no two lists are told alike."""
    text = "\n".join(told)
    found = salted_hmac("carousel.tokens.refresh", text, secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


def _kept(names: list[str]) -> tuple[str, RefreshToken] | None:
    """The one of these that was given out within 24 h, and its row."""
    by_digest = {digest(name): name for name in names}
    row = RefreshToken.objects.filter(
        digest__in=by_digest, created_at__gt=now() - idempotency.LIFE
    ).first()
    return (by_digest[row.digest], row) if row else None


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


def forget(limit: int = 500, *, pretend: bool = False) -> int:
    """Refresh tokens that ended a week ago: until then one that comes again ends its family."""
    late = RefreshToken.objects.filter(expires_at__lt=now() - REFRESH)
    return let_go(late, "expires_at", limit, pretend=pretend)


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
