"""What pricing does to a product on its way to a listing."""

from carousel.errors import GiveUp
from carousel.models import Product
from imaging.models import Step
from pricing import automatic, quoting


def price(step: Step) -> None:
    """Quote the product; a second run makes a newer quote of the same facts, nothing else.

    The suggestion never replaces a price that a person set (`Product.suggest` holds that).
    """
    product = (
        Product.objects.live()
        .filter(pk=step.job.subject_id, tenant_id=step.tenant_id)
        .select_related("tenant")
        .first()
    )
    if product is None:
        raise GiveUp("The product was deleted.")
    made = quoting.quote(product)
    automatic.consider(made)
    step.model = quoting.MODEL
    step.result = {
        "price": made.price,
        "silence": made.silence,
        "confidence": round(made.confidence, 3),
        "comparables": made.comparables.filter(excluded="").count(),
    }
