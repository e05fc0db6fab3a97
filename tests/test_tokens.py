import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils.timezone import now

from carousel.models import ApiKey, RefreshToken
from carousel.tenants import oidc, tokens
from carousel.tenants.key_sets import KeySet
from tests.makers import make_tenant, make_user

pytestmark = pytest.mark.django_db

ISSUER = "https://issuer.example/pool"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def ask(client: Client, token: str, path: str = "/api/v1/settings") -> int:
    return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code


def sign_in(client: Client) -> dict[str, str]:
    make_user("ada@example.com", password="a long password")
    answer = client.post(
        "/api/v1/auth/login",
        {"email": "ada@example.com", "password": "a long password"},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    pair: dict[str, str] = answer.json()
    return pair


def refresh(client: Client, token: str) -> tuple[int, dict[str, str]]:
    answer = client.post(
        "/api/v1/auth/refresh", {"refresh": token}, content_type="application/json"
    )
    return answer.status_code, answer.json()


def test_a_person_trades_a_password_for_tokens(client):
    pair = sign_in(client)

    assert ask(client, pair["access"]) == 200


def test_a_wrong_password_gets_nothing(client):
    make_user("ada@example.com", password="a long password")

    answer = client.post(
        "/api/v1/auth/login",
        {"email": "ada@example.com", "password": "wrong"},
        content_type="application/json",
    )

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert RefreshToken.objects.count() == 0


def test_the_eleventh_wrong_password_locks_even_the_right_one(client):
    make_user("ada@example.com", password="a long password")

    def login(password: str) -> int:
        body = {"email": "ada@example.com", "password": password}
        return client.post("/api/v1/auth/login", body, content_type="application/json").status_code

    wrong = [login("wrong") for _ in range(10)]

    assert set(wrong) <= {401, 429}
    assert login("a long password") in {401, 403, 429}
    assert RefreshToken.objects.count() == 0


def test_an_access_token_works_for_thirty_minutes_and_no_longer(client):
    with time_machine.travel(now(), tick=False) as clock:
        pair = sign_in(client)
        clock.shift(timedelta(minutes=30))
        at_the_end = ask(client, pair["access"])
        clock.shift(timedelta(seconds=tokens.LEEWAY + 1))
        after = ask(client, pair["access"])

    assert (at_the_end, after) == (200, 401)


def test_a_refresh_token_works_for_seven_days_and_no_longer(client):
    with time_machine.travel(now(), tick=False) as clock:
        pair = sign_in(client)
        clock.shift(timedelta(days=7))

        assert refresh(client, pair["refresh"])[0] == 401


def test_a_refresh_token_works_once_and_a_second_use_ends_the_family(client):
    pair = sign_in(client)

    status, new = refresh(client, pair["refresh"])
    again, _ = refresh(client, pair["refresh"])
    after, _ = refresh(client, new["refresh"])

    assert (status, again, after) == (200, 401, 401)


def test_signing_out_ends_the_family(client):
    pair = sign_in(client)

    client.post(
        "/api/v1/auth/logout", {"refresh": pair["refresh"]}, content_type="application/json"
    )

    assert refresh(client, pair["refresh"])[0] == 401


def test_a_deactivated_person_is_out_at_once(client):
    pair = sign_in(client)
    user = RefreshToken.objects.get().user
    user.is_active = False
    user.save()

    assert ask(client, pair["access"]) == 401
    assert refresh(client, pair["refresh"])[0] == 401


def test_registration_is_closed_unless_opened(client, settings):
    make_tenant("acme")
    body = {"email": "new@example.com", "password": "a long password", "tenant": "acme"}

    closed = client.post("/api/v1/auth/register", body, content_type="application/json")
    settings.REGISTRATION_OPEN = True
    opened = client.post("/api/v1/auth/register", body, content_type="application/json")

    assert (closed.status_code, opened.status_code) == (403, 201)
    assert ask(client, opened.json()["access"]) == 200


def test_a_key_opens_the_door_until_it_is_revoked(client):
    key, token = ApiKey.issue(make_tenant(), "shop front")

    before = ask(client, token)
    key.revoke()

    assert (before, ask(client, token)) == (200, 401)
    assert token not in json.dumps(list(ApiKey.objects.values()), default=str)


def test_the_use_of_a_key_is_kept_to_the_minute(client):
    key, token = ApiKey.issue(make_tenant(), "shop front")
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False) as clock:
        ask(client, token)
        key.refresh_from_db()
        first = key.last_used_at
        clock.shift(59)
        ask(client, token)
        key.refresh_from_db()
        soon = key.last_used_at
        clock.shift(2)
        ask(client, token)
    key.refresh_from_db()

    assert soon == first
    assert key.last_used_at - first == timedelta(seconds=61)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(header: dict[str, object], claims: object, key: bytes = b"guess") -> str:
    body = f"{part(header)}.{part(claims)}"
    signature = hmac.new(key, body.encode(), hashlib.sha256).digest()
    return f"{body}.{part(signature)}"


def ours(**changes: Any) -> str:
    claims = good_claims() | changes
    return jwt.encode(claims, tokens._keys()[0], algorithm="HS256")


def good_claims() -> dict[str, object]:
    user = make_user()
    moment = int(now().timestamp())
    return {
        "iss": "carousel", "aud": "carousel", "sub": str(user.pk), "token_use": "access",
        "tenant": str(make_tenant().pk), "iat": moment, "exp": moment + 600, "jti": "1",
    }  # fmt: skip


