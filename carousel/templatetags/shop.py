"""How prices and states are written on pages."""

from django import template

from carousel.products.money import shown

register = template.Library()
CHIPS = {"listed": "ok", "updated": "ok", "sold": "accent", "delisted": "warn"}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """`{{ product.price|money:product.currency }}`"""
    return shown(minor, currency)


@register.filter
def chip(state: str) -> str:
    """The colour of a state's chip."""
    return CHIPS.get(state, "")


@register.filter
def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


@register.filter
def took(milliseconds: int) -> str:
    """`840 ms`, `8.4 s`, `88 s`: as exact as anybody reads it."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    return f"{milliseconds / 1000:.{0 if milliseconds >= 10_000 else 1}f} s"
