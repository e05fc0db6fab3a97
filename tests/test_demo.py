"""The demo shop: made once, open to its login, never in production."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from carousel import wiring
from carousel.tenants.demo import EMAIL, PASSWORD, make_demo
from carousel.tenants.models import Membership, Tenant, User

pytestmark = pytest.mark.django_db


def test_the_login_that_is_printed_opens_the_shop(client: Client, capsys, monkeypatch):
    monkeypatch.setattr(wiring, "DEMO", [])

    call_command("demo")

    assert f"Sign in as {EMAIL} with the password {PASSWORD}" in capsys.readouterr().out
    signed_in = client.post("/sign-in/", {"username": EMAIL, "password": PASSWORD})
    assert signed_in.headers["Location"] == "/"
    assert Membership.objects.get().role == Membership.Role.ADMIN


def test_making_it_again_changes_nothing():
    make_demo()
    User.objects.get().set_password("something else")
    Tenant.objects.update(name="Renamed")

    make_demo()

    assert [tenant.name for tenant in Tenant.objects.all()] == ["Renamed"]
    assert (User.objects.count(), Membership.objects.count()) == (1, 1)


def test_production_has_no_demo(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="production has no demo"):
        call_command("demo")

    assert Tenant.objects.count() == 0
