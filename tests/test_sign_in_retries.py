"""Signing in over a bad line: asked again under the same Idempotency-Key, it is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from carousel.models import IdempotencyKey, RefreshToken, User
from carousel.tenants import tokens
from tests.makers import make_tenant, make_user

pytestmark = pytest.mark.django_db
ADA = {"email": "ada@example.com", "password": "a long password"}
REPLAY = "Idempotent-Replay"


def post(client: Client, what: str, body: dict[str, str], key: str | None = "a") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    address = f"/api/v1/auth/{what}"
    return client.post(address, body, content_type="application/json", headers=headers)


def login(client: Client, key: str | None = "a", **changes: str) -> Any:
    return post(client, "login", ADA | changes, key)


def trade(client: Client, token: str, key: str | None = "a") -> Any:
    return post(client, "refresh", {"refresh": token}, key)


def opens(client: Client, access: str) -> bool:
    headers = {"Authorization": f"Bearer {access}"}
    return client.get("/api/v1/settings", headers=headers).status_code == 200


@pytest.fixture
def ada() -> User:
    return make_user(ADA["email"], password=ADA["password"])


@pytest.fixture
def held(client: Client, ada: User) -> str:
    """The refresh token of a sign-in without a key."""
    return str(login(client, key=None).json()["refresh"])


def test_a_sign_in_asked_again_is_one_sign_in(client, ada):
    first, second = login(client), login(client)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["refresh"] == second.json()["refresh"]
    assert (REPLAY in first, second[REPLAY]) == (False, "true")
    assert opens(client, first.json()["access"]) and opens(client, second.json()["access"])
    assert RefreshToken.objects.count() == 1


def test_without_a_key_or_under_another_each_sign_in_is_its_own(client, ada):
    answers = [login(client, key) for key in (None, None, "a", "b")]

    assert len({answer.json()["refresh"] for answer in answers}) == 4
    assert RefreshToken.objects.count() == 4


def test_a_key_opens_nothing_without_the_password(client, ada):
    login(client)

    assert login(client, password="a guess").status_code == 401
    assert RefreshToken.objects.count() == 1


def test_the_same_key_of_two_people_or_for_two_shops_begins_two_sign_ins(client, ada):
    make_user(ADA["email"], make_tenant("rival"))
    make_user("bob@example.com", password=ADA["password"])

    answers = [
        login(client, tenant="acme"),
        login(client, tenant="rival"),
        login(client, email="bob@example.com"),
    ]

    assert len({answer.json()["refresh"] for answer in answers}) == 3


@pytest.mark.parametrize("end", ["refresh", "logout"])
def test_a_key_whose_tokens_were_used_or_ended_must_be_replaced(client, ada, end):
    post(client, end, {"refresh": login(client).json()["refresh"]}, key=None)

    again = login(client)

    assert again.status_code == 409
    assert "refresh" not in again.json()
    assert RefreshToken.objects.count() == {"refresh": 2, "logout": 1}[end]


def test_after_a_day_the_key_begins_a_new_sign_in(client, ada):
    first = login(client)

    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        second = login(client)

    assert second.status_code == 200
    assert first.json()["refresh"] != second.json()["refresh"]
    assert REPLAY not in second


@pytest.mark.parametrize("clock", ["2026-11-20T00:00:01Z", "2026-11-20T23:59:59Z"])
def test_a_key_holds_for_all_of_its_24_hours(client, ada, clock):
    with time_machine.travel(clock, tick=False) as time:
        first = login(client)
        time.shift(timedelta(hours=23, minutes=59))
        second = login(client)

    assert first.json()["refresh"] == second.json()["refresh"]
    assert RefreshToken.objects.count() == 1


def test_a_key_holds_while_the_secret_is_replaced(client, ada, settings):
    first = login(client)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]

    assert login(client).json()["refresh"] == first.json()["refresh"]


def test_a_trade_whose_answer_was_lost_is_given_again(client, held):
    first, second = trade(client, held), trade(client, held)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["refresh"] == second.json()["refresh"] != held
    assert (REPLAY in first, second[REPLAY]) == (False, "true")
    assert opens(client, second.json()["access"])
    assert trade(client, second.json()["refresh"], "b").status_code == 200


@pytest.mark.parametrize("key", [None, "b"])
def test_a_second_use_without_the_key_of_the_first_is_theft(client, held, key):
    pair = trade(client, held).json()

    assert trade(client, held, key).status_code == 401
    assert trade(client, pair["refresh"], "c").status_code == 401
    assert RefreshToken.objects.filter(revoked_at=None).count() == 0


def test_who_has_token_and_key_is_found_out_once_the_new_pair_is_used(client, held):
    pair = trade(client, held).json()
    newest = trade(client, pair["refresh"], "b").json()

    assert trade(client, held).status_code == 401
    assert trade(client, newest["refresh"], "c").status_code == 401


def test_a_trade_asked_again_after_a_day_is_theft(client, held):
    trade(client, held)

    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert trade(client, held).status_code == 401
    assert RefreshToken.objects.filter(revoked_at=None).count() == 0


def test_nothing_is_given_again_to_who_has_left(client, held, ada):
    trade(client, held)
    ada.deactivate()

    assert trade(client, held).status_code == 401


def test_a_registration_asked_again_makes_one_person(client, settings):
    settings.REGISTRATION_OPEN = True
    body = ADA | {"tenant": make_tenant().slug}

    first, second = post(client, "register", body), post(client, "register", body)
    strangers = [
        post(client, "register", body | {"password": "another password"}),
        post(client, "register", body, "b"),
        post(client, "register", body, None),
    ]

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["refresh"] == second.json()["refresh"]
    assert [answer.status_code for answer in strangers] == [409, 409, 409]
    assert (User.objects.count(), RefreshToken.objects.count()) == (1, 1)


def test_a_guess_at_a_password_by_way_of_registering_is_counted(client, ada, settings):
    settings.REGISTRATION_OPEN = True
    for number in range(10):
        post(client, "register", ADA | {"password": f"guess {number}", "tenant": "acme"})

    assert login(client).status_code in {401, 403, 429}
    assert RefreshToken.objects.count() == 0


def test_signing_out_twice_is_signing_out(client, held):
    body = {"refresh": held}

    assert [post(client, "logout", body).status_code for _ in range(2)] == [204, 204]
    assert trade(client, held).status_code == 401


@pytest.mark.parametrize("what", ["login", "register", "refresh", "logout"])
def test_a_key_of_a_wrong_shape_is_refused(client, held, settings, what):
    settings.REGISTRATION_OPEN = True
    body = ADA | {"refresh": held, "tenant": "acme", "email": "new@example.com"}

    statuses = [post(client, what, body, key).status_code for key in ("", "x" * 256, "two words")]

    assert statuses == [400, 400, 400]
    assert RefreshToken.objects.filter(used_at=None, revoked_at=None).count() == 1


def test_no_token_is_kept_for_it(client, ada):
    """What a thief of the database finds: digests."""
    first = login(client).json()
    second = trade(client, first["refresh"]).json()
    given = [pair[name] for pair in (first, second) for name in ("access", "refresh")]

    kept = str(list(RefreshToken.objects.values()))
    assert [token for token in given if token in kept] == []
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["login", "refresh"])
def test_ten_at_once_get_one_token(ada, what):
    body = ADA if what == "login" else {"refresh": tokens.issue(ada, make_tenant()).refresh}
    before = RefreshToken.objects.count()

    def ask(_: int) -> Any:
        answer = post(Client(), what, body)
        connection.close()
        return answer

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert RefreshToken.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_ten_registrations_at_once_make_one_person(settings):
    settings.REGISTRATION_OPEN = True
    body = ADA | {"tenant": make_tenant().slug}

    def ask(_: int) -> int:
        status = post(Client(), "register", body).status_code
        connection.close()
        return int(status)

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(ask, range(10)))

    assert set(statuses) <= {201, 409} and 201 in statuses
    assert (User.objects.count(), RefreshToken.objects.count()) == (1, 1)
