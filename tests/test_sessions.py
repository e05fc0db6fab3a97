"""The staff's sessions: how they begin, what ends them, and that no other site can use them."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.utils.timezone import now

from carousel.live import stream as streaming
from carousel.models import ApiKey, Membership, RefreshToken, User
from carousel.tenants import access, tokens
from imaging.models import Batch
from tests.makers import make_batch, make_tenant, make_user
from tests.routes import routes
from tests.world import make_world

pytestmark = pytest.mark.django_db
PASSWORD, OTHER = "a long password", "another long one"
ADA = "ada@example.com"
PAGES = [each for each in routes() if not each.is_api and each.name not in access.OPEN]
API = [each for each in routes() if each.is_api and each.name not in access.OPEN]


def sign_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post("/sign-in/", {"username": ADA, "password": password})


def is_in(client: Client) -> bool:
    return bool(client.get("/settings/").status_code == 200)


@pytest.fixture
def ada():
    return make_user(ADA, password=PASSWORD, role="admin")


def test_the_session_of_before_signing_in_is_not_the_one_after(client, ada):
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = session.session_key

    sign_in(client)

    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie(client, ada):
    sign_in(client)
    thief = Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    before = is_in(thief)

    client.post("/sign-out/")

    assert (before, is_in(thief)) == (True, False)


def test_eight_idle_hours_end_it_and_work_goes_on_for_longer(client, ada):
    with time_machine.travel(now(), tick=False) as clock:
        sign_in(client)
        clock.shift(timedelta(hours=7, minutes=59))
        at_work = is_in(client)
        clock.shift(timedelta(hours=7, minutes=59))
        still = is_in(client)
        clock.shift(timedelta(hours=8, seconds=1))

        assert (at_work, still, is_in(client)) == (True, True, False)


def test_ten_wrong_passwords_lock_the_page_in_words_and_for_a_quarter_of_an_hour(client, ada):
    with time_machine.travel(now(), tick=False) as clock:
        answers = [sign_in(client, "wrong") for _ in range(10)]
        locked = sign_in(client)
        clock.shift(timedelta(minutes=15, seconds=1))
        later = sign_in(client)

    assert [answer.status_code for answer in answers[:9]] == [200] * 9
    assert (locked.status_code, later.status_code) == (429, 302)
    assert b"Too many wrong passwords" in locked.content


def change(client: Client, old: str = PASSWORD) -> Any:
    return client.post(
        "/settings/password/",
        {"old_password": old, "new_password1": OTHER, "new_password2": OTHER},
    )


def test_a_changed_password_ends_every_other_session_and_refresh_token(client, ada):
    elsewhere = Client()
    sign_in(client), sign_in(elsewhere)
    pair = tokens.issue(ada, make_tenant())

    answer = change(client)

    assert answer.status_code == 302
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    assert RefreshToken.objects.get().revoked_at is not None
    assert sign_in(Client()).status_code == 200 and sign_in(Client(), OTHER).status_code == 302
    assert pair.refresh


def test_a_password_is_changed_only_by_whoever_knows_it(client, ada):
    sign_in(client)

    assert change(client, old="wrong").status_code == 422
    assert User.objects.get().check_password(PASSWORD)


def link_of(answer: Any) -> str:
    found = re.search(r'id="link">http://testserver([^<]+)<', answer.content.decode())
    return found[1] if found else ""


def invited(client: Client, email: str = "new@example.com") -> Membership:
    client.post("/settings/people/", {"email": email, "role": "viewer"})
    return Membership.objects.get(user__email=email, tenant=make_tenant())


def test_who_was_added_sets_a_password_by_a_link_that_works_once(client, ada):
    sign_in(client)
    member = invited(client)
    link = link_of(client.post(f"/settings/people/{member.pk}/link/"))
    theirs = Client()

    form = theirs.get(link)["Location"]
    done = theirs.post(form, {"new_password1": OTHER, "new_password2": OTHER})
    again = Client().get(link)

    assert link.split("/")[-2] not in form
    assert done["Location"] == "/sign-in/"
    assert b"used up" in again.content
    signed_in = theirs.post("/sign-in/", {"username": "new@example.com", "password": OTHER})
    assert signed_in.status_code == 302


def test_a_link_works_for_a_day(client, ada):
    sign_in(client)
    member = invited(client)
    with time_machine.travel(now(), tick=False) as clock:
        link = link_of(client.post(f"/settings/people/{member.pk}/link/"))
        clock.shift(timedelta(hours=24, seconds=1))

        assert b"used up" in Client().get(link).content


BEYOND = {
    "who works for another shop too": lambda user: make_user(user.email, make_tenant("rival")),
    "who repairs data": lambda user: User.objects.filter(pk=user.pk).update(is_staff=True),
    "who may do everything": lambda user: User.objects.filter(pk=user.pk).update(is_superuser=True),
    "who has a work account": lambda user: User.objects.filter(pk=user.pk).update(oidc_subject="x"),
    "who was deactivated": lambda user: user.deactivate(),
}


@pytest.mark.parametrize("beyond", BEYOND.values(), ids=BEYOND.keys())
def test_a_shop_makes_no_link_for_somebody(client, ada, beyond):
    """It would open more than the shop's administrator may."""
    sign_in(client)
    member = invited(client)
    beyond(member.user)

    answer = client.post(f"/settings/people/{member.pk}/link/")

    assert (answer.status_code, link_of(answer)) == (409, "")


