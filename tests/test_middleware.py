from asyncio import iscoroutinefunction

import pytest

from carousel import asgi, storage
from tests.makers import make_user

pytestmark = pytest.mark.django_db


def test_the_callers_request_id_comes_back(client):
    answer = client.get("/sign-in/", headers={"X-Request-ID": "shop-front-12345"})

    assert answer["X-Request-ID"] == "shop-front-12345"


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "two words!", "x\nSet-Cookie: a=b"])
def test_a_strange_request_id_is_replaced(client, given):
    answer = client.get("/sign-in/", headers={"X-Request-ID": given})

    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 32


def test_only_the_storefront_may_read_from_a_browser(client, settings):
    settings.STOREFRONT_ORIGINS = ["https://shop.example"]

    ours = client.get("/api/v1/settings", headers={"Origin": "https://shop.example"})
    foreign = client.get("/api/v1/settings", headers={"Origin": "https://evil.test"})
    page = client.get("/sign-in/", headers={"Origin": "https://shop.example"})

    assert ours["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Origin" not in foreign
    assert "Access-Control-Allow-Origin" not in page


def test_every_answer_closes_its_doors(client):
    answer = client.get("/sign-in/")

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Permissions-Policy"].startswith("camera=(self)")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_signed_picture_is_given_without_cookies_and_never_as_a_page(client):
    key = "photos/one.webp"
    storage.save_bytes(key, b"RIFF0000WEBP")
    client.force_login(make_user())

    answer = client.get(storage.url_for(key))

    assert answer.status_code == 200
    assert answer.cookies == {}
    assert "Cookie" not in answer.get("Vary", "")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == "attachment"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_request_stays_in_one_thread_from_the_first_middleware_to_the_view():
    """Each change between the event loop and a thread costs a millisecond."""
    assert not iscoroutinefunction(asgi.Handler()._middleware_chain)


def test_the_web_server_writes_no_log_of_its_own_beside_ours(settings):
    """Its lines would hold the links that open pictures; naming `uvicorn` alone lets them in."""
    assert settings.LOGGING["loggers"]["uvicorn.access"] == {"handlers": [], "propagate": False}
