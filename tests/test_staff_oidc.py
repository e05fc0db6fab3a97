"""Staff sign in at an OpenID provider: the whole code flow with PKCE over real HTTP."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client

from carousel.models import User
from carousel.tenants import staff_oidc
from tests import oidc_issuer
from tests.makers import make_user

pytestmark = pytest.mark.django_db
ADA = {"sub": "ada-1", "email": "ada@example.com", "email_verified": True}


@pytest.fixture
def issuer(settings):
    staff_oidc._provider.cache_clear()
    with oidc_issuer.running() as found:
        settings.OIDC_ISSUER = found.url
        settings.OIDC_STAFF_CLIENT_ID = oidc_issuer.CLIENT
        settings.OIDC_STAFF_CLIENT_SECRET = oidc_issuer.SECRET
        found.claims = dict(ADA)
        yield found
    staff_oidc._provider.cache_clear()


def come_back(client: Client, then: str = "/products/") -> Any:
    """To the provider and back, as a browser does it."""
    away = client.get("/sign-in/oidc/", {"next": then})
    back = requests.get(away["Location"], allow_redirects=False, timeout=5)
    address = urlsplit(back.headers["Location"])
    return client.get(f"{address.path}?{address.query}")


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/settings/").status_code == 200)


def test_somebody_we_know_is_signed_in_and_known_by_subject_from_then_on(client, issuer):
    make_user("ada@example.com")

    answer = come_back(client)

    assert (answer.status_code, answer["Location"]) == (302, "/products/")
    assert is_signed_in(client)
    assert User.objects.get().oidc_subject == "ada-1"
    assert issuer.refused == []


def test_the_subject_counts_even_when_the_address_changes(client, issuer):
    make_user("ada@example.com", oidc_subject="ada-1")
    issuer.claims["email"] = "lovelace@example.com"

    come_back(client)

    assert is_signed_in(client)


WRONG = {
    "a stranger": {"email": "eve@example.com"},
    "an unverified address": {"email_verified": False},
    "an old ID token": {"exp": 1},
    "another client's ID token": {"aud": "other"},
    "another issuer's ID token": {"iss": "https://evil.test"},
    "a replayed ID token": {"nonce": "of another day"},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_nobody_else_is_signed_in(client, issuer, claims):
    make_user("ada@example.com")
    issuer.claims |= claims

    assert come_back(client)["Location"] == "/sign-in/"
    assert not is_signed_in(client)
    assert User.objects.get().oidc_subject is None


def test_a_token_that_somebody_else_signed_is_refused(client, issuer):
    make_user("ada@example.com")
    issuer.key = oidc_issuer.STRANGER

    come_back(client)

    assert not is_signed_in(client)


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(client, issuer):
    make_user("ada@example.com")
    away = client.get("/sign-in/oidc/")
    back = urlsplit(
        requests.get(away["Location"], allow_redirects=False, timeout=5).headers["Location"]
    )

    other = Client()
    other.get(f"{back.path}?{back.query}")

    assert not is_signed_in(other)


def test_a_deactivated_person_is_not_signed_in(client, issuer):
    make_user("ada@example.com", is_active=False)

    come_back(client)

    assert not is_signed_in(client)


def test_nobody_is_sent_to_another_site(client, issuer):
    make_user("ada@example.com")

    assert come_back(client, "https://evil.test/")["Location"] == "/"


def test_a_provider_that_is_away_is_told_in_words(client, issuer):
    issuer.shutdown()
    issuer.server_close()

    answer = client.get("/sign-in/oidc/", follow=True)

    assert b"The sign-in service does not answer" in answer.content
