"""The storefront's JSON and the door for programs, over real HTTP requests to the views."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from carousel import storage
from carousel.models import ApiKey, Membership, Product, ProductImage
from carousel.products import conditional, drafting
from carousel.products.cursors import Cursor
from tests.makers import make_product, make_tenant

pytestmark = pytest.mark.django_db
URL = "/api/v1/products"
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500}


@pytest.fixture
def shop(client: Client):
    """A caller with a manager's key. `shop("patch", url, {...}, if_match='"1"')`."""
    _, token = ApiKey.issue(make_tenant(), "storefront", Membership.Role.MANAGER)
    return caller(client, token)


def caller(client, token):
    def call(method, url, body=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(client, method)(
            url,
            json.dumps(body) if body is not None else {},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"} | names,
        )

    def get(url=URL, query=None, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(url, query, headers={"Authorization": f"Bearer {token}"} | names)

    call.get = get
    return call


def make_listed(**fields):
    return make_product(**FULL | {"state": "listed"} | fields)


def is_problem(answer, status):
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer["Content-Type"] == "application/problem+json"
        and {"type", "title", "detail"} <= body.keys()
    )


def test_the_storefront_reads_what_is_on_sale(shop):
    lamp = make_listed(description_en="A lamp", description_is="Lampi með öðru ljósi")
    make_product(title="Draft")
    make_product(make_tenant("rival"), **FULL, state="listed")

    [item] = shop.get().json()["items"]

    assert (item["id"], item["state"], item["title"]) == (str(lamp.pk), "listed", "Lamp")
    assert item["description"] == {"en": "A lamp", "is": "Lampi með öðru ljósi"}
    assert item["price"] == {"amount": 4500, "currency": "ISK", "shown": "4500"}


def test_a_reader_follows_the_pages_and_sees_each_item_once(shop):
    wanted = {str(make_listed(title=f"Lamp {number}").pk) for number in range(7)}
    seen: list[str] = []
    url = f"{URL}?limit=3"

    while url:
        answer = shop.get(url)
        seen += [item["id"] for item in answer.json()["items"]]
        make_listed(title="Newer")  # what comes later goes on top and disturbs nobody
        assert (answer.json()["next"] is None) == ("Link" not in answer)
        url = answer.json()["next"]

    assert len(seen) == 7 and set(seen) == wanted


def test_items_of_one_moment_are_not_lost_between_pages(shop):
    first = make_listed()
    for _ in range(4):
        make_listed(created_at=first.created_at)

    pages = [shop.get(query={"limit": 2}).json()]
    while pages[-1]["next"]:
        pages.append(shop.get(pages[-1]["next"]).json())

    assert len({item["id"] for page in pages for item in page["items"]}) == 5


@pytest.mark.parametrize("word", ["nonsense", "%00", "bm9wZQ", "x" * 150])
def test_a_cursor_that_is_not_ours_is_refused(shop, word):
    assert is_problem(shop.get(f"{URL}?cursor={word}"), 422)


def test_a_reader_who_knows_the_answer_is_spared_it(shop):
    lamp = make_listed()
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False):
        page, item = shop.get(), shop.get(f"{URL}/{lamp.pk}")
        assert shop.get(if_none_match=page["ETag"]).status_code == 304
        assert shop.get(f"{URL}/{lamp.pk}", if_none_match=item["ETag"]).status_code == 304

        lamp.edit({"title": "Blue lamp"})

        assert shop.get(if_none_match=page["ETag"]).json()["items"][0]["title"] == "Blue lamp"
        assert shop.get(f"{URL}/{lamp.pk}", if_none_match=item["ETag"]).status_code == 200


def test_a_reader_hears_that_the_last_page_is_the_last_no_more(shop):
    older = make_product(**FULL)
    newer = [make_listed(), make_listed()]
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False):
        page = shop.get(query={"limit": 2})
        assert page.json()["next"] is None

        older.become("listed")
        again = shop.get(query={"limit": 2}, if_none_match=page["ETag"])

    assert again.status_code == 200
    assert {item["id"] for item in again.json()["items"]} == {str(one.pk) for one in newer}
    assert [item["id"] for item in shop.get(again.json()["next"]).json()["items"]] == [
        str(older.pk)
    ]


