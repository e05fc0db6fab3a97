"""The lane in which confident prices are accepted without a person. Off unless a shop turns it on.

It has limits (confidence, highest price, enough comparables by picture), writes the same decision a
person would with nobody's name on it, and draws some of them at random for a second look.
"""

import hashlib

from django.db import transaction
from django.utils.timezone import now

from carousel.events.outbox import record
from carousel.models import Product, User
from carousel.tenants.options import TenantOptions
from pricing.deciding import is_open
from pricing.models import Decision, Quote

FEWEST_EFFECTIVE = 5.0


def allows(options: TenantOptions, quote: Quote) -> bool:
    """Whether the lane may take this quote. Pure."""
    return (
        options.price_auto_accept
        and quote.price is not None
        and quote.price <= options.price_auto_highest
        and quote.confidence >= options.price_auto_confidence
        and quote.effective >= FEWEST_EFFECTIVE
    )


def drawn(quote: Quote, share: float) -> bool:
    """Whether a person shall look again: the quote's id decides, so a second run agrees."""
    digest = hashlib.sha256(quote.pk.bytes).digest()
    return int.from_bytes(digest[:8]) / 2**64 < share


@transaction.atomic
def consider(quote: Quote) -> Decision | None:
    """Accept the quote if the shop allows it, once. Its price stays open to staff."""
    options = quote.tenant.options
    product = Product.objects.select_for_update().get(pk=quote.product_id)
    if not (allows(options, quote) and is_open(product)):
        return None
    before = Decision.objects.filter(quote=quote, kind=Decision.Kind.AUTOMATIC).first()
    if before:
        return before
    made = Decision.objects.create(
        tenant=quote.tenant,
        product=product,
        quote=quote,
        kind=Decision.Kind.AUTOMATIC,
        before=product.price,
        price=quote.price,
        suggested=quote.price,
        to_audit=drawn(quote, options.price_auto_audit),
    )
    record(quote.tenant, "price.automatic", subject=product.pk, price=quote.price)
    return made


def audit(decision: Decision, user: User, *, ok: bool) -> None:
    """A person looked at a price that was accepted automatically, and says whether it was right."""
    Decision.objects.filter(pk=decision.pk, audited_at=None).update(
        audited_by=user, audited_at=now(), audit_ok=ok
    )
