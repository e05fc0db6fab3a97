"""Tokens of an OpenID issuer against its key set over real HTTP: forgeries, rotation, outages."""

import base64
import json
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.test import Client
from django.utils.timezone import now

from carousel.tenants import key_sets, oidc
from carousel.tenants.tokens import Invalid
from tests import oidc_issuer
from tests.makers import make_tenant, make_user
from tests.oidc_issuer import KEY, STRANGER, jwk_of

pytestmark = pytest.mark.django_db
PUBLIC = jwk_of(KEY, "k1")


@pytest.fixture
def issuer(settings):
    oidc._keys.cache_clear()
    make_user("ada@example.com", make_tenant(), oidc_subject="ada-1")
    with oidc_issuer.running() as found:
        settings.OIDC_ISSUER = found.url
        settings.OIDC_JWKS_URL = f"{found.url}/keys"
        settings.OIDC_CLIENT_IDS = ["front"]
        yield found
    oidc._keys.cache_clear()


def ask(token: str, method: str = "get") -> int:
    client, header = Client(), {"Authorization": f"Bearer {token}"}
    if method == "get":
        return client.get("/api/v1/settings", headers=header).status_code
    body = {"title": "Mug"}
    return client.post("/api/v1/products", body, "application/json", headers=header).status_code


def claims(issuer: Any, **changes: Any) -> dict[str, Any]:
    moment = int(now().timestamp())
    return {
        "iss": issuer.url, "sub": "ada-1", "token_use": "access", "client_id": "front",
        "custom:tenant": "acme", "iat": moment, "exp": moment + 600,
    } | changes  # fmt: skip


def signed(issuer: Any, **header: Any) -> str:
    """A good token, but for its header."""
    key = header.pop("key", KEY)
    algorithm = header.pop("alg", "RS256")
    return jwt.encode(claims(issuer), key, algorithm=algorithm, headers={"kid": "k1"} | header)


def raw(header: dict[str, Any] | str, body: Any, sign: Callable[[bytes], bytes]) -> str:
    """Put together by hand what PyJWT would not."""
    told = header if isinstance(header, str) else json.dumps(header)
    first = b".".join(part(each.encode()) for each in (told, json.dumps(body)))
    return (first + b"." + part(sign(first))).decode()


def part(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        message, secret
    )


def rs256(message: bytes) -> bytes:
    return jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(message, KEY)


def forgeries(issuer: Any) -> dict[str, str]:
    good, modulus = claims(issuer), PUBLIC["n"].encode()
    theirs = jwk_of(STRANGER, "k1")
    elsewhere = f"{issuer.url}/somebody-elses-keys"
    head, body, signature = signed(issuer).split(".")
    edited = part(json.dumps(good | {"sub": "root"}).encode()).decode()
    kids = ["", "k2", "../../etc/passwd", "k1' OR 1=1 --", "k" * 5000, "k1\x00", "http://evil.test"]
    return {
        **{f"alg {name}": raw({"alg": name, "kid": "k1"}, good, lambda _: b"")
           for name in ("none", "None", "nOnE", "")},
        "HS256 with the modulus": raw({"alg": "HS256", "kid": "k1"}, good, hs256(modulus)),
        "HS256 with the key set": raw(
            {"alg": "HS256", "kid": "k1"}, good, hs256(json.dumps(PUBLIC).encode())
        ),
        "HS256 with nothing": raw({"alg": "HS256", "kid": "k1"}, good, hs256(b"")),
        "RS384": signed(issuer, alg="RS384"),
        "RS512": signed(issuer, alg="RS512"),
        "PS256": signed(issuer, alg="PS256"),
        "another key with the same kid": signed(issuer, key=STRANGER),
        "another key in the header": signed(issuer, key=STRANGER, jwk=theirs),
        "another key set in the header": signed(issuer, key=STRANGER, jku=elsewhere),
        "a certificate in the header": signed(issuer, key=STRANGER, x5u=elsewhere, kid="x"),
        "an unknown crit": signed(issuer, crit=["exp"]),
        "a detached body": raw(
            {"alg": "RS256", "kid": "k1", "b64": False, "crit": ["b64"]}, good, rs256
        ),
        "alg twice": raw('{"alg": "RS256", "kid": "k1", "alg": "none"}', good, lambda _: b""),
        "no kid": raw({"alg": "RS256"}, good, lambda _: b"x"),
        **{f"kid {kid[:20]!r}": raw({"alg": "RS256", "kid": kid}, good, rs256) for kid in kids},
        **{f"kid {kid}": raw({"alg": "RS256", "kid": kid}, good, rs256)
           for kid in (None, 1, ["k1"], {"k": 1}, True)},
        "another body": f"{head}.{edited}.{signature}",
        "no signature": f"{head}.{body}.",
        "half a signature": f"{head}.{body}.{signature[:100]}",
        "another signature": f"{head}.{body}.{signed(issuer, key=STRANGER).split('.')[2]}",
        "four parts": f"{head}.{body}.{signature}.{signature}",
        "two parts": f"{head}.{body}",
    }  # fmt: skip