def test_other_pictures_of_a_draft_are_another_version_of_it(shop):
    lamp = make_product(**FULL)
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False):
        seen = shop.get(f"{URL}/{lamp.pk}")["ETag"]

        drafting.exchange(lamp, [], [drafting.Picture(photo_id=uuid4())])
        again = shop.get(f"{URL}/{lamp.pk}", if_none_match=seen)

    assert again.status_code == 200
    assert (again.json()["version"], len(again.json()["pictures"])) == (2, 1)


def test_picture_links_open_without_a_key_and_expire(shop, client):
    lamp = make_listed()
    key = f"photos/{uuid4()}/320.webp"
    storage.save_bytes(key, b"RIFF")
    ProductImage.objects.create(
        tenant=lamp.tenant, product=lamp, photo_id=uuid4(), is_primary=True,
        files={"320": {"key": key}, "1280": {"key": key}},
    )  # fmt: skip
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False) as clock:
        [item] = shop.get().json()["items"]
        [picture] = item["pictures"]
        assert picture["is_primary"] and picture["cutout"] is None

        fresh = client.get(picture["large"])
        clock.shift(storage.EXPIRES + 1)
        late = client.get(picture["large"])

    assert (fresh.status_code, fresh.content, fresh["Content-Type"]) == (200, b"RIFF", "image/webp")
    assert late.status_code == 403
    assert client.get(picture["large"][:-1] + "x").status_code == 403


def test_an_answer_goes_stale_before_its_links_do(shop):
    make_listed()
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False) as clock:
        etag = shop.get()["ETag"]
        clock.shift(storage.WINDOW)
        assert shop.get(if_none_match=etag).status_code == 200


def test_a_program_makes_changes_publishes_and_deletes_an_item(shop):
    made = shop("post", URL, {"title": "Lamp", "category": "Home", "description_is": "Öðruvísi"})
    url = made["Location"]
    assert (made.status_code, made.json()["state"]) == (201, "draft")

    changed = shop("patch", url, {"price": 900, "condition": "fair"}, if_match=made["ETag"])
    wanted = {"state": "listed", "reason": "Its maker says so."}
    listed = shop("put", f"{url}/state", wanted, if_match=changed["ETag"])
    gone = shop("delete", url, if_match=listed["ETag"])

    assert (listed.json()["state"], gone.status_code) == ("listed", 204)
    assert is_problem(shop.get(url), 404)
    back = shop("post", f"{url}/restore")
    assert (back.json()["state"], back.json()["price"]["amount"]) == ("delisted", 900)


def test_writing_needs_the_version_that_is_changed(shop):
    lamp = make_product(**FULL)
    url = f"{URL}/{lamp.pk}"

    assert is_problem(shop("patch", url, {"title": "New"}), 428)
    assert is_problem(shop("delete", url), 428)
    first = shop("patch", url, {"title": "First"}, if_match='"1"')
    assert is_problem(shop("patch", url, {"title": "Second"}, if_match='"1"'), 412)
    assert is_problem(shop("put", f"{url}/state", {"state": "listed"}, if_match='"1"'), 412)

    lamp.refresh_from_db()
    assert (first.status_code, lamp.title, lamp.state) == (200, "First", "draft")


@pytest.mark.parametrize(
    ("method", "place", "body"),
    [
        ("patch", "", {"title": "Ours"}),
        ("put", "/state", {"state": "delisted"}),
        ("delete", "", None),
        ("put", "/pictures/{picture}/primary", {}),
    ],
)
def test_who_is_overtaken_between_reading_and_writing_is_too_late(
    shop, monkeypatch, method, place, body
):
    lamp = make_listed()
    first, second = (
        ProductImage.objects.create(
            tenant=lamp.tenant, product=lamp, photo_id=uuid4(), is_primary=is_primary
        )
        for is_primary in (True, False)
    )
    read = conditional.wanted_version

    def overtaken(request, product):
        version = read(request, product)
        Product.objects.get(pk=lamp.pk).edit({"title": "Theirs"})
        return version

    monkeypatch.setattr(conditional, "wanted_version", overtaken)
    url = f"{URL}/{lamp.pk}{place.format(picture=second.pk)}"

    assert is_problem(shop(method, url, body, if_match='"1"'), 412)
    lamp.refresh_from_db()
    assert (lamp.title, lamp.state, lamp.deleted_at) == ("Theirs", "updated", None)
    assert list(lamp.images.filter(is_primary=True)) == [first]


