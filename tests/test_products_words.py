"""Suggestions of models and the words of staff: whose stays, and what two writers see."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from carousel.errors import Refused
from carousel.models import Event, Product, ProductImage
from carousel.products.drafting import Picture, draft, undraft
from carousel.products.edits import Conflict
from tests.makers import make_product, make_tenant, make_user

pytestmark = pytest.mark.django_db
MODEL = {"confidence": 0.8, "model": "grammar-1", "local": True}


def test_a_suggestion_fills_what_nobody_wrote():
    item = make_product()

    item.suggest("title", "Blue mug", **MODEL)

    assert item.title == "Blue mug"
    assert item.suggested["title"] == {"value": "Blue mug", **MODEL}
    assert item.edited_fields == []


def test_a_suggestion_never_replaces_what_a_person_wrote():
    item = make_product()
    item.edit({"title": "Granny's mug"})

    item.suggest("title", "Blue mug", **MODEL)

    assert item.title == "Granny's mug"
    assert item.suggested["title"]["value"] == "Blue mug"


def test_an_emptied_field_stays_empty():
    item = make_product(brand="Acme")
    item.edit({"brand": ""})

    item.suggest("brand", "Acme", **MODEL)

    assert item.brand == ""


def test_what_is_on_sale_does_not_change_by_itself():
    item = make_product(title="Lamp", price=4500, state="listed")

    item.suggest("price", 900, **MODEL)

    assert (item.price, item.suggested["price"]["value"]) == (4500, 900)
    assert Event.objects.count() == 0


def test_two_writers_of_one_field_the_second_sees_the_firsts_words():
    item = make_product(title="Mug")
    item.edit({"title": "Hers"}, seen={"title": "Mug"})

    with pytest.raises(Conflict) as caught:
        item.edit({"title": "His"}, seen={"title": "Mug"})

    assert caught.value.theirs == {"title": "Hers"}
    assert Product.objects.get().title == "Hers"


def test_two_writers_of_two_fields_do_not_disturb_each_other():
    item = make_product(title="Mug", brand="")
    item.edit({"title": "Hers"}, seen={"title": "Mug"})

    item.edit({"brand": "Acme"}, seen={"brand": ""})

    assert (item.title, item.brand, item.version) == ("Hers", "Acme", 3)


def test_a_program_that_names_an_old_version_changes_nothing():
    item = make_product(title="Mug")
    item.edit({"title": "New"}, version=1)

    with pytest.raises(Conflict):
        item.edit({"title": "Late"}, version=1)

    assert Product.objects.get().title == "New"


def test_editing_what_is_on_sale_tells_the_storefront_what_changed():
    item = make_product(title="Mug", price=500, state="listed")

    item.edit({"price": 700})

    event = Event.objects.get()
    assert (item.state, event.kind) == ("updated", "product.updated")
    assert event.data["changes"] == {"price": [500, 700]}


@pytest.mark.parametrize("state", ["sold", "delisted"])
def test_the_words_of_what_is_gone_stay_as_they_were(state):
    item = make_product(title="Mug", price=500, state=state)

    with pytest.raises(Refused, match="words stay"):
        item.edit({"title": "Other"})

    assert Product.objects.get().title == "Mug"


def test_a_condition_that_does_not_exist_is_refused():
    item = make_product()

    with pytest.raises(ValidationError):
        item.edit({"condition": "sparkling"})

    assert Product.objects.get().condition == ""


def pictures(count: int) -> list[Picture]:
    return [Picture(uuid4(), {"thumb": {"key": f"{number}.webp"}}) for number in range(count)]


def make_draft(**fields):
    known = {"tenant": make_tenant(), "user": make_user(), "name": "Mug", "pictures": pictures(3)}
    return draft(**known | {"batch_id": uuid4(), "group_id": uuid4()} | fields)


def test_a_group_becomes_a_draft_with_its_first_picture_primary():
    shown = pictures(3)

    item = make_draft(pictures=shown)

    assert (item.title, item.state, item.currency) == ("Mug", "draft", "ISK")
    assert [image.photo_id for image in item.images.all()] == [one.photo_id for one in shown]
    assert item.images.get(is_primary=True).photo_id == shown[0].photo_id


def test_drafting_twice_makes_one_product_with_the_later_pictures():
    group, later = uuid4(), pictures(2)

    first = make_draft(group_id=group)
    second = make_draft(group_id=group, pictures=later)

    assert first == second
    assert {image.photo_id for image in first.images.all()} == {one.photo_id for one in later}


def test_a_draft_that_comes_back_keeps_what_staff_wrote():
    group = uuid4()
    item = make_draft(group_id=group)
    item.edit({"title": "Granny's mug"})

    undraft(item)
    assert not Product.objects.live().exists()
    back = make_draft(group_id=group)

    assert (back.pk, back.title, back.deleted_at) == (item.pk, "Granny's mug", None)


def test_what_was_listed_cannot_be_undrafted():
    item = make_draft()
    Product.objects.update(state="listed", price=500)

    with pytest.raises(Refused, match="Take it off sale"):
        undraft(item)

    assert Product.objects.live().count() == 1


def test_what_is_off_sale_again_is_not_told_to_be_taken_off_sale():
    item = make_draft()
    Product.objects.update(state="delisted")

    with pytest.raises(Refused, match="is delisted: its group stays as it was"):
        undraft(item)


def test_a_name_that_staff_gave_the_group_is_kept():
    item = make_draft(name="Granny's mug", named_by_staff=True)

    item.suggest("title", "Blue mug", **MODEL)

    assert item.title == "Granny's mug"


def test_a_chosen_primary_picture_survives_a_new_draft():
    group, shown = uuid4(), pictures(3)
    item = make_draft(group_id=group, pictures=shown)
    item.images.get(position=2).make_primary()

    make_draft(group_id=group, pictures=[*shown, *pictures(1)])

    assert item.images.get(is_primary=True).photo_id == shown[2].photo_id


def test_the_database_refuses_a_second_primary_picture():
    item = make_draft()

    with pytest.raises(IntegrityError, match="one_primary_image"), transaction.atomic():
        ProductImage.objects.filter(product=item).update(is_primary=True)

    assert ProductImage.objects.filter(is_primary=True).count() == 1
