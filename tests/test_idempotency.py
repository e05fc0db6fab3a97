from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from carousel.models import ApiKey, IdempotencyKey, Product, Tenant
from tests.makers import make_tenant

pytestmark = pytest.mark.django_db


def token(tenant: Tenant | None = None) -> str:
    return ApiKey.issue(tenant or make_tenant(), "front", role="reviewer")[1]


def post(client: Client, bearer: str, key: str, title: str = "Mug") -> Any:
    return client.post(
        "/api/v1/products",
        {"title": title},
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}", "Idempotency-Key": key},
    )


def test_the_same_key_gets_the_same_answer_and_one_effect(client):
    bearer = token()

    first, second = post(client, bearer, "a"), post(client, bearer, "a")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first["Location"] == second["Location"]
    assert second["Idempotent-Replay"] == "true"
    assert Product.objects.count() == 1


def test_the_same_key_for_another_request_is_refused(client):
    bearer = token()

    post(client, bearer, "a")
    other = post(client, bearer, "a", title="Cup")

    assert other.status_code == 422
    assert Product.objects.count() == 1


def test_a_form_where_json_is_wanted_is_refused(client):
    headers = {"Authorization": f"Bearer {token()}", "Idempotency-Key": "a"}

    answer = client.post("/api/v1/products", {"title": "Mug"}, headers=headers)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert Product.objects.count() == 0


def test_a_mistake_is_not_kept(client):
    bearer = token()
    bad = client.post(
        "/api/v1/products",
        {"title": ["not", "words"]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}", "Idempotency-Key": "a"},
    )

    good = post(client, bearer, "a")

    assert (bad.status_code, good.status_code) == (422, 201)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_a_wrong_length_is_refused(client, key):
    assert post(client, token(), key).status_code == 400
    assert Product.objects.count() == 0


def test_two_shops_may_use_the_same_key(client):
    answers = [post(client, token(make_tenant(slug)), "a") for slug in ("acme", "rival")]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Product.objects.count() == 2


def test_a_key_is_forgotten_after_a_day(client):
    bearer = token()
    post(client, bearer, "a")

    with time_machine.travel(now() + timedelta(hours=25)):
        again = post(client, bearer, "a")

    assert again.status_code == 201
    assert "Idempotent-Replay" not in again
    assert Product.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one():
    bearer = token()

    def ask(_: int) -> int:
        status = post(Client(), bearer, "a").status_code
        connection.close()
        return status

    with ThreadPoolExecutor(20) as pool:
        statuses = set(pool.map(ask, range(20)))

    assert statuses <= {201, 409}
    assert Product.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1


def test_a_key_whose_first_request_died_may_be_used_again_after_five_minutes(client):
    bearer = token()
    post(client, bearer, "a")
    IdempotencyKey.objects.update(status=None)

    at_once = post(client, bearer, "a")
    with time_machine.travel(now() + timedelta(minutes=6)):
        later = post(client, bearer, "a")

    assert (at_once.status_code, later.status_code) == (409, 201)