def test_the_issuers_token_reads_and_writes_as_far_as_its_person_may(issuer):
    assert (ask(signed(issuer)), ask(signed(issuer), "post")) == (200, 201)


def test_no_forgery_opens_a_door_and_no_key_is_fetched_from_where_it_says(issuer):
    tried = {
        (name, method): ask(token, method)
        for name, token in forgeries(issuer).items()
        for method in ("get", "post")
    }

    assert {key: status for key, status in tried.items() if status != 401} == {}
    assert len(tried) >= 70
    assert set(issuer.asked) == {"/keys"}


WRONG: dict[str, dict[str, Any]] = {
    "iss": {"a prefix": "http://127.0.0.1", "a list": ["x"], "a number": 1, "null": None},
    "exp": {"past": 1, "words": "soon", "null": None, "true": True, "a list": [1], "zero": 0},
    "iat": {"tomorrow": 9_999_999_999, "words": "now", "null": None, "long ago": 1},
    "nbf": {"tomorrow": 9_999_999_999, "words": "now"},
    "sub": {"somebody": "eve", "null": None, "a number": 1, "a NUL": "ada-1\x00", "a list": ["a"]},
    "token_use": {"an ID token": "id", "a refresh token": "refresh", "null": None, "a list": ["x"]},
    "client_id": {"another": "back", "a list": ["front"], "null": None, "a part": "fron"},
    "custom:tenant": {"another": "rival", "null": None, "a list": ["acme"], "case": "ACME"},
}  # fmt: skip


@pytest.mark.parametrize("claim", WRONG)
def test_a_wrong_or_missing_claim_closes_the_door(issuer, claim):
    make_tenant("rival")
    good = claims(issuer)
    bodies = [good | {claim: value} for value in WRONG[claim].values()]
    if claim != "nbf":
        bodies.append({name: value for name, value in good.items() if name != claim})
    tokens = [raw({"alg": "RS256", "kid": "k1"}, body, rs256) for body in bodies]

    assert [ask(token) for token in tokens] == [401] * len(tokens)


def test_a_thousand_tokens_with_unknown_keys_cost_one_question_in_half_a_minute(issuer):
    """An unknown key might be a new one: it is asked for, but not twice in half a minute."""
    ask(signed(issuer))
    begun = time.monotonic()

    for _ in range(1000):
        with pytest.raises(Invalid):
            oidc.read(signed(issuer, kid=str(uuid4())))

    assert issuer.asked.count("/keys") <= 1 + (time.monotonic() - begun) // 30 + 1
    assert ask(signed(issuer)) == 200


def test_while_the_issuer_is_away_known_keys_open_for_an_hour(issuer):
    token = signed(issuer)
    before = ask(token)
    issuer.keys = b"<html>We are being repaired</html>"

    assert (before, ask(token), ask(signed(issuer, kid="k9"))) == (200, 200, 401)
    issuer.shutdown()
    issuer.server_close()
    assert ask(token) == 200


