"""Items of before: found among the shop's products, attached, listed again, or kept apart."""

from typing import Any

import numpy as np
import pytest
from django.test import Client

from carousel.models import Event, Product
from carousel.products.images import ProductImage
from grouping import encounters, history, recognition, seeing
from grouping.calibration import DESCRIPTOR
from grouping.models import Encounter, Group
from tests.grouping_makers import make_group, photos_in
from tests.makers import (
    make_batch,
    make_embedding,
    make_photo,
    make_product,
    make_tenant,
    make_user,
)

pytestmark = pytest.mark.django_db
MODEL = "carousel-descriptor-1"


def vectors(items: int, noise: float, seed: int = 5) -> Any:
    """A vector for each item, near a common centre, as things of one shop are."""
    numbers = np.random.default_rng(seed)
    common = np.random.default_rng(0).normal(size=1024)
    own = np.random.default_rng(1).normal(size=(items, 1024))
    rows = 1.6 * common + own + noise * numbers.normal(size=(items, 1024))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make_known(items: int, **fields: Any) -> list[Product]:
    """Products of an earlier batch, each with a picture that is described."""
    batch, products = make_batch(name="Before"), []
    for vector in vectors(items, noise=0.2, seed=8):
        photo = make_photo(batch)
        make_embedding(photo, vector)
        product = make_product(batch_id=batch.pk, title=f"Item {len(products)}", **fields)
        ProductImage.objects.create(
            tenant=batch.tenant, product=product, photo_id=photo.pk, is_primary=True
        )
        products.append(product)
    return products


def make_reshoot(item: int, items: int = 60) -> Group:
    batch = make_batch()
    photo = make_photo(batch)
    make_embedding(photo, vectors(items, noise=0.2)[item])
    return make_group(batch, [photo])


def test_a_known_re_shoot_is_among_the_first_three():
    rows = vectors(200, noise=0.3, seed=2)
    known = recognition.Known(vectors(200, noise=0.3, seed=3), [str(n) for n in range(200)])

    found = recognition.recognised(rows, known, DESCRIPTOR)

    firsts: dict[int, list[str]] = {}
    for each in found:
        firsts.setdefault(each.photo, []).append(each.product)
    assert sum(str(n) in firsts.get(n, [])[:3] for n in range(200)) >= 190


def test_things_never_seen_are_recognised_rarely():
    known = recognition.Known(vectors(400, 0.3)[:200], [str(n) for n in range(200)])

    found = recognition.recognised(vectors(400, 0.3, seed=9)[200:], known, DESCRIPTOR)

    assert len({each.photo for each in found}) <= 10


def test_a_shop_without_products_recognises_nothing():
    assert recognition.recognised(vectors(2, 0.1), recognition.Known([], []), DESCRIPTOR) == []


def test_a_group_says_which_item_it_was_and_how_that_stands():
    products = make_known(60, state="sold", price=100, sold_at="2026-05-04T10:00Z")
    group = make_reshoot(7)

    seeing.look(group.batch, MODEL)

    best = seeing.of_group(group)[0]
    assert (best.product, best.standing) == (products[7], "sold in May 2026")
    assert seeing.of_batch(group.batch)[0].shown.group == group


def test_attaching_adds_the_photos_to_the_item_and_undo_takes_them_back():
    product = make_known(60, state="listed", price=100)[7]
    group, user = make_reshoot(7), make_user()
    seeing.look(group.batch, MODEL)
    photo = photos_in(group)[0]

    encounters.attach(group, product, user, {group.pk: group.version})

    group.refresh_from_db()
    product.refresh_from_db()
    assert group.state == "rejected" and product.state == "updated"
    assert product.images.filter(photo_id=photo).exists()
    assert seeing.of_group(group) == []
    history.undo(group.batch, user)
    assert not product.images.filter(photo_id=photo).exists()
    assert product.images.filter(is_primary=True).count() == 1
    assert Event.objects.filter(kind="product.updated").count() == 2
    assert seeing.of_group(Group.objects.get(pk=group.pk))[0].product == product


def test_a_sold_item_that_came_back_is_listed_again_as_the_new_group():
    product = make_known(60, state="sold", price=100)[7]
    group, user = make_reshoot(7), make_user()

    encounters.relist(group, product, user, {})

    new = Product.objects.get(group_id=group.pk)
    assert (new.relisted_from, new.state, new.title) == (product, "draft", "Item 7")
    assert [image.photo_id for image in new.images.all()] == photos_in(group)
    assert Group.objects.get(pk=group.pk).state == "accepted"
    history.undo(group.batch, user)
    new.refresh_from_db()
    assert new.deleted_at is not None


def test_an_item_is_listed_again_also_when_that_was_taken_back_once():
    product = make_known(60, state="sold", price=100)[7]
    group, user = make_reshoot(7), make_user()
    encounters.relist(group, product, user, {})
    history.undo(group.batch, user)

    encounters.relist(group, product, user, {})

    new = Product.objects.live().get(group_id=group.pk)
    assert new.relisted_from == product
    assert Group.objects.get(pk=group.pk).product == new.pk


def test_an_item_whose_first_picture_was_lent_has_another_when_it_is_taken_back():
    product = make_known(60)[7]
    group, user = make_reshoot(7), make_user()
    [own] = product.images.all()
    encounters.attach(group, product, user, {})
    product.images.exclude(pk=own.pk).get().make_primary()

    history.undo(group.batch, user)

    own.refresh_from_db()
    assert own.is_primary


def test_what_was_kept_apart_is_never_asked_again():
    product = make_known(60)[7]
    group = make_reshoot(7)
    seeing.look(group.batch, MODEL)

    encounters.keep_apart(group, product, make_user())
    seeing.look(group.batch, MODEL)

    assert product not in [each.product for each in seeing.of_group(group)]
    assert Encounter.objects.get().verdict == "apart"


def test_a_sold_item_takes_no_photos():
    product, group = make_known(1, state="sold", price=100)[0], make_reshoot(0)
    client = Client()
    client.force_login(make_user())

    answer = client.post(f"/g/{group.pk}/encounter/", {"product": product.pk, "said": "attach"})

    assert answer.status_code == 409
    assert product.images.count() == 1 and not Encounter.objects.exists()


def test_the_page_shows_both_and_takes_the_answer():
    product = make_known(60, state="listed", price=100)[7]
    group, client = make_reshoot(7), Client()
    client.force_login(make_user())
    seeing.look(group.batch, MODEL)
    page = f"/b/{group.batch_id}/seen/"
    assert product.title in client.get(page).content.decode()

    client.post(
        f"/g/{group.pk}/encounter/", {"product": product.pk, "said": "attach", "next": page}
    )

    assert "Nothing seen before" in client.get(page).content.decode()


def test_another_tenant_sees_and_says_nothing():
    product, group = make_known(1)[0], make_reshoot(0)
    client = Client()
    client.force_login(make_user("c@example.com", make_tenant("other")))

    assert client.get(f"/b/{group.batch_id}/seen/").status_code == 404
    answer = client.post(f"/g/{group.pk}/encounter/", {"product": product.pk, "said": "apart"})
    assert answer.status_code == 409 and not Encounter.objects.exists()