@pytest.mark.usefixtures("services")
def test_no_other_site_presses_a_button(ada):
    """Every page that takes something, without the token of the page."""
    world = make_world(make_tenant())
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    answers = {route.name: browser.post(world.address(route)).status_code for route in PAGES}

    assert set(answers.values()) == {403}
    assert len(answers) >= 100


@pytest.mark.usefixtures("services")
def test_a_cookie_alone_changes_nothing_over_the_api(client, ada):
    world = make_world(make_tenant())
    client.force_login(ada)
    answers = {
        (route.name, method): getattr(client, method)(world.address(route)).status_code
        for route in API
        for method in ("post", "put", "patch", "delete")
    }

    assert set(answers.values()) <= {401, 405}
    assert list(answers.values()).count(401) >= 45


def test_a_deactivated_person_is_out_by_every_door(client, ada):
    sign_in(client)
    pair = tokens.issue(ada, make_tenant())
    _, key = ApiKey.issue(make_tenant(), "theirs", Membership.Role.ADMIN, ada)

    def doors() -> list[int]:
        asked = (pair.access, key)
        api = [
            client.get("/api/v1/settings", headers={"Authorization": f"Bearer {each}"}).status_code
            for each in asked
        ]
        body = {"refresh": pair.refresh}
        again = client.post("/api/v1/auth/refresh", body, content_type="application/json")
        return [client.get("/settings/").status_code, *api, again.status_code]

    ada.deactivate()

    assert doors() == [302, 401, 401, 401]


ENDS = {
    "deactivated": lambda client, user: user.deactivate(),
    "signed out": lambda client, user: client.post("/sign-out/"),
    "sent away": lambda client, user: user.memberships.all().delete(),
    "given another password": lambda client, user: (user.set_password(OTHER), user.save()),
    "of a shop that was closed": lambda client, user: close(user),
}


def close(user: User) -> None:
    tenant = user.memberships.get().tenant
    tenant.is_active = False
    tenant.save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_an_open_live_page_tells_nothing_more_to_somebody(client, monkeypatch, end):
    monkeypatch.setattr(streaming, "KEEP_ALIVE", 0.05)
    user = make_user(ADA, password=PASSWORD)
    batch = make_batch()
    sign_in(client)
    lines = client.get(f"/live/b/{batch.pk}/?seen={batch.version}").streaming_content

    def ended() -> None:
        end(client, user)
        Batch.objects.touch(batch.pk)
        connections.close_all()

    async def story() -> list[bytes]:
        before = [await anext(lines) for _ in range(2)]
        await asyncio.to_thread(ended)
        return before + [line async for line in lines]

    told = asyncio.run(story())

    assert told[1] == b": keep-alive\n\n"
    assert set(told[2:-1]) <= {b": keep-alive\n\n"}
    assert told[-1] == b"event: done\ndata: done\n\n"


def test_who_is_sent_away_while_they_work_does_nothing_in_their_other_shop(client):
    away, other = make_tenant("away"), make_tenant("other")
    ada = make_user(ADA, away, role="admin")
    make_user(ADA, other, role="admin")
    client.force_login(ada)
    client.get("/settings/keys/")
    away.memberships.get(user=ada).delete()

    pressed = client.post("/settings/keys/", {"name": "shop front", "role": "viewer"})

    assert pressed.status_code == 403
    assert "You do not work for that shop any more." in pressed.content.decode()
    assert not ApiKey.objects.exists()
    assert client.get("/settings/keys/").context["request"].tenant == other
