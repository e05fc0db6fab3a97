"""Every error under /api/ has one shape, whoever made it."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from carousel.models import ApiKey, Membership, Product
from carousel.products import api as products
from imaging.models import Batch
from tests.makers import make_tenant, make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/products"


@pytest.fixture
def headers():
    _, token = ApiKey.issue(make_tenant(), "front", Membership.Role.MANAGER)
    return {"Authorization": f"Bearer {token}"}


def is_problem(answer, status):
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer["Content-Type"] == "application/problem+json"
        and body.keys() >= {"type", "title", "detail"}
        and len(answer["X-Request-ID"]) >= 8
    )


def test_an_unknown_address(client, headers):
    assert is_problem(client.get("/api/v1/nothing", headers=headers), 404)


def test_a_wrong_method_is_told_the_right_ones(client, headers):
    answer = client.put(URL, {}, content_type="application/json", headers=headers)

    assert is_problem(answer, 405)
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_a_body_that_is_no_json(client, headers):
    answer = client.post(URL, "{", content_type="application/json", headers=headers)

    assert is_problem(answer, 400)
    assert Product.objects.count() == 0


@pytest.mark.parametrize("body", ["true", "3", '"x"', "[]", "null"])
def test_a_body_that_is_no_object_opens_no_batch(client, headers, body):
    """Every field of a batch may be left out, so anything used to be taken for an empty one."""
    answer = client.post("/api/v1/batches", body, content_type="application/json", headers=headers)

    assert is_problem(answer, 422)
    assert answer.json()["detail"] == "The body must be a JSON object."
    assert Batch.objects.count() == 0


def test_a_body_that_is_too_large_is_not_read(client, headers, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = {"title": "x" * 1000}

    answer = client.post(URL, body, content_type="application/json", headers=headers)

    assert is_problem(answer, 413)
    assert Product.objects.count() == 0


def test_a_field_that_does_not_exist(client, headers):
    answer = client.post(URL, {"colour": 1}, content_type="application/json", headers=headers)

    assert is_problem(answer, 422)
    assert answer.json()["errors"][0]["loc"][-1] == "colour"


def test_a_crash_tells_nothing_but_its_request_id(client, headers, monkeypatch):
    def crash(*_):
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(products, "_wanted", crash)
    client.raise_request_exception = False

    answer = client.get(URL, headers=headers)

    assert is_problem(answer, 500)
    assert "hunter2" not in answer.content.decode()


def test_nobody_is_told_how_to_sign_in(client):
    answer = client.get(URL)

    assert is_problem(answer, 401)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_lock_says_when_it_opens(client):
    make_user("ada@example.com", password="a long password")
    body = {"email": "ada@example.com", "password": "wrong"}

    answers = [
        client.post("/api/v1/auth/login", body, content_type="application/json") for _ in range(11)
    ]

    assert [answer.status_code for answer in answers[:9]] == [401] * 9
    assert is_problem(answers[10], 429)
    assert answers[10]["Retry-After"] == "900"


def test_pages_keep_their_own_errors(client):
    assert client.get("/nothing/")["Content-Type"].startswith("text/html")


def test_a_database_that_goes_away_outside_a_view_is_told_as_such(client, monkeypatch):
    """A session is saved after the view has answered."""
    client.force_login(make_user())
    client.raise_request_exception = False

    def away(*_: object, **__: object) -> None:
        raise OperationalError("the database system is shutting down")

    monkeypatch.setattr(SessionStore, "save", away)

    answer = client.get("/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "The database does not answer; nothing was changed." in answer.content.decode()
