"""From a photo's pixels to a product's words, through the real steps."""

from typing import Any

import pytest
from PIL import Image, ImageDraw

from carousel.models import Product, ProductImage
from imaging.analysis.models import Analysis, Defect
from imaging.jobs import pipeline, runner
from imaging.models import ModelCall, Photo, Step
from tests.makers import make_batch, make_product
from tests.test_steps_photo import jpeg, stored_photo

pytestmark = pytest.mark.django_db

PHOTO_STEPS = ("inspect", "cutout", "embed", "classify", "attributes", "defects")
LISTING_STEPS = ("describe", "rate")


def test_a_photo_is_analysed_in_one_go():
    photo = analysed(shirt((200, 30, 40)))

    analysis = Analysis.objects.current().get(photo=photo)
    assert analysis.made_locally and not analysis.made_by_fallback
    assert analysis.label == "" and analysis.confidence == 0
    [colour] = analysis.attributes.filter(name="colour")
    assert colour.value == "red"
    assert colour.metadata["hex"].startswith("#c")
    photo.refresh_from_db()
    assert 0 < photo.quality["score"] <= 1


def test_every_question_to_a_model_is_written_down():
    photo = analysed(shirt((200, 30, 40)))

    calls = ModelCall.objects.filter(subject_id=photo.pk).order_by("capability")
    assert [(c.capability, c.outcome, c.local, c.cost_micro_usd) for c in calls] == [
        ("assess_quality", "ok", True, 0),
        ("classify", "ok", True, 0),
        ("detect_defects", "ok", True, 0),
        ("embed", "ok", True, 0),
        ("extract_attributes", "ok", True, 0),
    ]


def test_an_analysis_is_never_half_there():
    photo = stored_photo(jpeg(shirt((200, 30, 40))))
    run_job(photo.tenant, "photo", photo.pk, PHOTO_STEPS[:-1], photo.batch)

    assert not Analysis.objects.exists()

    run_steps(["defects"])

    assert Analysis.objects.get().attributes.exists()


def test_a_second_analysis_keeps_the_first_as_history_and_the_boxes_that_staff_decided():
    photo = analysed(shirt((200, 30, 40)))
    first = Analysis.objects.get()
    make_defect(first, state=Defect.State.CONFIRMED)

    Step.objects.filter(kind="defects").update(state=Step.State.WAITING)
    run_steps(["defects"])

    second = Analysis.objects.current().get(photo=photo)
    assert second != first and Analysis.objects.count() == 2
    assert second.defects.get(state=Defect.State.CONFIRMED).kind == "stain"


def test_a_product_gets_words_in_both_languages_from_what_was_seen():
    product = product_of(analysed(shirt((200, 30, 40))), title="Blue dream")
    product.edit({"category": "Tops/T-shirts"})

    run_job(product.tenant, "listing", product.pk, LISTING_STEPS)

    product.refresh_from_db()
    assert product.colours == ["red"]
    assert product.condition == "very_good"
    assert product.suggested["condition"]["confidence"] < 0.5
    assert "red t-shirt" in product.description_en.lower()
    assert "rauð" in product.description_is.lower()
    assert "stuttermabol" in product.description_is.lower()
    assert product.brand == "" and "material" not in product.attributes
    assert {"red", "rauður", "t-shirt", "stuttermabolur"} <= set(product.keywords)
    assert product.suggested["description_is"]["local"] is True
    assert product.rating is not None and 1 <= product.rating <= 5
    assert product.suggested["rating_formula"]["value"]["text"].endswith(f"= {product.rating}")


