"""The analysis on the item page and the photo page, through their views."""

import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from carousel import storage
from carousel.models import ApiKey, Event, Membership, Product, ProductImage
from imaging.analysis import checking
from imaging.analysis.models import Analysis, Defect
from imaging.models import Job, Photo, Step
from tests.makers import make_batch, make_tenant, make_user
from tests.test_products_api import caller
from tests.test_words_steps import (
    LISTING_STEPS,
    analysed,
    make_defect,
    product_of,
    run_job,
    run_steps,
    shirt,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user())
    return client


@pytest.fixture
def item() -> Product:
    product = product_of(analysed(shirt((200, 30, 40))))
    product.edit({"category": "Tops/T-shirts"})
    run_job(product.tenant, "listing", product.pk, LISTING_STEPS)
    product.refresh_from_db()
    return product


def test_the_texts_agree_and_say_what_they_rest_on(staff, item):
    page = get(staff, item)

    assert "They agree" in page
    assert '<a class="claim" href="#item-colours" title="Rests on: colour">' in page
    assert "<mark" not in page
    assert "No label close-up" in page and "No back view" in page


def test_a_claim_that_nothing_supports_is_marked(staff, item):
    item.edit({"description_en": item.description_en + " Genuine leather."})

    page = get(staff, item)

    assert re.search(r"<mark[^>]*>Genuine leather</mark>", page)
    assert "Material: leather only in English." in page
    assert "stale: the other text was changed" in page
    assert "<del>Genuine leather.</del>" in page


def test_a_listing_with_doubts_is_published_only_on_a_second_word(staff, item):
    item.edit({"price": 4000, "description_en": item.description_en + " Genuine leather."})
    address = reverse("product-become", args=[item.pk, "listed"])

    first = staff.post(address, headers=HTMX)

    assert first.status_code == 409
    assert "nothing supports “Genuine leather”" in first.content.decode()
    assert "Publish anyway" in first.content.decode()
    assert Product.objects.get().state == "draft"

    assert staff.post(address, {"anyway": " "}, headers=HTMX).status_code == 409
    assert staff.post(address, {"anyway": "The label says so."}, headers=HTMX).status_code == 200
    assert Product.objects.get().state == "listed"
    history = staff.get(reverse("product", args=[item.pk])).content.decode()
    assert "Published in spite of doubts" in history and "Why: The label says so." in history


def test_a_program_is_told_the_doubts_and_publishes_with_a_reason(client, item):
    item.edit({"price": 4000, "description_en": item.description_en + " Genuine leather."})
    shop = caller(client, ApiKey.issue(item.tenant, "erp", Membership.Role.MANAGER)[1])
    address = f"/api/v1/products/{item.pk}/state"

    refused = shop("put", address, {"state": "listed"}, if_match="*")

    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["doubts"] == [
        "Material: leather only in English.",
        "English: nothing supports “Genuine leather”.",
    ]
    assert refused.json()["detail"].endswith("Material: leather only in English.")
    assert Product.objects.get().state == "draft"

    told = {"state": "listed", "reason": "The label says so."}
    assert shop("put", address, told, if_match="*").json()["state"] == "listed"
    event = Event.objects.get(kind="product.doubted")
    assert event.data["doubts"] == refused.json()["doubts"]
    assert event.data["reason"] == "The label says so."


def test_a_true_claim_is_noted_and_a_false_one_taken_out_in_place(staff, item):
    before = item.description_en
    item.edit({"description_en": f"Bought in Paris. {before} Genuine leather."})
    doubts = {doubt.phrase for doubt in checking.doubts(item) if doubt.kind == "unsupported"}
    assert doubts == {"Bought", "Paris", "Genuine leather"}

    staff.post(reverse("claim-note", args=[item.pk]), {"phrase": "Bought in Paris"}, headers=HTMX)
    struck = {"language": "en", "phrase": "Genuine leather"}
    staff.post(reverse("claim-strike", args=[item.pk]), struck, headers=HTMX)

    item.refresh_from_db()
    assert item.attributes["notes"] == "Bought in Paris"
    assert item.description_en == f"Bought in Paris. {before}"
    assert checking.doubts(item) == [
        checking.Doubt("missing", "It has no price yet.", "item-price")
    ]


@pytest.mark.parametrize(
    ("text", "phrase", "left"),
    [
        ("Genuine Italian jacket. Size L.", "Genuine Italian", "Jacket. Size L."),
        ("A jacket, waterproof, by Hekla.", "waterproof", "A jacket, by Hekla."),
        ("A jacket. Waterproof. Size L.", "Waterproof", "A jacket. Size L."),
    ],
)
def test_a_text_less_a_phrase_is_still_a_text(text, phrase, left):
    assert checking.without(text, phrase) == left


