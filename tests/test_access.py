"""The matrix of roles against the addresses there really are."""

from collections import defaultdict

import pytest

from carousel.api import api
from carousel.models import ApiKey, Membership
from carousel.tenants import access
from tests.makers import make_tenant, make_user
from tests.routes import routes

NAMES = {route.name for route in routes()}


def test_every_address_has_a_row():
    without = NAMES - access.OPEN - access.ROUTES.keys()

    assert without == set(), f"add to ROUTES in carousel/tenants/access.py: {sorted(without)}"


def test_no_row_is_left_of_an_address_that_is_gone():
    assert (access.OPEN | access.ROUTES.keys()) - NAMES == set()


def test_the_operations_of_one_address_have_one_row():
    """The route is found by its address, so what differs by method is only reading and writing."""
    at: dict[str, set[access.Access | None]] = defaultdict(set)
    for route in routes():
        if route.name not in access.OPEN:
            at[route.pattern].add(access.row(route.name))

    assert {pattern: rows for pattern, rows in at.items() if len(rows) > 1} == {}


def test_operation_ids_are_short_words_and_each_is_one_operation():
    found = [
        operation["operationId"]
        for path in api.get_openapi_schema()["paths"].values()
        for operation in path.values()
    ]

    assert len(found) == len(set(found))
    assert [name for name in found if not name.replace("_", "").isalpha() or len(name) > 40] == []


def test_an_address_without_a_row_is_closed_even_to_administrators():
    assert access.allows("nowhere", "GET", "admin") is False
    assert access.allows("products", "GET", "") is False


@pytest.mark.parametrize(
    ("role", "reads", "works", "rules", "rights"),
    [
        ("viewer", True, False, False, False),
        ("reviewer", True, True, False, False),
        ("manager", True, True, True, False),
        ("admin", True, True, True, True),
    ],
)
def test_roles_rise(role, reads, works, rules, rights):
    assert (
        access.allows("products", "GET", role),
        access.allows("product-edit", "POST", role),
        access.allows("settings", "POST", role),
        access.allows("settings-people", "POST", role),
    ) == (reads, works, rules, rights)


@pytest.mark.django_db
def test_a_closed_address_says_where_its_row_belongs(client, monkeypatch):
    monkeypatch.delitem(access.ROUTES, "api:get_settings")
    _, token = ApiKey.issue(make_tenant(), "front", Membership.Role.ADMIN)

    answer = client.get("/api/v1/settings", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["detail"]) == (403, access.CLOSED)


@pytest.mark.django_db
def test_a_shops_own_staff_need_to_be_managers_to_repair(client):
    client.force_login(make_user(is_staff=True, role="reviewer"))

    assert client.get("/admin/imaging/batch/").status_code == 403
