"""The list and the item page: what staff see, write, choose and publish."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from carousel.models import Event, Membership, Product, ProductImage
from tests.makers import make_product, make_tenant, make_user

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
FULL = {"title": "Lamp", "category": "Home", "condition": "good", "price": 4500}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user())
    return client


def url(product, name="", *more):
    return reverse(f"product-{name}" if name else "product", args=[product.pk, *more])


def sent(name, value, seen):
    return {name: value, f"seen-{name}": seen}


def make_pictures(product, count=2):
    return [
        ProductImage.objects.create(
            tenant=product.tenant, product=product, photo_id=uuid4(), position=place,
            is_primary=place == 0,
        )
        for place in range(count)
    ]  # fmt: skip


def test_the_item_page_shows_what_is_known(staff):
    product = make_product(**FULL, description_is="Þæð er öln", colours=["red", "blue"])
    product.suggest("brand", "Acme", confidence=0.83, model="votes-1", local=True)

    html = staff.get(url(product)).content.decode()

    for words in ("Lamp", "Þæð er öln", "red, blue", 'value="4500"', "made locally · 83%"):
        assert words in html


def test_a_field_that_is_left_is_saved_and_comes_back_as_ours(staff):
    product = make_product(**FULL)

    answer = staff.post(url(product, "edit"), sent("title", "Blue lamp", "Lamp"), headers=PART)

    product.refresh_from_db()
    assert (product.title, product.edited_fields) == ("Blue lamp", ["title"])
    assert b'hx-target="#field-title" hx-swap="outerHTML"' in answer.content
    assert b"Blue lamp" in answer.content


def test_what_was_not_touched_is_not_claimed(staff):
    product = make_product(**FULL, colours=["red"], attributes={"material": "wool"})
    data = (
        sent("title", "Lamp", "Lamp") | sent("price", "4500", "4500")
        | sent("colours", "red", "red") | sent("attributes", "material: wool", "material: wool")
    )  # fmt: skip

    answer = staff.post(url(product, "edit"), data, headers=PART)

    product.refresh_from_db()
    assert (answer.status_code, product.edited_fields, product.version) == (204, [], 1)


def test_every_kind_of_field_is_understood(staff):
    product = make_product(currency="EUR")
    data = (
        sent("price", "12.50", "") | sent("colours", "red , blue,red", "")
        | sent("rating", "4.5", "")
        | sent("attributes", "material: wool\nsize: M: long\n", "")
        | sent("condition", "like_new", "") | sent("description_is", "Ein\r\nTvær", "")
    )  # fmt: skip

    staff.post(url(product, "edit"), data)

    product.refresh_from_db()
    assert (product.price, product.colours, str(product.rating)) == (1250, ["red", "blue"], "4.5")
    assert product.attributes == {"material": "wool", "size": "M: long"}
    assert (product.condition, product.description_is) == ("like_new", "Ein\nTvær")


@pytest.mark.parametrize(("currency", "typed", "price"),
    [("ISK", "4.500", 4500), ("ISK", "4,500 kr", 4500), ("EUR", "12,50", 1250)],
)  # fmt: skip
def test_a_price_is_read_as_people_write_it(staff, currency, typed, price):
    product = make_product(currency=currency)

    page = staff.get(url(product)).content.decode()
    staff.post(url(product, "edit"), sent("price", typed, ""), headers=PART)

    product.refresh_from_db()
    assert product.price == price
    assert '<input type="text" name="price"' in page  # a number field drops the comma


@pytest.mark.parametrize(
    ("name", "value"),
    [("price", "0"), ("price", "-5"), ("price", "a lot"), ("rating", "6"), ("title", "x" * 201),
     ("condition", "shiny"), ("attributes", "no colon"), ("colours", "x" * 41)],
)  # fmt: skip
def test_nonsense_is_refused_beside_its_field(staff, name, value):
    product = make_product(**FULL)
    before = Product.objects.values().get()

    answer = staff.post(url(product, "edit"), sent(name, value, ""), headers=PART)

    assert answer.status_code == 422
    assert b'class="error"' in answer.content and f"field-{name}".encode() in answer.content
    assert Product.objects.values().get() == before


def test_what_is_wrong_comes_back_as_it_was_written(staff):
    product = make_product(**FULL, attributes={"material": "wool"})
    written = sent("attributes", "size: M\nno colon", "material: wool") | sent("price", "x", "4500")

    in_page = staff.post(url(product, "edit"), written, headers=PART).content.decode()
    alone = staff.post(url(product, "edit"), written).content.decode()

    for html in (in_page, alone):
        assert "\nsize: M\nno colon</textarea>" in html
        assert 'name="seen-attributes" value="material: wool"' in html
        assert '<input type="text" name="price" value="x"' in html


def test_what_is_on_sale_keeps_its_price(staff):
    product = make_product(**FULL, state=Product.State.LISTED)

    field = staff.post(url(product, "edit"), sent("price", "", "4500"), headers=PART)
    table = staff.post(f"{url(product)}price/set/", {"price": ""}, headers=PART)

    assert (field.status_code, table.status_code) == (409, 409)
    assert "is on sale: it keeps a price." in field.content.decode()
    product.refresh_from_db()
    assert (product.price, product.version) == (4500, 1)


def test_a_page_that_a_colleague_overtook_is_told_and_shows_what_is(staff):
    listed, deleted = (make_product(**FULL, state=state) for state in ("listed", "draft"))
    deleted.remove()

    published = staff.post(url(listed, "become", "listed"), headers=PART)
    edited = staff.post(url(deleted, "edit"), sent("title", "Mug", "Lamp"), headers=PART)
    asked = staff.get(f"{url(deleted)}analysis/", headers=PART)

    assert (published.status_code, edited.status_code, asked.status_code) == (409, 409, 204)
    assert "is listed and cannot become listed now." in published.content.decode()
    assert "Take off sale" in published.content.decode()
    assert "was deleted. Restore it first." in edited.content.decode()
    assert 'type="submit">Restore</button>' in edited.content.decode()
    assert staff.post(url(listed, "become", "listed")).status_code == 409


def test_the_page_of_a_deleted_item_asks_for_nothing_that_is_gone(staff):
    product = make_product(**FULL)
    product.remove()

    html = staff.get(url(product)).content.decode()

    assert "/analysis/" not in html and f"{url(product)}price/" not in html


def test_the_second_writer_sees_the_firsts_words(staff):
    product = make_product(**FULL)
    staff.post(url(product, "edit"), sent("title", "Hers", "Lamp"), headers=PART)

    answer = staff.post(url(product, "edit"), sent("title", "His", "Lamp"), headers=PART)

    assert answer.status_code == 409
    assert b'value="Hers"' in answer.content and b"Somebody changed this" in answer.content
    assert Product.objects.get().title == "Hers"


def test_a_person_writing_while_a_model_fills_the_field_wins(staff):
    product = make_product()
    product.suggest("title", "Blue mug", confidence=0.9, model="grammar-1", local=True)

    answer = staff.post(url(product, "edit"), sent("title", "Granny's mug", ""), headers=PART)

    assert answer.status_code == 200
    assert Product.objects.get().title == "Granny's mug"


def test_a_suggestion_can_be_taken_back(staff):
    product = make_product()
    product.suggest("title", "Blue mug", confidence=0.9, model="grammar-1", local=True)
    product.edit({"title": "Mug"})
    assert b"Suggested" in staff.get(url(product)).content

    staff.post(url(product, "use", "title"), headers=PART)

    assert Product.objects.get().title == "Blue mug"


def test_publishing_what_is_unfinished_is_refused_with_a_sentence(staff):
    product = make_product(title="Lamp", category="Home", condition="good")

    answer = staff.post(url(product, "become", "listed"), headers=PART)

    assert answer.status_code == 409
    assert b"Lamp still needs price before it can be listed." in answer.content
    assert Product.objects.get().state == "draft"


def test_publishing_and_taking_off_sale_again(staff):
    product = make_product(**FULL)

    published = staff.post(url(product, "become", "listed"), headers=PART)
    withdrawn = staff.post(url(product, "become", "delisted"), headers=PART)

    assert b"Published." in published.content and b"Take off sale" in published.content
    assert b"List again" in withdrawn.content
    assert list(Event.objects.order_by("position").values_list("kind", flat=True)) == [
        "product.listed", "product.delisted",
    ]  # fmt: skip


def test_listing_again_makes_a_new_item_that_knows_the_old_one(staff):
    product = make_product(**FULL, state="sold")
    make_pictures(product)

    answer = staff.post(url(product, "relist"))

    new = Product.objects.exclude(pk=product.pk).get()
    assert answer.url == url(new)
    assert (new.title, new.state, new.relisted_from_id) == ("Lamp", "draft", product.pk)
    assert new.images.filter(is_primary=True).count() == 1


def test_the_chosen_picture_comes_first(staff):
    product = make_product(**FULL)
    first, second = make_pictures(product)

    staff.post(url(product, "primary"), {"image": second.pk}, headers=PART)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)


def test_a_deleted_item_can_be_restored(staff):
    product = make_product(**FULL)

    staff.post(url(product, "delete"))
    assert b"Restore" in staff.get(url(product)).content
    staff.post(url(product, "restore"))

    assert Product.objects.live().get() == product


def test_a_page_that_saw_everything_is_told_nothing(staff):
    product = make_product(**FULL)

    assert staff.get(url(product, "live"), {"seen": "1--"}).status_code == 204
    product.suggest("brand", "Acme", confidence=0.5, model="m", local=True)
    answer = staff.get(url(product, "live"), {"seen": "1--"})

    assert (answer.status_code, b"Acme" in answer.content) == (200, True)


POSTS = ["edit", "primary", "relist", "delete", "restore", "become/listed", "use/title"]


@pytest.mark.parametrize("action", ["", "live", *POSTS])
def test_another_shops_item_does_not_exist(staff, action):
    theirs = make_product(make_tenant("rival"), **FULL)
    address = url(theirs) + (f"{action}/" if action else "")

    answer = staff.post(address) if action in POSTS else staff.get(address)

    theirs.refresh_from_db()
    assert (answer.status_code, theirs.version, theirs.deleted_at) == (404, 1, None)


@pytest.mark.parametrize("action", POSTS)
def test_a_viewer_changes_nothing(client, action):
    client.force_login(make_user("viewer@example.com", role=Membership.Role.VIEWER))
    product = make_product(**FULL)

    answer = client.post(f"{url(product)}{action}/", sent("title", "New", "Lamp"))

    product.refresh_from_db()
    assert (answer.status_code, product.version) == (403, 1)
    assert client.get(url(product)).status_code == 200


def test_the_list_filters_searches_and_counts(staff):
    make_product(**FULL)
    make_product(title="Red mug", price=500, state="listed", keywords=["stoneware"])
    make_product(make_tenant("rival"), title="Theirs")

    html = staff.get(reverse("products")).content.decode()
    listed = staff.get(reverse("products"), {"state": "listed"}).content
    found = staff.get(reverse("products"), {"q": "STONE mug"}, headers=PART).content

    assert "All 2" in html and "Drafts 1" in html and "4,500 ISK" in html and "Theirs" not in html
    assert b"Red mug" in listed and b"Lamp" not in listed
    assert b"Red mug" in found and b"Lamp" not in found and b"<html" not in found


def test_the_list_asks_the_database_the_same_few_times(staff, django_assert_num_queries):
    for number in range(30):
        make_pictures(make_product(title=f"Item {number}"))

    # The session is read and saved (4), then user, membership, counts, number, products, pictures.
    with django_assert_num_queries(10):
        staff.get(reverse("products"))


def test_what_only_looks_like_an_item_does_not_exist(staff):
    assert staff.post(f"/p/{'-' * 36}/become/listed/").status_code == 404
