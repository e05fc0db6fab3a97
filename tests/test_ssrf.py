"""Addresses that somebody gives us: none of the known tricks opens a socket or asks for a name."""

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from carousel import fetching
from carousel.errors import GiveUp, Refused
from carousel.models import ApiKey, Membership, Tenant
from carousel.tenants import limits
from imaging.models import Job
from pricing import importing, pictures
from tests import machine
from tests.makers import make_tenant
from tests.ssrf_addresses import ADDRESSES

LONG_LIST = machine.SHARED_DATA / "ssrf_urls.json"
URLS = [*ADDRESSES, *(json.loads(LONG_LIST.read_text()) if LONG_LIST.is_file() else [])]
_seen: list[str] | None = None


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if _seen is None:
        return
    if event == "socket.getaddrinfo" or (
        event == "socket.connect" and not isinstance(arguments[1], str | bytes)
    ):
        _seen.append(f"{event}{arguments[-1]}")


sys.addaudithook(_hear)


@contextmanager
def nothing_leaves() -> Iterator[None]:
    """No name is looked up and no socket connects within; those of the database are files."""
    global _seen
    _seen = found = []
    try:
        yield
    finally:
        _seen = None
    assert found == []


@pytest.fixture(autouse=True)
def one_host(settings):
    settings.ALLOWED_IMAGE_HOSTS = ["photos.example"]


PLACES = {
    "a picture": fetching.fetch,
    "a picture to price by": lambda url: pictures.of_references(Tenant(slug="nobody"), [url]),
    "a picture of an imported sale": importing._fetched,
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_every_trick_is_refused_wherever_an_address_is_taken(place):
    for url in URLS:
        with nothing_leaves(), pytest.raises((Refused, GiveUp)):
            place(url)


def test_every_trick_that_is_no_public_name_is_refused_as_a_receiver_of_events():
    tricks = [url for url in URLS if not fetching.GRAMMAR.fullmatch(url)]

    for url in tricks:
        with nothing_leaves(), pytest.raises(GiveUp):
            fetching.deliver(url, b"{}", {})

    assert len(tricks) >= 20


@pytest.mark.django_db
@pytest.mark.usefixtures("services")
def test_every_trick_is_refused_through_the_api(client):
    tenant = make_tenant(settings={"requests_per_minute": 100_000})
    _, token = ApiKey.issue(tenant, "front", Membership.Role.ADMIN)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    limits._limiter()  # its socket is Redis', opened before we listen

    def post(where: str, body: dict[str, object]) -> int:
        return client.post(f"/api/v1/{where}", body, "application/json").status_code

    with nothing_leaves():
        priced = [post("pricing/calculate", {"category": "Home", "images": [url]}) for url in URLS]
        processed = [post("bg-remover/process", {"url": url}) for url in URLS]
        started = post("jobs", {"urls": [url for url in URLS if len(url) < 2000][:100]})

    assert set(priced) | set(processed) <= {409, 422}
    assert started == 202  # each address is named with why it is refused
    assert Job.objects.count() == 0


def test_the_list_is_long():
    assert len(set(ADDRESSES)) >= 190


def test_the_ear_hears():
    with pytest.raises(AssertionError), nothing_leaves():
        socket.getaddrinfo("127.0.0.1", 1)