BROKEN = {
    "expired": {"exp": 1},
    "expiry in words": {"exp": "soon"},
    "expiry a list": {"exp": [1]},
    "not yet": {"nbf": 9_999_999_999},
    "issued tomorrow": {"iat": 9_999_999_999},
    "other issuer": {"iss": "carousel2"},
    "issuer list": {"iss": ["carousel"]},
    "other audience": {"aud": "other"},
    "a refresh token": {"token_use": "refresh"},
    "nobody": {"sub": str(uuid4())},
    "no id": {"sub": "1; DROP TABLE"},
    "a number": {"sub": 1},
    "a NUL": {"sub": "\x00"},
    "another tenant": {"tenant": str(uuid4())},
    "tenant null": {"tenant": None},
}


@pytest.mark.parametrize("changes", BROKEN.values(), ids=BROKEN.keys())
def test_a_token_of_ours_with_a_wrong_claim_is_refused(client, changes):
    try:
        token = ours(**changes)
    except TypeError:
        token = forged({"alg": "HS256"}, good_claims() | changes, tokens._keys()[0])

    assert ask(client, token) == 401


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub", "jti", "token_use", "tenant"])
def test_a_token_of_ours_without_a_claim_is_refused(client, claim):
    claims = {name: value for name, value in good_claims().items() if name != claim}

    assert ask(client, jwt.encode(claims, tokens._keys()[0], algorithm="HS256")) == 401


def shapes() -> dict[str, str]:
    return {
        "no signature": forged({"alg": "HS256"}, {}).rsplit(".", 1)[0] + ".",
        "alg none": forged({"alg": "none"}, {}),
        "alg None": forged({"alg": "None"}, {}),
        "alg nOnE": forged({"alg": "nOnE"}, {}),
        "guessed key": forged({"alg": "HS256"}, {}),
        "public key as secret": forged({"alg": "HS256"}, {"iss": ISSUER}, PUBLIC),
        "embedded jwk": forged({"alg": "RS256", "jwk": {"kty": "RSA"}}, {"iss": ISSUER}),
        "jku": forged({"alg": "RS256", "jku": "https://evil.test/keys"}, {"iss": ISSUER}),
        "x5u": forged({"alg": "RS256", "x5u": "https://evil.test/x"}, {"iss": ISSUER}),
        "unknown crit": forged({"alg": "HS256", "crit": ["x"]}, {}),
        "two dots": "..",
        "empty": "",
        "space": " ",
        "one megabyte": "a" * 1_000_000,
        "array payload": forged({"alg": "HS256"}, [1, 2]),
        "deep": f"{part(b'[' * 5000)}.{part(b'[' * 5000)}.x",
        "words": "let me in",
    }


@pytest.mark.parametrize("token", shapes().values(), ids=shapes().keys())
def test_a_token_of_a_wrong_shape_is_refused(client, settings, token):
    settings.OIDC_ISSUER = ISSUER

    assert ask(client, token) == 401


def test_a_token_in_the_address_or_a_cookie_does_not_count(client):
    token = ours()
    client.cookies["Authorization"] = f"Bearer {token}"

    assert client.get(f"/api/v1/settings?token={token}").status_code == 401


@pytest.fixture
def issuer(settings, monkeypatch):
    """An OpenID issuer whose key set has one key; no socket is opened."""
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_IDS = ISSUER, ["front"]
    client = KeySet("https://issuer.example/keys")
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    monkeypatch.setattr(
        client, "fetch_data", lambda: {"keys": [key | {"kid": "k1", "use": "sig", "alg": "RS256"}]}
    )
    monkeypatch.setattr(oidc, "_keys", lambda: client)
    return make_user("ada@example.com", oidc_subject="subject-1")


def from_issuer(key: rsa.RSAPrivateKey = KEY, kid: str = "k1", **changes: Any) -> str:
    moment = int(now().timestamp())
    claims = {
        "iss": ISSUER, "sub": "subject-1", "token_use": "access", "client_id": "front",
        "custom:tenant": "acme", "iat": moment, "exp": moment + 600,
    } | changes  # fmt: skip
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})


def test_the_issuers_token_opens_the_door(client, issuer):
    assert ask(client, from_issuer()) == 200


WRONG = {
    "an ID token": {"token_use": "id"},
    "another client": {"client_id": "back"},
    "a client list": {"client_id": ["front"]},
    "a life of two days": {"exp": int(now().timestamp()) + 172_800},
    "an endless life": {"exp": 10**30},
    "a stranger": {"sub": "subject-2"},
    "another tenant": {"custom:tenant": "rival"},
    "no tenant": {"custom:tenant": None},
    "expired": {"exp": 1},
    "a prefix of the issuer": {"iss": ISSUER + "2"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG.keys())
def test_the_issuers_token_with_a_wrong_claim_is_refused(client, issuer, changes):
    make_tenant("rival")

    assert ask(client, from_issuer(**changes)) == 401


def test_another_key_or_an_unknown_one_is_refused(client, issuer):
    assert ask(client, from_issuer(key=OTHER)) == 401
    assert ask(client, from_issuer(kid="k2")) == 401


def test_a_refresh_token_is_forgotten_a_week_after_its_end(client):
    first = sign_in(client)
    with time_machine.travel(now() + timedelta(days=6), tick=False):
        _, second = refresh(client, first["refresh"])

    with time_machine.travel(now() + timedelta(days=15), tick=False):
        assert (tokens.forget(pretend=True), RefreshToken.objects.count()) == (1, 2)
        assert tokens.forget() == 1
        assert tokens.forget() == 0
    assert RefreshToken.objects.get().digest == tokens.digest(second["refresh"])
