"""Places in lists: whoever has one of another shop or of another list reads nothing by it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils.timezone import now

from carousel.events.models import Event
from carousel.models import ApiKey, Product
from grouping import showing
from grouping.models import Group
from imaging.models import Job, Photo
from imaging.uploads.receipt import Line, Receipt
from tests.grouping_makers import make_group
from tests.makers import make_batch, make_photo, make_product, make_tenant

pytestmark = pytest.mark.django_db
SECRET = "Heirloom"
PRODUCTS, EVENTS = "/api/v1/products?state=any", "/api/v1/events/log?limit=3"
ROWS = 10
LISTED: list[Any] = [Product, Event, Photo, Group, Line, Job]
PLACES = {"cursor", "after", "before", "page"}
"""What a list calls the place to go on from."""


class Shop:
    """A shop with ten rows of each kind that is listed, and a reader with its key."""

    def __init__(self, slug: str, name: str) -> None:
        self.tenant = make_tenant(slug, settings={"requests_per_minute": 100_000})
        _, token = ApiKey.issue(self.tenant, "reader")
        self.client = Client(headers={"Authorization": f"Bearer {token}"})
        self.batch = make_batch(self.tenant, name=name)
        self.receipt = Receipt.objects.create(
            tenant=self.tenant, batch=self.batch, fingerprint="f", first_index=0, name=name
        )
        for number in range(ROWS):
            self._fill(number, f"{name} {number}")

    def _fill(self, number: int, name: str) -> None:
        product = make_product(self.tenant, title=name)
        Event.objects.create(tenant=self.tenant, kind="product.listed", subject=product.pk)
        photo = make_photo(self.batch, filename=f"{name}.jpg")
        make_group(self.batch, [photo], name=name, position=number)
        Job.objects.create(tenant=self.tenant, batch=self.batch, kind="photo", subject_id=photo.pk)
        Line.objects.create(
            tenant=self.tenant, receipt=self.receipt, number=number, path=name, size=1
        )

    @property
    def lists(self) -> dict[str, str]:
        batch = f"/api/v1/batches/{self.batch.pk}"
        return {
            "products": f"{PRODUCTS}&limit=3",
            "events": EVENTS,
            "photos": f"{batch}/photos?limit=3",
            "groups": f"{batch}/groups?",
            "receipt": f"{batch}/receipts/{self.receipt.pk}?limit=3",
            "jobs": f"/api/v1/jobs?batch={self.batch.pk}&limit=3",
        }

    def get(self, address: str, **query: str) -> Any:
        return self.client.get(f"{address}&{urlencode(query)}")


@pytest.fixture
def theirs(monkeypatch: Any, services: None) -> Shop:
    monkeypatch.setattr(showing, "CHUNK", 3)
    return Shop("heirloom", SECRET)


@pytest.fixture
def ours(theirs: Shop) -> Shop:
    """A shop whose rows are younger: whoever goes on from a place of theirs is at the end."""
    Product.objects.update(created_at=now() - timedelta(days=1))
    return Shop("rival", "Mug")


def pages(shop: Shop, address: str) -> Iterator[tuple[dict[str, str], Any]]:
    """(What names the place of the page, the page): all of a list, by its `Link` header."""
    while address:
        answer = shop.client.get(address)
        assert answer.status_code == 200, answer.content
        query = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        yield {name: query[name] for name in PLACES & set(query)}, answer
        address = answer.headers.get("Link", "<>").partition("<")[2].partition(">")[0]


def rows(answer: Any) -> list[Any]:
    """The rows of a page, whatever the list calls them."""
    found = answer.json()
    if isinstance(found, dict):
        [found] = [found[name] for name in ("items", "groups", "lines") if name in found]
    return list(found)


def places(shop: Shop) -> list[tuple[str, dict[str, str]]]:
    """(List, place) of every page but the first of every list."""
    return [
        (name, place)
        for name, address in shop.lists.items()
        for place, _ in pages(shop, address)
        if place
    ]


def test_every_list_is_walked_to_its_end_by_its_link(theirs):
    counts = {
        name: sum(len(rows(answer)) for _, answer in pages(theirs, address))
        for name, address in theirs.lists.items()
    }

    assert counts == dict.fromkeys(theirs.lists, ROWS)
    assert len(places(theirs)) == 18


def test_a_place_of_another_shops_list_shows_nothing_of_that_shop(theirs, ours):
    known = {
        str(pk).encode()
        for model in LISTED
        for pk in model.objects.filter(tenant=theirs.tenant).values_list("pk", flat=True)
    }
    answers = [
        ours.get(address, **place) for _, place in places(theirs) for address in ours.lists.values()
    ]

    assert len(answers) == 18 * 6
    assert {answer.status_code for answer in answers} == {200, 422}
    assert len(known) == 6 * ROWS
    # A refusal repeats what was sent.
    told = b"".join(answer.content for answer in answers if answer.status_code == 200)
    assert [word for word in (SECRET.encode(), *known) if word in told] == []


def test_a_cursor_is_good_for_its_own_list_only(theirs, ours):
    cursors = [place for name, place in places(theirs) if name == "products"]
    own = theirs.lists["products"]

    assert len(cursors) == 3
    for cursor in cursors:
        refused = [
            ours.get(PRODUCTS, **cursor),
            theirs.get(PRODUCTS.replace("any", "listed"), **cursor),
            theirs.get(f"{PRODUCTS}&q=mug", **cursor),
            theirs.get(f"{PRODUCTS}&category=Home", **cursor),
        ]
        assert [answer.status_code for answer in refused] == [422] * 4
        assert refused[0].json()["detail"].startswith("This cursor is not from this list.")
        assert theirs.get(own, **cursor).status_code == 200


@pytest.mark.parametrize("name", ["photos", "groups", "receipt"])
def test_the_lists_of_another_shop_do_not_exist_at_any_place(theirs, ours, name):
    address = theirs.lists[name]
    asked = [place for list_, place in places(theirs) if list_ == name]

    assert asked
    assert {ours.get(address, **place).status_code for place in [{}, *asked]} == {404}


def test_the_jobs_of_another_shops_batch_are_none(theirs, ours):
    assert ours.get(theirs.lists["jobs"]).json() == []


def test_where_another_shop_was_in_the_log_shows_only_what_is_ours(theirs, ours):
    """A position counts the events of all shops: it is a place, and opens nothing."""
    asked = [place for name, place in places(theirs) if name == "events"]

    assert len(asked) == 3
    assert [ours.get(EVENTS, **place).json()["items"] for place in asked] == [[], [], []]