NO_SETS = [b"<html></html>", b"", b"[]", b"{}", b'{"keys": 1}', b"\xff" * 99, b"[" * 100_000]


@pytest.mark.parametrize("answer", NO_SETS, ids=range(len(NO_SETS)))
def test_a_key_set_that_is_none_closes_the_door_and_nothing_breaks(issuer, answer):
    issuer.keys = answer

    assert ask(signed(issuer)) == 401


HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n"
KEYS = json.dumps({"keys": [PUBLIC]}).encode()
MEGABYTE = 1024 * 1024


def sixty_megabytes() -> Iterator[bytes]:
    """A good set, after a lot of nothing."""
    yield HEAD
    for _ in range(60):
        yield b" " * MEGABYTE
    yield KEYS


def a_bomb() -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    yield HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    for _ in range(60):
        yield packer.compress(b" " * MEGABYTE)
    yield packer.compress(KEYS) + packer.flush()


def slowly(answer: bytes) -> Iterator[bytes]:
    """Never still for long enough that a socket would time out."""
    for number in range(len(answer)):
        yield answer[number : number + 1]
        time.sleep(0.5)


def a_silence() -> Iterator[bytes]:
    time.sleep(6)
    yield HEAD + KEYS


def a_line_cut_off() -> Iterator[bytes]:
    yield HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 9999\r\n\r\n") + KEYS


def a_redirect() -> Iterator[bytes]:
    yield b"HTTP/1.0 302 Found\r\nLocation: /somebody-elses-keys\r\n\r\n"


TOO_MUCH = {
    "60 MB": sixty_megabytes,
    "60 MB, packed": a_bomb,
    "a slow body": lambda: chain([HEAD], slowly(KEYS)),
    "a slow head": lambda: slowly(HEAD + KEYS),
    "a silence": a_silence,
    "a line cut off": a_line_cut_off,
    "a redirect": a_redirect,
}


@pytest.mark.parametrize("keys", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_a_key_set_that_is_too_large_or_too_slow_closes_the_door_in_three_seconds(issuer, keys):
    token, client = signed(issuer), Client()
    issuer.keys = keys
    tracemalloc.start()
    begun = time.monotonic()

    answer = client.get("/api/v1/settings", headers={"Authorization": f"Bearer {token}"})

    took, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == client.get("/api/v1/settings").json()["detail"]
    assert took < key_sets.SECONDS + 2  # of which the last are a busy machine's
    assert peak < 8 * MEGABYTE
    assert issuer.sent < 8 * MEGABYTE  # what the sockets' buffers took


def test_an_issuer_that_fails_is_asked_once_in_half_a_minute(issuer):
    """Else each token with an unknown key would hold everybody up for three seconds."""
    good = signed(issuer)
    ask(good)
    oidc._keys()._last_successful_fetch -= oidc._keys().cooldown_duration
    issuer.keys = a_silence

    begun = time.monotonic()
    refused = [ask(signed(issuer, kid=f"k{number}")) for number in range(2, 12)]
    took = time.monotonic() - begun

    assert (refused, ask(good)) == ([401] * 10, 200)
    assert issuer.asked.count("/keys") == 2
    assert took < key_sets.SECONDS + 3
    oidc._keys()._failed_at -= oidc._keys().cooldown_duration
    issuer.keys = json.dumps({"keys": [jwk_of(STRANGER, "k2")]}).encode()
    assert ask(signed(issuer, key=STRANGER, kid="k2")) == 200


def test_a_new_key_opens_within_half_a_minute_and_the_old_one_closes_with_it(issuer):
    ask(signed(issuer))
    issuer.keys = json.dumps({"keys": [jwk_of(STRANGER, "k2")]}).encode()
    new = signed(issuer, key=STRANGER, kid="k2")

    at_once = ask(new)
    oidc._keys()._last_successful_fetch -= oidc._keys().cooldown_duration
    later = ask(new)

    assert (at_once, later, ask(signed(issuer))) == (401, 200, 401)
    assert oidc._keys().cooldown_duration == 30
