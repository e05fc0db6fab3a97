"""What the price pages show of a product: its quote, the evidence, the plan and the history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import now

from carousel import storage
from carousel.models import Product
from carousel.products.money import shown
from pricing import explaining, lessons, markdown, plots, rounding, velocity
from pricing.deciding import is_open, word
from pricing.models import Comparable, Decision, Quote, Strike
from pricing.traits import root

CHIPS = {"high": "ok", "fair": "accent", "low": "warn"}


@dataclass(frozen=True)
class Piece:
    """One comparable as the page shows it."""

    comparable: Comparable
    picture: str
    title: str
    days_ago: int
    why_not: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Moment:
    """Something that a person did to this price."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True)
class Rung:
    day: int
    date: datetime
    price: int
    sold: float | None


@dataclass(frozen=True)
class Row:
    """One line of the prices table."""

    product: Product
    quote: Quote | None
    used: int
    bar: plots.Bar | None
    word: str
    is_open: bool
    is_outdated: bool = False

    @property
    def chip(self) -> str:
        return CHIPS.get(self.word, "")


@dataclass(frozen=True)
class Evidence:
    """Everything behind one quote."""

    used: list[Piece]
    left_out: list[Piece]
    lines: list[dict[str, Any]]
    words: str
    icelandic: str
    plot: plots.Plot | None
    ladder: list[Rung]
    history: list[Moment] = field(default_factory=list)
    is_outdated: bool = False


def rows(products: Sequence[Product]) -> list[Row]:
    """In two queries, however many products there are."""
    quotes = {
        quote.product_id: quote
        for quote in Quote.objects.filter(product__in=products, is_current=True)
    }
    prices: dict[Any, list[float]] = {}
    kept = Comparable.objects.filter(quote__in=quotes.values(), excluded="")
    for quote_id, adjusted in kept.values_list("quote_id", "adjusted"):
        prices.setdefault(quote_id, []).append(adjusted or 0.0)
    return [_row(product, quotes.get(product.pk), prices) for product in products]


def _row(product: Product, quote: Quote | None, prices: dict[Any, list[float]]) -> Row:
    others = prices.get(quote.pk, []) if quote else []
    bar = None
    if quote and quote.price and quote.low and quote.high:
        bar = plots.bar(quote.low, quote.price, quote.high, others)
    said = word(quote.confidence) if quote and quote.price else ""
    outdated = bool(quote and _is_outdated(product, quote))
    return Row(product, quote, len(others), bar, said, is_open(product), outdated)


def _is_outdated(product: Product, quote: Quote) -> bool:
    """The item has another category by now than the one that was priced."""
    return bool(quote.inputs.get("category", product.category) != product.category)


def row(product: Product) -> Row:
    return rows([product])[0]


def evidence(product: Product, quote: Quote) -> Evidence:
    found = list(quote.comparables.select_related("sale").defer("sale__vector"))
    used = [_piece(each) for each in found if not each.excluded]
    left_out = [_piece(each) for each in found if each.excluded in ("struck", "outlier")]
    facts = _facts(quote, used, left_out)
    return Evidence(
        used=used,
        left_out=left_out,
        lines=[line | {"label": explaining.NAMES[line["name"]]} for line in quote.lines],
        words=explaining.explain(facts),
        icelandic=explaining.explain(facts, "is"),
        plot=_plot(quote, [*used, *left_out]),
        ladder=ladder(product, quote),
        history=list(history(product)),
        is_outdated=_is_outdated(product, quote),
    )


def _piece(comparable: Comparable) -> Piece:
    sale = comparable.sale
    key = sale.image_key if sale else ""
    return Piece(
        comparable,
        picture=storage.url_for(key) if key else "",
        title=(sale.title or sale.category) if sale else "A sale that is archived",
        days_ago=max(0, (now() - comparable.sold_at).days),
        why_not=explaining.EXCLUSIONS.get(comparable.excluded, ""),
        reason="" if comparable.reason == "struck" else comparable.reason,
    )


def _facts(quote: Quote, used: Sequence[Piece], left_out: Sequence[Piece]) -> explaining.Facts:
    return explaining.Facts(
        currency=quote.currency,
        price=quote.price,
        low=quote.low,
        high=quote.high,
        silence=quote.silence,
        lines=quote.lines,
        used=len(used),
        struck=sum(piece.comparable.excluded == "struck" for piece in left_out),
        pictured=sum(piece.comparable.basis == "picture" for piece in used),
        hint=quote.hint,
    )


def _plot(quote: Quote, pieces: Sequence[Piece]) -> plots.Plot | None:
    if not (quote.price and quote.low and quote.high):
        return None
    marks = [
        plots.Mark(
            piece.days_ago,
            piece.comparable.adjusted or piece.comparable.price,
            piece.comparable.share,
            bool(piece.comparable.excluded),
            f"{shown(piece.comparable.price, quote.currency)}, {piece.days_ago} days ago",
        )
        for piece in pieces
    ]
    window = float(quote.inputs.get("window_days", 90))
    return plots.over_time(marks, quote.low, quote.price, quote.high, window)


def ladder(product: Product, quote: Quote | None) -> list[Rung]:
    """The planned mark-downs from the product's price, or the suggested one; [] without either."""
    price = product.price or (quote.price if quote else None)
    if not price:
        return []
    pace = velocity.pace_of(lessons.current(product.tenant).pace, root(product.category))
    steps = product.tenant.options.markdown_steps
    planned = markdown.simulate(price, steps, pace, rounding.points_of(product.currency))
    start = product.listed_at or now()
    return [
        Rung(rung.day, start + timedelta(days=rung.day), rung.price, rung.sold)
        for rung in planned.rungs
    ]


def history(product: Product) -> Iterable[Moment]:
    """Who decided what about this price, newest first."""
    decisions = Decision.objects.filter(tenant=product.tenant, product=product)
    moments = [_decided(each, product) for each in decisions.select_related("by")[:20]]
    strikes = Strike.objects.filter(tenant=product.tenant, product=product)
    moments += [_struck(each) for each in strikes.select_related("by", "sale")[:20]]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _struck(strike: Strike) -> Moment:
    sale = strike.sale
    what = f"struck {sale.title or 'a sale'} ({shown(sale.price, sale.currency)})"
    why = f": {strike.reason}" if strike.reason else ""
    later = ", taken back since" if strike.lifted_at else ""
    return Moment(strike.created_at, _name(strike.by), f"{what}{why}{later}")


def _decided(decision: Decision, product: Product) -> Moment:
    price = shown(decision.price, product.currency) or "no price"
    what = {
        Decision.Kind.ACCEPTED: f"accepted {price}",
        Decision.Kind.OVERRIDDEN: f"set {price}",
        Decision.Kind.AUTOMATIC: f"{price} was accepted automatically",
        Decision.Kind.CLEARED: "cleared the price",
    }[Decision.Kind(decision.kind)]
    if decision.kind == Decision.Kind.OVERRIDDEN and decision.suggested:
        what += f" instead of {shown(decision.suggested, product.currency)}"
    why = f": {decision.reason}" if decision.reason else ""
    return Moment(decision.created_at, _name(decision.by), f"{what}{why}")


def _name(user: Any) -> str:
    return str(user) if user else "The program"
