"""No secret lies anywhere but in the hands it was given to: not in the log, not in the database."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from carousel import storage
from carousel.events.models import Destination
from carousel.models import ApiKey, Membership
from carousel.tenants import passwords
from tests.makers import make_tenant, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("services")]
PASSWORD, WRONG = "a long password of Ada's", "what Ada's cat typed in"


class Kept(logging.Handler):
    """What would have been written to the log, as it would have been."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Kept]:
    root = logging.getLogger()
    [formatter] = {
        each.formatter
        for each in root.handlers
        if each.formatter and "structlog" in type(each.formatter).__module__
    }
    kept = Kept(formatter)
    root.addHandler(kept)
    yield kept
    root.removeHandler(kept)


@pytest.fixture
def secrets(client: Client, log: Kept) -> dict[str, str]:
    """Everything secret that a shop has, after each was used rightly and wrongly."""
    shop = make_tenant()
    ada = make_user("ada@example.com", shop, password=PASSWORD, role="admin")
    found = {"the password": PASSWORD, "a wrong password": WRONG}
    found["an API key"] = ApiKey.issue(shop, "front", Membership.Role.ADMIN)[1]
    found["a wrong API key"] = found["an API key"][:-4] + "abcd"
    found |= _tokens(client)
    found |= _links(shop, ada)
    partner = Destination.objects.create(tenant=shop, name="Lake", address="https://a.example")
    found["a webhook's key"] = partner.add_key()
    _use(client, found)
    return found


def _tokens(client: Client) -> dict[str, str]:
    def post(what: str, **body: str) -> Any:
        address = f"/api/v1/auth/{what}"
        return client.post(address, body, "application/json", headers={"Idempotency-Key": "k"})

    post("login", email="ada@example.com", password=WRONG)
    first = post("login", email="ada@example.com", password=PASSWORD).json()
    second = post("refresh", refresh=first["refresh"]).json()
    post("refresh", refresh=first["refresh"] + "x")
    client.post("/sign-in/", {"username": "ada@example.com", "password": WRONG})
    client.post("/sign-in/", {"username": "ada@example.com", "password": PASSWORD})
    return {
        "an access token": first["access"],
        "a later access token": second["access"],
        "a refresh token": first["refresh"],
        "a later refresh token": second["refresh"],
    }


def _links(shop: Any, ada: Any) -> dict[str, str]:
    bob = make_user("bob@example.com", shop)
    link = passwords.link_for(bob.memberships.get(), ada)
    picture = storage.url_for("temp/a.jpg")
    return {
        "a link to a new password": link.rstrip("/").rsplit("/", 1)[-1],
        "a picture's link": picture.split("/files/")[-1],
    }


def _use(client: Client, found: dict[str, str]) -> None:
    """In headers, in addresses and in a crash."""
    for name, secret in found.items():
        if "password" not in name:
            headers = {"Authorization": f"Bearer {secret}"}
            client.get("/api/v1/settings", headers=headers)
            client.get(f"/api/v1/settings?token={secret}")
            client.get(f"/files/{secret}")
            client.get(f"/new-password/x/{secret}/")
            logging.getLogger("carousel").warning("Authorization: Bearer %s", secret)


def test_no_secret_is_in_the_log_and_each_line_of_a_request_has_its_id(secrets, log):
    told = "\n".join(log.lines)

    assert [name for name, secret in secrets.items() if secret in told] == []
    of_requests = [line for line in log.lines if re.search(r"\b(GET|POST) (/|file|new)", line)]
    assert len(of_requests) >= 30
    assert [line for line in of_requests if "request_id" not in line] == []


def test_no_secret_is_in_the_database(client, secrets):
    """What a thief of the database finds: every table, every column, as text."""
    found, tables = [], connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            text = cursor.fetchone()[0]
            found += [(table, name) for name, secret in secrets.items() if secret in text]

    assert found == []
    assert len(tables) >= 30