def test_what_staff_wrote_stays_and_is_what_the_texts_say():
    product = product_of(analysed(shirt((200, 30, 40))))
    product.edit({"colours": ["dark blue"], "title": "Wool jumper", "description_en": "Mine."})

    run_job(product.tenant, "listing", product.pk, LISTING_STEPS)

    product.refresh_from_db()
    assert product.colours == ["dark blue"]
    assert product.description_en == "Mine."
    assert "dark blue wool sweater" in product.suggested["description_en"]["value"].lower()
    assert "dökkblá" in product.description_is.lower()
    assert "ullarpeys" in product.description_is
    assert product.suggested["colours"]["value"] == ["red"]


def test_a_kind_that_is_no_longer_believed_is_taken_back():
    product = product_of(analysed(shirt((200, 30, 40))))
    Analysis.objects.update(label="Shoes/Boots", confidence=0.8)
    run_job(product.tenant, "listing", product.pk, LISTING_STEPS)
    product.refresh_from_db()
    assert (product.category, product.title) == ("Shoes/Boots", "Red boots")

    Analysis.objects.update(label="", confidence=0)
    run_job(product.tenant, "listing", product.pk, LISTING_STEPS)

    product.refresh_from_db()
    assert (product.category, product.title) == ("", "Red item")


def test_a_candidate_is_not_told_and_a_confirmed_defect_is():
    product = product_of(analysed(shirt((200, 30, 40))))
    analysis = Analysis.objects.get()
    make_defect(analysis, kind="hole", state=Defect.State.CANDIDATE)
    make_defect(analysis, kind="stain", severity="minor", state=Defect.State.CONFIRMED)

    run_job(product.tenant, "listing", product.pk, LISTING_STEPS)

    product.refresh_from_db()
    assert "a small stain near the top left (photo 1)" in product.description_en
    assert "lítill blettur ofarlega til vinstri (mynd 1)" in product.description_is
    assert "hole" not in product.description_en


def analysed(image: Image.Image, **fields: Any) -> Photo:
    photo = stored_photo(jpeg(image), batch=fields.pop("batch", None) or make_batch(), **fields)
    run_job(photo.tenant, "photo", photo.pk, PHOTO_STEPS, photo.batch)
    return photo


def run_job(tenant, kind, subject, kinds, batch=None):
    """Only the steps this is about; the price needs sales and is another test's business."""
    pipeline.start(tenant, kind, subject, batch)
    run_steps(kinds)


def run_steps(kinds):
    for kind in kinds:
        for step in Step.objects.filter(kind="price", state=Step.State.WAITING):
            Step.objects.filter(pk=step.pk).update(state="running", attempts=1)
            pipeline.finish(Step.objects.select_related("job", "tenant").get(pk=step.pk))
        for step in Step.objects.filter(kind=kind, state=Step.State.WAITING):
            runner.run(step.pk)
            step.refresh_from_db()
            assert step.state == Step.State.DONE, step.error


def product_of(*photos: Photo, **fields: Any) -> Product:
    product = make_product(photos[0].tenant, **fields)
    for place, photo in enumerate(photos):
        ProductImage.objects.create(
            tenant=product.tenant, product=product, photo_id=photo.pk, position=place,
            is_primary=place == 0, files=photo.files,
        )  # fmt: skip
    return product


def make_defect(analysis: Analysis, **fields: Any) -> Defect:
    known = {"kind": "stain", "severity": "minor", "confidence": 0.4}
    box = {"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.1}
    return Defect.objects.create(
        tenant=analysis.tenant, analysis=analysis, **(known | box | fields)
    )


def shirt(colour: tuple[int, int, int], size: tuple[int, int] = (480, 600)) -> Image.Image:
    image = Image.new("RGB", size, (235, 232, 226))
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.polygon([(int(x * width), int(y * height)) for x, y in SHIRT], fill=colour, outline=colour)
    return image


SHIRT = (
    (0.35, 0.2), (0.65, 0.2), (0.9, 0.35), (0.82, 0.47), (0.7, 0.4), (0.7, 0.85),
    (0.3, 0.85), (0.3, 0.4), (0.18, 0.47), (0.1, 0.35),
)  # fmt: skip
