"""Access tokens of an OpenID Connect issuer (Cognito or another), checked claim by claim.

The tenant and the role come from our own rows; the token only says who is calling.
"""

from datetime import timedelta
from functools import cache
from typing import Any

import jwt
from django.conf import settings

from carousel.tenants.key_sets import KeySet
from carousel.tenants.models import Membership
from carousel.tenants.tokens import LEEWAY, LONGEST, Invalid

LONGEST_LIFE = timedelta(hours=24).total_seconds()
REQUIRED = ["exp", "iat", "iss", "sub", "token_use", "client_id"]


def issued(token: str) -> bool:
    """Does this token claim to come from the configured issuer? Nothing is believed yet."""
    if not settings.OIDC_ISSUER or len(token) > LONGEST:
        return False
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, RecursionError, ValueError):
        return False
    return bool(claims.get("iss") == settings.OIDC_ISSUER)


def read(token: str) -> Membership:
    """The living membership of the person whom the issuer vouches for, or Invalid."""
    claims = _verified(token)
    if claims["token_use"] != "access":
        raise Invalid("not an access token")
    if claims["client_id"] not in settings.OIDC_CLIENT_IDS:
        raise Invalid("another client's token")
    if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFE:
        raise Invalid("it lives too long")
    found = (
        Membership.objects.select_related("user", "tenant")
        .filter(
            user__oidc_subject=claims["sub"],
            tenant__slug=str(claims.get(settings.OIDC_TENANT_CLAIM, "")).replace("\x00", ""),
            user__is_active=True,
            tenant__is_active=True,
        )
        .first()
    )
    if found is None:
        raise Invalid("no such member")
    return found


def _verified(token: str) -> dict[str, Any]:
    try:
        key = _keys().get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY,
            options={"require": REQUIRED, "verify_aud": False},
        )
    except (jwt.PyJWTError, RecursionError, ValueError, TypeError, OverflowError) as error:
        raise Invalid(type(error).__name__) from error
    if not all(isinstance(claims[name], str) for name in ("sub", "client_id", "token_use")):
        raise Invalid("a claim of the wrong type")
    if "\x00" in claims["sub"]:
        raise Invalid("a subject with a NUL")
    if not all(isinstance(claims[name], int) for name in ("exp", "iat")):
        raise Invalid("a time that is not a number")
    return claims


@cache
def _keys() -> KeySet:
    """One per process."""
    return KeySet(settings.OIDC_JWKS_URL)
