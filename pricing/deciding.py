"""What people decide about prices: accept, override, strike. One transaction and event each."""

from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.models import Product, User
from imaging.models import Batch
from pricing import quoting
from pricing.models import Decision, Quote, Sale, Strike

SURE = 0.6  # see `word`: chance that the sale lies within 25 %
LIKELY = 0.4


def word(confidence: float) -> str:
    """High, fair or low: at least 60 %, at least 40 %, or fewer sell within 25 % of it."""
    if confidence >= SURE:
        return "high"
    return "fair" if confidence >= LIKELY else "low"


@transaction.atomic
def accept(product: Product, user: User | None, *, seen: UUID | None = None) -> Decision:
    """Take the suggested price. Refused without one, or when `seen` is not the current quote.

    Accepting twice is one decision.
    """
    # The product before its quote, as whoever prices it: the two wait for each other, never both.
    Product.objects.select_for_update().get(pk=product.pk)
    quote = quoting.current(product)
    if quote is None or quote.price is None:
        raise Refused(f"There is no suggested price for {product}.")
    if seen is not None and seen != quote.pk:
        raise Refused("The suggestion has changed meanwhile. Look at the new one first.")
    return _set(product, quote.price, Decision.Kind.ACCEPTED, user, quote, "")


@transaction.atomic
def override(product: Product, price: int | None, user: User | None, reason: str = "") -> Decision:
    """Set another price, in minor units; None clears it. Refused for what is not a price."""
    if price is not None and not 0 < price < 10**12:
        raise Refused("A price is a number above zero.")
    quote = quoting.current(product)
    suggested = quote.price if quote else None
    kind = Decision.Kind.OVERRIDDEN
    if price is None:
        kind = Decision.Kind.CLEARED
    elif price == suggested:
        kind = Decision.Kind.ACCEPTED
    return _set(product, price, kind, user, quote, reason)


def _set(
    product: Product, price: int | None, kind: str, user: User | None, quote: Quote | None, why: str
) -> Decision:
    row = Product.objects.select_for_update().get(pk=product.pk)
    last = Decision.objects.filter(product=row).first()
    if last and "price" in row.edited_fields and (row.price, last.kind) == (price, kind):
        return last
    before = row.price
    row.edit({"price": price}, by=user.pk if user else None)
    made = Decision.objects.create(
        tenant=row.tenant,
        product=row,
        quote=quote,
        by=user,
        kind=kind,
        before=before,
        price=price,
        suggested=quote.price if quote else None,
        reason=why[:200],
    )
    told = {"price": price, "suggested": made.suggested, "decision": str(made.pk)}
    record(row.tenant, f"price.{kind}", subject=row.pk, **told)
    Batch.objects.touch(row.batch_id)
    product.refresh_from_db()
    return made


def accept_confident(products: Iterable[Product], user: User) -> int:
    """Accept every high-confidence suggestion on which nobody has decided; how many there were."""
    taken = 0
    for product in products:
        quote = quoting.current(product)
        if quote and quote.price and word(quote.confidence) == "high" and is_open(product):
            accept(product, user)
            taken += 1
    return taken


def is_open(product: Product) -> bool:
    """Nobody has set this price yet, and it may still be set."""
    return product.state == Product.State.DRAFT and "price" not in product.edited_fields


def strike(product: Product, sale: Sale, user: User | None, reason: str = "") -> Quote:
    """Take a sale out of a product's evidence, remember it, and compute anew. Twice is once."""
    try:
        with transaction.atomic():
            Strike.objects.create(
                tenant=product.tenant, product=product, sale=sale, by=user, reason=reason[:200]
            )
            record(product.tenant, "price.struck", subject=product.pk, sale=str(sale.pk))
    except IntegrityError:
        pass  # somebody struck it already
    return quoting.quote(product)


def unstrike(product: Product, sale: Sale, user: User | None) -> Quote:
    """Let the sale count again, and compute anew."""
    with transaction.atomic():
        standing = Strike.objects.standing().filter(product=product, sale=sale)
        if standing.update(lifted_at=now()):
            by = str(user.pk) if user else ""
            told = {"sale": str(sale.pk), "by": by}
            record(product.tenant, "price.unstruck", subject=product.pk, **told)
    return quoting.quote(product)
