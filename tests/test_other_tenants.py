"""Every address of the house, asked by an administrator of another shop who knows every id."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from carousel.api import api
from carousel.models import ApiKey, Membership
from carousel.openapi import operations
from carousel.tenants import access, bonds
from tests.makers import make_tenant, make_user
from tests.routes import Route, routes
from tests.world import SECRET, make_world, nowhere

pytestmark = pytest.mark.django_db
PAGES = [each for each in routes() if not each.is_api and each.name not in access.OPEN]
ANYWHERE = [each for each in routes() if each.name not in access.OPEN]
DOCUMENT = api.get_openapi_schema()
ROLES = ["viewer", "reviewer", "manager", "admin"]
GONE = {
    "group-encounter",
    *("group-why", "group-rename", "group-split", "group-cut", "group-cover", "group-accept"),
    *("group-reopen", "group-reject"),
}
"""A group may have been merged away under one's eyes: these say so, for any id nobody has."""


def methods(route: Route) -> tuple[str, ...]:
    return ("get", "post", "put", "patch", "delete") if route.is_api else ("get", "post")


@pytest.fixture
def world():
    return make_world(make_tenant("heirloom"))


@pytest.fixture
def eve(client: Client) -> Client:
    """Signed in, and with a key of her own shop for the API."""
    shop = make_tenant("rival", settings={"requests_per_minute": 100_000})
    client.force_login(make_user("eve@example.com", shop, role="admin"))
    _, token = ApiKey.issue(shop, "eve", Membership.Role.ADMIN)
    client.defaults |= {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_IF_MATCH": "*"}
    return client


def state_of(tenant: Any) -> dict[str, Any]:
    """A fingerprint of everything that the shop has."""
    found = {}
    with connection.cursor() as cursor:
        for model in bonds.of_tenants():
            table = model._meta.db_table
            cursor.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
                " WHERE tenant_id = %s",
                [tenant.pk],
            )
            found[table] = cursor.fetchone()[0]
    return found


def bodies(route: Route) -> dict[str, Any]:
    """Method -> a body that the operation would take, from its own example."""
    path = "/" + route.pattern
    for start, end in (("<", "{"), (">", "}")):
        path = path.replace(start, end)
    found = {}
    for known, method, operation in operations(DOCUMENT):
        if known == path.replace("uuidstr:", ""):
            content = operation.get("requestBody", {}).get("content", {})
            found[method] = content.get("application/json", {}).get("example")
    return found


def ask(client: Client, method: str, address: str, body: Any = None) -> Any:
    if body is None:
        return getattr(client, method)(address)
    return getattr(client, method)(address, body, content_type="application/json")


@pytest.mark.usefixtures("services")
def test_another_shops_ids_do_not_exist_by_any_road(eve, world):
    """The same answer, to the byte, as for an id that nobody has; and nothing happened."""
    before, tried, wrong = state_of(world.tenant), 0, []
    for route in (each for each in ANYWHERE if each.kwargs):
        sent = bodies(route)
        for method in methods(route):
            theirs = ask(eve, method, world.address(route), sent.get(method))
            nobodys = ask(eve, method, nowhere(route), sent.get(method))
            tried += 1
            told_apart = (theirs.status_code, theirs.content) != (
                nobodys.status_code,
                nobodys.content,
            )
            if told_apart or theirs.status_code not in allowed(route):
                wrong.append((route.name, method, theirs.status_code, nobodys.status_code))

    assert not wrong, "\n".join(map(str, wrong))
    assert tried >= 200
    assert state_of(world.tenant) == before


def allowed(route: Route) -> set[int]:
    """422 where the example is not the whole of a request: a file, a filter."""
    return (
        {404, 405}
        | ({200, 409} if route.name in GONE else set())
        | ({422} if route.is_api else set())
    )