def test_an_unfinished_item_is_not_published(shop):
    lamp = make_product(title="Lamp")

    answer = shop("put", f"{URL}/{lamp.pk}/state", {"state": "listed"}, if_match="*")

    assert is_problem(answer, 409) and "still needs category" in answer.json()["detail"]
    assert Product.objects.get().state == "draft"


@pytest.mark.parametrize(
    "body",
    [{"price": 0}, {"price": -1}, {"price": 1.5}, {"price": True}, {"price": "5"}, {"rating": 6},
     {"condition": "shiny"}, {"title": "x" * 201}, {"title": "a\x00b"}, {"colours": ["x" * 41]},
     {"unknown": 1}, [], "x"],
)  # fmt: skip
def test_nonsense_is_refused_and_changes_nothing(shop, body):
    lamp = make_product(**FULL)

    answer = shop("patch", f"{URL}/{lamp.pk}", body, if_match='"1"')

    lamp.refresh_from_db()
    assert is_problem(answer, 422) and lamp.version == 1


def test_null_empties_a_price_and_leaves_words_alone(shop):
    lamp = make_product(**FULL)

    shop("patch", f"{URL}/{lamp.pk}", {"price": None, "title": None}, if_match='"1"')

    lamp.refresh_from_db()
    assert (lamp.price, lamp.title) == (None, "Lamp")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_another_shops_item_does_not_exist(shop, method):
    theirs = make_product(make_tenant("rival"), **FULL)
    url = f"{URL}/{theirs.pk}"

    answer = shop.get(url) if method == "get" else shop(method, url, {}, if_match="*")

    theirs.refresh_from_db()
    assert is_problem(answer, 404) and theirs.deleted_at is None


def test_a_reading_key_changes_nothing(client):
    _, token = ApiKey.issue(make_tenant(), "reader", Membership.Role.VIEWER)
    reader, lamp = caller(client, token), make_product(**FULL)

    assert is_problem(reader("post", URL, {"title": "New"}), 403)
    assert is_problem(reader("patch", f"{URL}/{lamp.pk}", {"title": "N"}, if_match="*"), 403)
    assert is_problem(reader("delete", f"{URL}/{lamp.pk}", if_match="*"), 403)
    assert Product.objects.get().title == "Lamp"


def test_without_a_key_nothing_is_told(client):
    assert is_problem(client.get(URL), 401)


def test_the_statistics_count_what_is_there(shop):
    make_listed()
    make_product(**FULL).become("listed")
    make_product(title="Draft")

    told = shop.get(f"{URL}/statistics").json()

    assert told["products"] == {"draft": 1, "listed": 2, "updated": 0, "sold": 0, "delisted": 0}
    assert (told["listed_today"], told["sold_today"], told["dead_letters"]) == (1, 0, 0)


def test_a_page_of_the_list_costs_the_same_few_queries(shop, django_assert_max_num_queries):
    for number in range(20):
        lamp = make_listed(title=f"Lamp {number}")
        ProductImage.objects.create(tenant=lamp.tenant, product=lamp, photo_id=uuid4())

    with django_assert_max_num_queries(5):
        shop.get()


def test_a_page_is_read_off_an_index_in_its_order_however_deep_it_lies(shop):
    tenant = make_tenant()
    Product.objects.bulk_create(
        Product(tenant=tenant, **FULL, state="listed", created_at=now() - timedelta(seconds=n))
        for n in range(3_000)
    )
    middle = Product.objects.order_by("-created_at")[1_500]
    on_sale = repr((str(tenant.pk), "on_sale", "", ""))
    cursor = Cursor(middle.created_at, middle.pk).word(on_sale)

    with CaptureQueriesContext(connection) as queries:
        page = shop.get(query={"cursor": cursor, "limit": 20})

    assert len(page.json()["items"]) == 20
    [asked] = [one["sql"] for one in queries if "ORDER BY" in one["sql"] and "title" in one["sql"]]
    plan = explained(asked)
    assert "product_on_sale" in plan and "Seq Scan" not in plan and "Sort" not in plan
    assert rows_read(plan) == 22  # the page, one to see that more follow, and where the last ended


def explained(query):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE carousel_product")
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {query}")
        return "\n".join(line for (line,) in cursor.fetchall())


def rows_read(plan):
    """Rows that came out of the index, with those thrown away afterwards."""
    scan = plan.split("Index Scan")[1]
    return sum(float(number) for number in re.findall(r"(?:rows=|Filter: )([\d.]+)", scan))