def test_a_phrase_that_is_not_there_any_more_is_not_taken_out(staff, item):
    before = item.description_en
    struck = {"language": "en", "phrase": "Genuine leather"}

    answer = staff.post(reverse("claim-strike", args=[item.pk]), struck, headers=HTMX)

    assert answer.status_code == 409
    item.refresh_from_db()
    assert item.description_en == before and "description_en" not in item.edited_fields


def test_writing_the_twin_again_makes_it_fresh(staff, item):
    item.edit({"description_en": "Mine."})

    response = staff.post(reverse("translate-is", args=[item.pk]), headers=HTMX)

    assert response.status_code == 200
    assert "stale" not in response.content.decode()
    item.refresh_from_db()
    assert "rauð" in item.description_is.lower()


def test_what_staff_wrote_is_only_offered_another_text(staff, item):
    item.edit({"description_is": "Mitt."})

    staff.post(reverse("translate-is", args=[item.pk]), headers=HTMX)

    item.refresh_from_db()
    assert item.description_is == "Mitt."
    assert "<ins>" in get(staff, item)


def test_confirming_a_box_changes_five_places_and_undo_restores_them(staff, item):
    defect = make_defect(Analysis.objects.get(), kind="hole", severity="major")
    run_job(item.tenant, "listing", item.pk, LISTING_STEPS)
    before = told(item)

    post(staff, item, defect, state="confirmed")
    after = told(item)

    assert after["condition"] == "poor" and before["condition"] != "poor"
    assert "a large hole near the top left (photo 1)" in after["description_en"]
    assert "stórt gat ofarlega til vinstri (mynd 1)" in after["description_is"]
    assert Step.objects.filter(kind="price", job__subject_id=item.pk).count() == 3
    image = ProductImage.objects.get(product=item)
    [close_up] = [name for name in image.files if name.startswith("close-")]
    assert "Close-up of the hole" in get(staff, item)

    post(staff, item, defect, state="candidate")

    assert told(item) == before
    image.refresh_from_db()
    assert close_up not in image.files


def test_a_box_of_an_analysis_that_is_over_is_not_decided_but_shown_as_it_is_now(staff, item):
    photo = Photo.objects.get()
    old = make_defect(Analysis.objects.get())
    run_job(item.tenant, "analysis", photo.pk, ["classify", "attributes", "defects"])
    new = make_defect(Analysis.objects.current().get())

    answer = staff.post(
        reverse("damage-decide", args=[item.pk, old.pk]), {"state": "confirmed"}, headers=HTMX
    )

    assert answer.status_code == 409
    assert "looked at again meanwhile" in answer.content.decode()
    assert f"spot-{new.pk}" in answer.content.decode()
    assert not Defect.objects.filter(state="confirmed").exists()


def test_a_person_marks_damage_that_no_model_saw(staff, item):
    photo = Photo.objects.get()
    box = {"x": 10, "y": 10, "width": 20, "height": 95}

    response = staff.post(
        reverse("damage-mark", args=[item.pk]),
        {"photo": photo.pk, "kind": "tear", "severity": "minor", **box},
        headers=HTMX,
    )

    assert response.status_code == 200
    defect = Defect.objects.get(kind="tear")
    assert (defect.state, defect.confidence) == ("confirmed", 1.0)
    assert (defect.y, round(defect.y + defect.height, 6)) == (0.1, 1)


def test_a_box_without_a_name_is_refused(staff, item):
    response = staff.post(
        reverse("damage-mark", args=[item.pk]), {"photo": Photo.objects.get().pk}, headers=HTMX
    )

    assert response.status_code == 422
    assert not Defect.objects.exists()


def test_another_tenant_sees_and_changes_nothing(client, item):
    make_user("eve@example.com", make_tenant("rival"))
    client.force_login(make_user("eve@example.com", make_tenant("rival")))
    defect = make_defect(Analysis.objects.get())
    photo = Photo.objects.get()
    reads = [reverse("analysis", args=[item.pk]), reverse("photo", args=[photo.pk])]
    writes = [
        reverse("damage-decide", args=[item.pk, defect.pk]),
        reverse("damage-mark", args=[item.pk]),
        reverse("translate-is", args=[item.pk]),
        reverse("analysis-again", args=[item.pk]),
        reverse("photo-treat", args=[photo.pk]),
        reverse("photo-cut-again", args=[photo.pk]),
        reverse("photo-analyse-again", args=[photo.pk]),
    ]

    answers = [client.get(address).status_code for address in reads]
    answers += [client.post(address, {"state": "confirmed"}).status_code for address in writes]

    assert set(answers) == {404}
    defect.refresh_from_db()
    assert defect.state == "candidate"


