"""Analysis as steps: classify and attributes of a photo in parallel, then defects, then the words.

A photo's results are kept on its steps until the last one writes them all at once.
"""

from dataclasses import asdict
from typing import Any, cast

from carousel.errors import GiveUp
from carousel.models import Product
from imaging.analysis import covers, looking, wording, writing
from imaging.inference import chains
from imaging.inference.answers import Attributes, Classified, Defects, Judged
from imaging.jobs.models import Step
from imaging.sight import looks
from imaging.uploads import photos
from imaging.uploads.models import Photo


def classify(step: Step) -> None:
    """Category and brand, by the models or by what the shop calls things that look like it."""
    photo = photos.photo_of(step)
    made = chains.ask("classify", looking.to_classify(photo), photo.tenant, photo.pk, _only(step))
    step.model = made.model
    step.result = asdict(cast(Classified, made.value)) | {"made": _made(made)}


def attributes(step: Step) -> None:
    """Colours and whatever else can be seen; and how well the photo shows the item."""
    photo = photos.photo_of(step)
    look = looking.at(photo, "extract_attributes")
    made = chains.ask("extract_attributes", look, photo.tenant, photo.pk, _only(step))
    _judge(photo)
    named = [asdict(each) for each in cast(Attributes, made.value).named]
    step.model = made.model
    step.result = {"named": named, "made": _made(made)}


def defects(step: Step) -> None:
    """Candidates for damage with their places; then everything that was seen is written at once."""
    photo = photos.photo_of(step)
    look = looking.at(photo, "detect_defects")
    made = chains.ask("detect_defects", look, photo.tenant, photo.pk, _only(step))
    found = [writing.as_json(each) for each in cast(Defects, made.value).found]
    result = {"found": found, "made": _made(made)}
    before = dict(step.job.steps.values_list("kind", "result"))
    writing.write(photo, before["classify"], before["attributes"], result)
    step.model = made.model
    step.result = {"found": len(found), "made": result["made"]}


def describe(step: Step) -> None:
    """Category, condition, colours, keywords, title, both texts and first photo of a product."""
    product = _product(step)
    wording.describe(product, step)
    covers.choose(product)


def rate(step: Step) -> None:
    """1 to 5 by the formula of rating.py, with its parts."""
    product = _product(step)
    rating = wording.rate(product)
    step.model = "rating-1"
    step.result = {"rating": str(rating.value), "formula": rating.formula}


def _product(step: Step) -> Product:
    product = (
        Product.objects.live()
        .filter(pk=step.job.subject_id, tenant_id=step.tenant_id)
        .select_related("tenant")
        .first()
    )
    if product is None:
        raise GiveUp("The product was deleted.")
    return product


def _judge(photo: Photo) -> None:
    """The photo's quality 0..1 with its parts, for the rating, the price and the first picture."""
    question = looking.at(photo, "assess_quality")
    seen = looks.small(question.cutout)
    look = looks.look(
        str(photo.pk), seen, faults=len(photo.faults), is_fallback=photo.cutout_is_fallback
    )
    made = chains.ask("assess_quality", question, photo.tenant, photo.pk)
    judged = cast(Judged, made.value)
    quality = {name: round(value, 3) for name, value in asdict(look).items() if name != "key"}
    quality |= {"score": judged.score, "reasons": list(judged.reasons), "model": made.model}
    photos.noted(photo, quality | {"is_close": looks.is_close(seen)})


def _only(step: Step) -> str:
    """The version that a re-run asked for, if it did."""
    return str(step.result.get("only", ""))


def _made(made: chains.Made) -> dict[str, Any]:
    told = asdict(made)
    del told["value"]
    return told