@pytest.mark.usefixtures("services")
def test_no_list_tells_of_another_shop(eve, world):
    told = [
        route.name
        for route in ANYWHERE
        if not route.kwargs and SECRET.encode() in eve.get(world.address(route)).content
    ]

    assert told == []


@pytest.mark.usefixtures("services")
def test_nobody_gets_anything_without_signing_in(client, world):
    answers = {
        (route.name, method): ask(client, method, world.address(route)).status_code
        for route in ANYWHERE
        for method in methods(route)
    }

    assert {code for (name, _), code in answers.items() if name.startswith("api:")} == {401, 405}
    assert {code for (name, _), code in answers.items() if ":" not in name} <= {302, 405}


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_refused_what_its_row_does_not_give(client, world, role):
    client.force_login(make_user("bob@example.com", world.tenant, role=role))
    _, token = ApiKey.issue(world.tenant, "bob", role)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    closed = [
        (route, method)
        for route in ANYWHERE
        for method in ("get", "post")
        if not access.allows(route.name, method.upper(), role)
    ]
    before = state_of(world.tenant)

    wrong = [
        (route.name, method, answer.status_code)
        for route, method in closed
        if (answer := ask(client, method, world.address(route))).status_code not in {403, 405}
    ]

    assert not wrong, "\n".join(map(str, wrong))
    assert len(closed) >= {"viewer": 100, "reviewer": 15, "manager": 8, "admin": 0}[role]
    ignored = {"carousel_apikey"}  # when it was used last
    after = state_of(world.tenant)
    assert {name for name in before if before[name] != after[name]} <= ignored


def theirs_in_ours(world: Any, ours: Any) -> dict[str, tuple[str, str, Any]]:
    """Name -> (method, address, body): our own address, another shop's ids in what is sent."""
    batch = f"/api/v1/batches/{ours.ids['batch']}/groups"
    group, photo = str(world.ids["group"]), str(world.ids["photo"])
    own_group, own_photo = str(ours.ids["group"]), str(ours.ids["photo"])
    return {
        "merge": ("post", f"{batch}/merge", {"groups": [own_group, group]}),
        "move a photo": ("post", f"{batch}/move", {"photos": [own_photo, photo], "to": "new"}),
        "move into a group": ("post", f"{batch}/move", {"photos": [own_photo], "to": group}),
        "accept": ("post", f"{batch}/accept", {"groups": [own_group, group]}),
        "a cover": ("patch", f"/api/v1/groups/{own_group}", {"cover": photo}),
        "split": ("post", f"/api/v1/groups/{own_group}/split", {"photos": [photo]}),
        "process": ("post", "/api/v1/bg-remover/process-groups", {"groups": [own_group, group]}),
        "price": ("post", "/api/v1/pricing/calculate", {"productId": str(world.ids["product"])}),
        "price by a photo": (
            "post", "/api/v1/pricing/calculate", {"category": "Home", "images": [photo]},
        ),
        "letters": ("post", "/events/dead/replay/", {"letters": [str(world.ids["letter"])]}),
        "another shop": ("post", "/switch/", {"tenant": "heirloom"}),
    }  # fmt: skip


@pytest.mark.usefixtures("services")
def test_another_shops_ids_inside_a_request_are_refused_whole(eve, world):
    ours = make_world(make_tenant("rival"))
    theirs_before, groups_before = state_of(world.tenant), state_of(ours.tenant)["grouping_group"]

    got = {}
    for name, (method, address, body) in theirs_in_ours(world, ours).items():
        if address.startswith("/api/"):
            got[name] = ask(eve, method, address, body).status_code
        else:
            got[name] = eve.post(address, body).status_code

    assert {code for name, code in got.items() if name != "letters"} <= {404, 409, 422}, got
    assert got["letters"] in {200, 302, 404, 409}  # a dry run of nothing
    assert state_of(world.tenant) == theirs_before
    assert state_of(ours.tenant)["grouping_group"] == groups_before
