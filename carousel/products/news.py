"""What a partner's event means for a product. Called by the inbox, inside its transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from carousel.errors import GiveUp
from carousel.events.envelope import Envelope, time_in
from carousel.events.inbox import TooEarly, lock_subject
from carousel.events.models import Event
from carousel.products.lifecycle import State, Verdict
from carousel.products.models import Product
from carousel.tenants.models import Tenant

WORDS = ("title", "category", "brand", "condition", "description_en", "description_is")
LARGEST_PRICE = 10**12


def hear(tenant: Tenant, news: Envelope) -> bool:
    """Take the news; True if it changed anything.

    TooEarly before the product is listed; GiveUp for what contradicts what is known.
    """
    state = State(news.kind.removeprefix("product."))
    told = {"origin": news.source, "event": news.id} | _facts(state, news)
    lock_subject(news.product)
    product = tenant.products.select_for_update().filter(pk=news.product).first()
    if product is None:
        product = _new(tenant, state, news)
    found = product.hear(state, _at(state, news), **told)
    if found == Verdict.TOO_EARLY:
        raise TooEarly(f"The item is {product.state}: its listing has not come yet.")
    if found == Verdict.NEVER:
        raise GiveUp(f"The item was {product.state} before: {state} cannot follow.")
    if found == Verdict.NOTHING_NEW and state == State.SOLD:
        _refuse_second_sale(product, told)
    return found == Verdict.APPLY


def _at(state: State, news: Envelope) -> datetime:
    return (
        time_in(news.data, "sold_at") if state == State.SOLD and "sold_at" in news.data else news.at
    )


def _facts(state: State, news: Envelope) -> dict[str, Any]:
    """What a sale must say: its id, the price in minor units, the currency."""
    if state != State.SOLD:
        return {}
    sale_id, currency = news.data.get("sale_id"), news.data.get("currency")
    if not isinstance(sale_id, str) or not 0 < len(sale_id) <= 100 or "\x00" in sale_id:
        raise GiveUp("A sale must have a sale_id of at most 100 characters.")
    if not isinstance(currency, str) or not (len(currency) == 3 and currency.isalpha()):
        raise GiveUp("A sale must name its currency in three letters.")
    return {"sale_id": sale_id, "price": _price(news.data), "currency": currency.upper()}


def _price(data: dict[str, Any]) -> int:
    price = data.get("price")
    if isinstance(price, bool) or not isinstance(price, int) or not 0 < price < LARGEST_PRICE:
        raise GiveUp("A price must be a whole number of minor units above zero.")
    return price


def _new(tenant: Tenant, state: State, news: Envelope) -> Product:
    """An item that a partner listed without us. Anything else about an unknown item is early."""
    if state != State.LISTED:
        raise TooEarly("This item is not known yet.")
    _refuse_foreign(news.product)
    words = {name: str(news.data[name])[:200] for name in WORDS if news.data.get(name)}
    if "\x00" in "".join(words.values()):
        raise GiveUp("The item's words hold a NUL character.")
    product = Product(
        id=news.product,
        tenant=tenant,
        price=_price(news.data),
        currency=str(news.data.get("currency", tenant.currency))[:3].upper(),
        **words,
    )
    try:
        product.clean_fields(exclude={"relisted_from"})
    except ValidationError as error:
        raise GiveUp(" ".join(error.messages)) from error
    product.save(force_insert=True)
    return product


def _refuse_foreign(product: UUID) -> None:
    if Product.objects.filter(pk=product).exists():
        raise GiveUp("This item is not one of this shop's.")


def _refuse_second_sale(product: Product, told: dict[str, Any]) -> None:
    sold = Event.objects.filter(
        tenant=product.tenant_id, subject=product.pk, kind="product.sold"
    ).last()
    first = sold.data.get("sale_id") if sold else None
    if first and first != told["sale_id"]:
        raise GiveUp(f"The item was sold before, as sale {first}.")