def test_the_photo_page_shows_what_was_done_and_what_was_seen(staff, item):
    photo = Photo.objects.get()

    page = staff.get(reverse("photo", args=[photo.pk])).content.decode()

    assert "made locally" in page and "red" in page
    assert page.count("✓") == 6
    assert "extract_attributes" in page
    assert photo.cutout_model in page


@pytest.mark.parametrize(
    ("what", "mode", "square"),
    [
        ("original", "RGB", False),
        ("cutout", "RGBA", False),
        ("enhanced", "RGB", False),
        ("studio", "RGB", True),
    ],
)
def test_the_shop_shows_the_picture_that_staff_chose(staff, item, what, mode, square):
    photo = Photo.objects.get()
    original = photo.read()

    response = staff.post(reverse("photo-treat", args=[photo.pk]), {"what": what}, headers=HTMX)

    assert response.status_code == 200
    photo.refresh_from_db()
    with Image.open(io.BytesIO(photo.read("shop"))) as picture:
        assert picture.mode == mode
        assert (picture.width == picture.height) == square
    assert photo.read() == original
    assert ProductImage.objects.get(product=item).files["shop"] == photo.files["shop"]


def test_another_model_without_weights_is_refused_and_the_cutout_stays(staff, item):
    photo = Photo.objects.get()

    response = staff.post(
        reverse("photo-cut-again", args=[photo.pk]), {"model": "nonsense"}, headers=HTMX
    )

    assert response.status_code == 409
    assert photo.files == Photo.objects.get().files


@pytest.mark.parametrize("what", ["original", "enhanced", "studio"])
def test_a_picture_cannot_be_made_of_an_original_that_has_expired(staff, item, what):
    photo = expired()

    response = staff.post(reverse("photo-treat", args=[photo.pk]), {"what": what}, headers=HTMX)

    assert response.status_code == 409
    assert "The stored file is gone. Upload it again." in response.content.decode()
    assert photo.files == Photo.objects.get().files


def test_damage_counts_without_a_close_up_when_the_original_has_expired(staff, item):
    photo = expired()
    defect = make_defect(Analysis.objects.get())

    post(staff, item, defect, state="confirmed")

    item.refresh_from_db()
    assert item.condition == "good"
    assert photo.files == Photo.objects.get().files


def expired() -> Photo:
    """The photo of the item, accepted on the day after: its original was let go meanwhile."""
    photo = Photo.objects.get()
    storage.delete(photo.original)
    return photo


def test_a_photo_is_looked_at_again_by_a_chosen_version(staff, item):
    photo = Photo.objects.get()

    staff.post(reverse("photo-analyse-again", args=[photo.pk]), {"version": "local/vote-2"})
    run_steps(["classify", "attributes", "defects"])

    current = Analysis.objects.current().get(photo=photo)
    assert (current.model_version, Analysis.objects.count()) == ("vote-2", 2)
    assert Job.objects.get(kind="analysis").state == Job.State.COMPLETED


def test_a_viewer_looks_and_changes_nothing(client, item):
    client.force_login(make_user("v@example.com", role="viewer"))

    assert client.get(reverse("analysis", args=[item.pk])).status_code == 200
    assert client.post(reverse("analysis-again", args=[item.pk])).status_code == 403


def test_without_a_script_the_part_is_a_page(staff, item):
    address = reverse("analysis", args=[item.pk])

    page, part = staff.get(address).content.decode(), get(staff, item)

    assert page.count("<html") == 1 and page.count('id="analysis"') == 1
    assert f'href="{reverse("product", args=[item.pk])}#item-colours"' in page
    assert 'href="#item-colours"' in part
    assert "<html" not in part and part.count('id="analysis"') == 1


def test_the_part_asks_the_database_the_same_number_of_times_for_many_photos(
    staff, item, django_assert_max_num_queries
):
    for place in range(1, 4):
        photo = analysed(shirt((10 * place, 90, 90)), batch=make_batch())
        ProductImage.objects.create(
            tenant=item.tenant, product=item, photo_id=photo.pk, position=place, files=photo.files
        )

    with django_assert_max_num_queries(40):
        get(staff, item)


def get(client: Client, product: Product) -> str:
    return client.get(reverse("analysis", args=[product.pk]), headers=HTMX).content.decode()


def post(client: Client, product: Product, defect: Defect, **given: str) -> None:
    address = reverse("damage-decide", args=[product.pk, defect.pk])
    assert client.post(address, given, headers=HTMX).status_code == 200
    run_steps(LISTING_STEPS)


def told(product: Product) -> dict[str, object]:
    product.refresh_from_db()
    names = ("condition", "description_en", "description_is", "keywords", "rating")
    return {name: getattr(product, name) for name in names}
