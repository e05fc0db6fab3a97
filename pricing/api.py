"""Prices over JSON: calculate one now, and read what stands."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from ninja import Field, Router, Schema
from pydantic import AliasChoices, BaseModel, ConfigDict

from carousel import storage
from carousel.errors import GiveUp
from carousel.models import Product, Tenant
from carousel.products.models import Condition
from pricing import explaining, pictures, quoting, showing
from pricing.comparables import Wanted
from pricing.evidence import Suggestion
from pricing.models import Quote
from pricing.quoting import Answer
from pricing.traits import Traits

router = Router(tags=["pricing"])
MOST_IMAGES = 6


class PriceQuestion(Schema):
    """A product of the shop, or the description of a thing with or without pictures."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    product_id: UUID | None = Field(None, validation_alias=AliasChoices("productId", "product_id"))
    images: list[str] = Field(
        default_factory=list,
        max_length=MOST_IMAGES,
        description="Ids of uploaded photos, or https addresses on the allowed hosts.",
    )
    category: str = Field("", max_length=200, description="A path: Women/Jackets.")
    condition: Condition | None = None
    brand: str = Field("", max_length=120)
    title: str = Field("", max_length=300)
    colour: str = Field("", max_length=100)
    material: str = Field("", max_length=100)
    size: str = Field("", max_length=60)


Minor = Annotated[int, Field(description="In minor units of the currency.")]


class Range(BaseModel):
    """Eight of ten such items sell within it. Minor units."""

    low: Minor
    high: Minor


class ComparableOut(BaseModel):
    saleId: str
    price: Minor
    soldAt: datetime
    similarity: float
    basis: str
    recency: float
    weight: float
    share: float
    adjusted: float | None
    excluded: str
    reason: str
    title: str = ""
    image: str = ""


class PriceStepOut(BaseModel):
    """One line of the waterfall: `after` = the line before x `factor`, in minor units."""

    name: str
    factor: float
    after: float
    sales: int


class RungOut(BaseModel):
    day: int
    date: datetime
    price: Minor
    soldBy: float | None


class Suggested(BaseModel):
    """`price` is null when the evidence is too thin; `silence` says why. Prices in minor units."""

    price: Minor | None
    range: Range | None
    confidence: float = Field(description="Chance that the sale lies within 25 % of the price.")
    currency: str
    basis: str
    silence: str
    effectiveSales: float
    comparables: list[ComparableOut]
    steps: list[PriceStepOut]
    explanation: dict[str, str]
    hint: dict[str, Any]
    daysToSell: dict[str, float]
    markdowns: list[RungOut]
    quoteId: UUID | None = None


@router.post(
    "/calculate", response=Suggested, operation_id="calculate_price", summary="Calculate a price"
)
def calculate(request: HttpRequest, asked: PriceQuestion) -> Any:
    """Price a product of the shop (the quote is kept) or a described thing (nothing is kept).

    404 for an unknown product, 422 for a thing without product, category or picture.
    """
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    if asked.product_id:
        live = Product.objects.live().filter(tenant=tenant).select_related("tenant")
        product = get_object_or_404(live, pk=asked.product_id)
        return of_quote(product, quoting.quote(product))
    return of_answer(quoting.answer(*_wanted(tenant, asked)))


@router.get(
    "/products/{uuid:pk}",
    response=Suggested,
    operation_id="get_price",
    summary="The price of an item",
)
def read(request: HttpRequest, pk: UUID) -> Any:
    """The current quote of a product. 404 when it was never priced."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    live = Product.objects.live().filter(tenant=tenant).select_related("tenant")
    product = get_object_or_404(live, pk=pk)
    return of_quote(product, get_object_or_404(Quote, product=product, is_current=True))


def _wanted(tenant: Tenant, asked: PriceQuestion) -> tuple[Wanted, float | None]:
    if not asked.category:
        raise GiveUp("Send productId, or a category with what else is known.")
    picture = pictures.of_references(tenant, asked.images)
    traits = Traits(
        asked.category,
        asked.brand,
        asked.condition or "",
        asked.title,
        asked.colour,
        asked.material,
        asked.size,
    )
    wanted = Wanted(tenant, traits, now(), picture.vector, picture.model)
    return wanted, picture.quality


def of_answer(answer: Answer) -> Suggested:
    """What was computed and not kept."""
    said = answer.suggestion
    shown = [each for each in said.comparables if each.excluded != "beyond"]
    sales = {each.key: answer.found[each.key].shown for each in shown}
    return Suggested(
        **_figures(said),
        comparables=[
            ComparableOut(
                saleId=sales[each.key]("sale_id"),
                soldAt=sales[each.key]("sold_at"),
                title=sales[each.key]("title"),
                image=_address(sales[each.key]("image_key")),
                **_weighed(each),
            )
            for each in shown
        ],
        steps=[
            PriceStepOut(name=line.name, factor=line.factor, after=line.after, sales=line.n)
            for line in said.lines
        ],
        explanation=_words(said, answer),
        hint=answer.hint,
        daysToSell=answer.days,
        markdowns=[],
    )


def _figures(said: Suggestion) -> dict[str, Any]:
    return {
        "price": said.price,
        "range": Range(low=said.low, high=said.high) if said.low and said.high else None,
        "confidence": round(said.confidence, 4),
        "currency": said.currency,
        "basis": said.basis,
        "silence": said.silence,
        "effectiveSales": round(said.effective, 2),
    }


def _words(said: Suggestion, answer: Answer) -> dict[str, str]:
    facts = explaining.Facts(
        currency=said.currency,
        price=said.price,
        low=said.low,
        high=said.high,
        silence=said.silence,
        lines=[
            {"name": line.name, "factor": line.factor, "after": line.after} for line in said.lines
        ],
        used=len(said.used),
        struck=sum(each.excluded == "struck" for each in said.comparables),
        pictured=sum(each.basis == "picture" for each in said.used),
        hint=answer.hint,
    )
    return {language: explaining.explain(facts, language) for language in ("en", "is")}


def of_quote(product: Product, quote: Quote) -> Suggested:
    """What a quote stored."""
    found = showing.evidence(product, quote)
    pieces = list(quote.comparables.select_related("sale").defer("sale__vector"))
    return Suggested(
        price=quote.price,
        range=Range(low=quote.low, high=quote.high) if quote.low and quote.high else None,
        confidence=round(quote.confidence, 4),
        currency=quote.currency,
        basis=quote.basis,
        silence=quote.silence,
        effectiveSales=round(quote.effective, 2),
        comparables=[
            ComparableOut(
                saleId=each.sale.sale_id if each.sale else "",
                soldAt=each.sold_at,
                title=each.sale.title if each.sale else "",
                image=_address(each.sale.image_key if each.sale else ""),
                **_weighed(each),
            )
            for each in pieces
        ],
        steps=[
            PriceStepOut(name=e["name"], factor=e["factor"], after=e["after"], sales=e["n"])
            for e in quote.lines
        ],
        explanation={"en": found.words, "is": found.icelandic},
        hint=quote.hint,
        daysToSell=quote.days,
        markdowns=[
            RungOut(day=rung.day, date=rung.date, price=rung.price, soldBy=rung.sold)
            for rung in found.ladder
        ],
        quoteId=quote.pk,
    )


def _weighed(each: Any) -> dict[str, Any]:
    """The fields that a computed and a stored comparable have in common."""
    names = (
        "price", "similarity", "basis", "recency", "weight", "share", "adjusted", "excluded",
        "reason",
    )  # fmt: skip
    return {name: getattr(each, name) for name in names}


def _address(image_key: str) -> str:
    return storage.url_for(image_key) if image_key else ""
