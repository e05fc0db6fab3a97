"""What may become of a product, in which order, and what is told about it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from carousel.errors import Refused
from carousel.models import Event, Product
from carousel.products.lifecycle import Standing, State, Verdict, verdict
from tests.makers import make_product

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
FULL: dict[str, Any] = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500}

STAFF_MAY = {
    (State.DRAFT, State.LISTED),
    (State.LISTED, State.UPDATED),
    (State.LISTED, State.SOLD),
    (State.LISTED, State.DELISTED),
    (State.UPDATED, State.UPDATED),
    (State.UPDATED, State.SOLD),
    (State.UPDATED, State.DELISTED),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("source", "target"), list(product(State, State)))
def test_staff_may_move_a_product_along_its_life_and_no_other_way(source, target):
    item = make_product(**FULL, state=source)

    if (source, target) in STAFF_MAY:
        item.become(target)
        assert (item.state, item.version) == (target, 2)
        assert Event.objects.get().kind == f"product.{target}"
    else:
        with pytest.raises(Refused):
            item.become(target)
        item.refresh_from_db()
        assert (item.state, item.version, Event.objects.count()) == (source, 1, 0)


NEWS = {
    # news        draft          listed         updated        sold           delisted
    "listed": ("apply", "nothing new", "nothing new", "nothing new", "nothing new"),
    "updated": ("too early", "apply", "apply", "nothing new", "nothing new"),
    "sold": ("too early", "apply", "apply", "nothing new", "apply"),
    "delisted": ("too early", "apply", "apply", "nothing new", "nothing new"),
}
STANDINGS = (
    Standing(State.DRAFT),
    Standing(State.LISTED),
    Standing(State.UPDATED),
    Standing(State.SOLD, sold_at=MONDAY),
    Standing(State.DELISTED, delisted_at=MONDAY),
)


@pytest.mark.parametrize("news", NEWS)
@pytest.mark.parametrize("place", range(5))
def test_news_of_the_past_finds_its_place(news, place):
    before = MONDAY - timedelta(hours=1)

    assert verdict(STANDINGS[place], State(news), before).value == NEWS[news][place]


@pytest.mark.parametrize("news", ["listed", "updated", "sold"])
def test_nothing_happens_to_a_product_after_it_was_delisted(news):
    after = MONDAY + timedelta(hours=1)

    assert verdict(STANDINGS[4], State(news), after) == Verdict.NEVER


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_order_of_the_four_events_ends_in_the_same_state(order):
    item = make_product(**FULL)
    events = [State.LISTED, State.UPDATED, State.SOLD, State.DELISTED]
    parked: list[int] = []

    for place in order:
        heard = item.hear(events[place], MONDAY + timedelta(minutes=place))
        parked += [place] if heard == Verdict.TOO_EARLY else []
        if item.state != State.DRAFT:
            for early in sorted(parked):
                item.hear(events[early], MONDAY + timedelta(minutes=early))
            parked.clear()

    assert item.state == State.SOLD
    assert item.sold_at == MONDAY + timedelta(minutes=2)
    assert Event.objects.filter(kind="product.sold").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["title", "category", "condition", "price"])
def test_what_is_missing_is_named_and_keeps_a_draft_a_draft(field):
    item = make_product(**FULL | {field: None if field == "price" else ""})

    with pytest.raises(Refused, match=f"still needs {field} before"):
        item.become(State.LISTED)

    assert Product.objects.get().state == State.DRAFT


@pytest.mark.django_db
def test_the_database_refuses_a_listed_product_without_a_price():
    with pytest.raises(IntegrityError, match="product_on_sale_has_a_price"):
        make_product(state=State.LISTED)


@pytest.mark.django_db(transaction=True)
def test_two_buyers_one_sale():
    item = make_product(**FULL, state=State.LISTED)

    def buy(_: int) -> bool:
        try:
            Product.objects.get(pk=item.pk).become(State.SOLD)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(buy, range(16))) == 1

    assert Event.objects.filter(kind="product.sold").count() == 1


@pytest.mark.django_db
def test_an_event_of_a_change_that_did_not_happen_is_not_kept():
    item = make_product(**FULL)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        item.become(State.LISTED)
        _ = 1 / 0

    assert (Event.objects.count(), Product.objects.get().state) == (0, State.DRAFT)


@pytest.mark.django_db
def test_deleting_what_is_on_sale_takes_it_off_sale_and_restoring_does_not_put_it_back():
    item = make_product(**FULL, state=State.LISTED)

    item.remove()
    assert not Product.objects.live().exists()
    item.restore()

    assert (item.state, item.deleted_at) == (State.DELISTED, None)
    kinds = Event.objects.order_by("position").values_list("kind", flat=True)
    assert list(kinds) == ["product.delisted", "product.deleted", "product.restored"]


@pytest.mark.django_db
def test_deleting_what_came_on_sale_meanwhile_takes_it_off_sale_too():
    seen = make_product(**FULL)
    Product.objects.get(pk=seen.pk).become(State.LISTED)

    seen.remove()

    assert Product.objects.get().state == State.DELISTED
    kinds = Event.objects.order_by("position").values_list("kind", flat=True)
    assert list(kinds) == ["product.listed", "product.delisted", "product.deleted"]
