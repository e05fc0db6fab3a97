"""The fault gate's lane, the shop's canvas and other cut-outs, through the photo page."""

import io
import json

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from carousel.models import Membership, ProductImage
from imaging.models import Photo
from imaging.pixels import weights
from imaging.uploads import photos
from tests.makers import make_batch, make_photo, make_product, make_tenant, make_user
from tests.test_words_steps import analysed, shirt

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user(role=Membership.Role.MANAGER))
    return client


def make_suspect(**fields) -> Photo:
    return make_photo(**{"faults": ["fringe"], "state": Photo.State.READY} | fields)


def suspects(client: Client, photo: Photo) -> list[Photo]:
    page = client.get(reverse("suspects", args=[photo.batch_id]))
    return [photo for photo, _ in page.context["marked"]]


def test_only_suspects_ask_for_a_look_until_somebody_looked(manager):
    batch = make_batch()
    one, other = (make_suspect(batch=batch, index=n) for n in range(2))
    make_photo(batch, state=Photo.State.READY, index=2)

    assert suspects(manager, one) == [one, other]
    assert b"2 cut-outs to look at" in manager.get(reverse("progress", args=[batch.pk])).content

    onward = manager.post(reverse("photo-fine", args=[one.pk]))
    assert onward.url == reverse("photo", args=[other.pk])
    assert suspects(manager, one) == [other]

    last = manager.post(reverse("photo-fine", args=[other.pk]))
    assert last.url == reverse("suspects", args=[batch.pk])
    assert b"Nothing to look at" in manager.get(last.url).content


def test_a_new_cut_out_is_judged_anew(manager):
    photo = make_suspect()
    manager.post(reverse("photo-fine", args=[photo.pk]))

    photos.cut(photo, model="u2netp", is_fallback=False, faults=["fringe"])

    assert suspects(manager, photo) == [photo]


def test_another_look_forgets_nothing_that_staff_chose():
    photo = analysed(shirt((200, 30, 40)))
    photos.noted(photo, {"shop": "studio", "view": "back"})

    photos.noted(photo, {"score": 0.5})

    photo.refresh_from_db()
    assert (photo.quality["shop"], photo.quality["view"], photo.quality["score"]) == (
        "studio", "back", 0.5,
    )  # fmt: skip


def test_another_shops_suspects_are_nobodys_business(client):
    photo = make_suspect()
    client.force_login(make_user(tenant=make_tenant("other")))

    assert client.get(reverse("suspects", args=[photo.batch_id])).status_code == 404
    assert client.post(reverse("photo-fine", args=[photo.pk])).status_code == 404
    photo.refresh_from_db()
    assert "passed" not in photo.quality


CANVAS = {"margin": "10", "background": "#102030", "shadow": "0", "long_side": "400"}


def test_another_picture_of_a_photo_is_another_version_of_the_items_that_show_it(manager):
    photo = analysed(shirt((200, 30, 40)))
    product, other = make_product(photo.tenant), make_product(photo.tenant)
    shown = ProductImage.objects.create(tenant=photo.tenant, product=product, photo_id=photo.pk)

    manager.post(reverse("photo-canvas", args=[photo.pk]), CANVAS)

    for row in (photo, shown, product, other):
        row.refresh_from_db()
    assert shown.files == {name: photo.files[name] for name in ("shop", "shop-320")}
    assert (product.version, other.version) == (2, 1)


def test_the_shops_canvas_is_saved_and_shown_at_once(manager):
    photo = analysed(shirt((200, 30, 40)))

    manager.post(reverse("photo-canvas", args=[photo.pk]), CANVAS | {"square": "on"})

    photo.refresh_from_db()
    photo.tenant.refresh_from_db()
    with Image.open(io.BytesIO(photo.read("shop"))) as picture:
        assert picture.size[0] == picture.size[1] <= 400
        assert all(
            abs(a - b) <= 3 for a, b in zip(picture.getpixel((2, 2)), (16, 32, 48), strict=True)
        )
    kept = photo.tenant.options.studio
    assert (kept.margin, kept.background, kept.square) == (0.1, "#102030", True)


@pytest.mark.parametrize("wrong", [{"margin": "41"}, {"background": "red"}, {"long_side": "9000"}])
def test_a_canvas_that_makes_no_sense_is_refused_and_nothing_changes(manager, wrong):
    photo = analysed(shirt((200, 30, 40)))

    answer = manager.post(reverse("photo-canvas", args=[photo.pk]), CANVAS | wrong)

    assert answer.status_code == 422
    photo.refresh_from_db()
    photo.tenant.refresh_from_db()
    assert photo.tenant.settings == {} and not photo.has("shop")


def test_a_wrong_canvas_comes_back_as_it_was_written_with_the_reason(manager):
    photo = analysed(shirt((200, 30, 40)))
    address, wrong = reverse("photo-canvas", args=[photo.pk]), CANVAS | {"margin": "41"}

    in_page = manager.post(address, wrong, headers={"HX-Request": "true"}).content.decode()
    alone = manager.post(address, wrong).content.decode()

    assert in_page.startswith('<hx-partial hx-target="#photo" hx-swap="outerMorph">')
    for html in (in_page, alone):
        assert "margin: Ensure this value is less than or equal to 40." in html
        assert 'name="margin" type="number" min="0" max="40" step="0.5" value="41"' in html


def test_a_shop_that_wants_it_gets_its_picture_of_every_photo_without_a_doubt():
    tenant = make_tenant(settings={"studio": {"automatic": True, "long_side": 300}})

    photo = analysed(shirt((200, 30, 40)), batch=make_batch(tenant))
    photo.refresh_from_db()

    with Image.open(io.BytesIO(photo.read("shop"))) as picture:
        assert picture.size == (300, 300)


def test_without_any_weights_the_other_model_goes_by_colour_alone(manager):
    photo = analysed(shirt((200, 30, 40)))
    Photo.objects.filter(pk=photo.pk).update(cutout_model="u2netp")

    manager.post(reverse("photo-cut-again", args=[photo.pk]), {"model": "grabcut"})

    photo.refresh_from_db()
    assert (photo.cutout_model, photo.cutout_is_fallback) == ("grabcut", False)


def test_every_model_has_its_source_its_terms_and_its_sha256(capsys):
    call_command("models", "--json")

    lines = json.loads(capsys.readouterr().out)
    assert [line["name"] for line in lines] == list(weights.MANIFEST)
    for line in lines:
        assert line["source"].startswith("https://") and line["licence"] in ("Apache-2.0", "MIT")
        assert len(bytes.fromhex(line["sha256"])) == 32
    assert [line["name"] for line in lines if line["is_default"]] == ["u2netp"]
