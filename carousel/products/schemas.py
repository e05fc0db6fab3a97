"""What a product looks like to the storefront, and what programs may send us about one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import BaseModel, ConfigDict, StringConstraints

from carousel import storage
from carousel.products.images import ProductImage
from carousel.products.models import Product
from carousel.products.money import to_major
from carousel.rows import STORABLE

Conditions = Literal["new_with_tags", "like_new", "very_good", "good", "fair", "poor"]
States = Literal["draft", "listed", "updated", "sold", "delisted"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=STORABLE)]
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=STORABLE)
]
Paragraphs = Annotated[str, StringConstraints(max_length=5000, pattern=STORABLE)]
VARIANTS = {
    "large": ("shop", "1280"),
    "small": ("shop-320", "320", "160"),
    "cutout": ("cutout", "cutout-320"),
}


class ProductsAsked(Schema):
    """Which items, and how many at once."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=200, description="From `next`; opaque.")
    state: Literal["on_sale", "any"] | States = "on_sale"
    category: Annotated[str, StringConstraints(max_length=120, pattern=STORABLE)] = ""
    q: Annotated[str, StringConstraints(max_length=100, pattern=STORABLE)] = Field(
        "", description="Words in title, brand, category or keywords."
    )


class Money(BaseModel):
    """A price. `amount` counts the currency's smallest unit: 4500 ISK is 4,500 krónur."""

    amount: int = Field(examples=[4500])
    currency: str = Field(examples=["ISK"])
    shown: str = Field(description="The amount in the main unit, for people.", examples=["4500"])


class Picture(BaseModel):
    """Links work for at least five minutes; ask again for fresh ones. Null: not made."""

    id: UUID
    is_primary: bool
    large: str | None = Field(description="1280 px on the long side, WebP.")
    small: str | None = Field(description="320 px on the long side, WebP.")
    cutout: str | None = Field(description="The item without its background.")


class ProductOut(BaseModel):
    id: UUID
    state: States
    version: int = Field(description="Rises with every change. Send it back in If-Match.")
    title: str
    description: dict[Literal["en", "is"], str] = Field(description="By language code.")
    category: str
    brand: str
    condition: Conditions | None
    colours: list[str]
    keywords: list[str]
    attributes: dict[str, Any]
    rating: float | None = Field(description="Quality of the listing, 1 to 5.")
    price: Money | None
    pictures: list[Picture]
    relisted_from: UUID | None
    created_at: datetime
    updated_at: datetime
    listed_at: datetime | None
    sold_at: datetime | None


class ProductList(BaseModel):
    items: list[ProductOut]
    next: str | None = Field(description="Address of the next page; null on the last.")


class ProductIn(Schema):
    """Fields of an item. Leave out what should stay as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(max_length=200, pattern=STORABLE)] | None = None
    description_en: Paragraphs | None = None
    description_is: Paragraphs | None = None
    category: Line | None = None
    brand: Line | None = None
    condition: Conditions | Literal[""] | None = None
    colours: Annotated[list[Word], Field(max_length=12)] | None = None
    keywords: Annotated[list[Word], Field(max_length=40)] | None = None
    attributes: Annotated[dict[Word, Line], Field(max_length=40)] | None = None
    rating: Annotated[float, Field(ge=1, le=5, description="Kept to one decimal.")] | None = None
    price: (
        Annotated[int, Field(strict=True, gt=0, lt=10**12, description="In minor units.")] | None
    ) = None

    def wanted(self) -> dict[str, Any]:
        """What was sent. Null empties a price or a rating, and leaves words alone."""
        sent = self.model_dump(exclude_unset=True)
        if sent.get("rating") is not None:
            sent["rating"] = round(Decimal(str(sent["rating"])), 1)
        return {
            name: value
            for name, value in sent.items()
            if value is not None or name in ("price", "rating")
        }


class NewState(Schema):
    state: Literal["listed", "delisted"]
    reason: Annotated[str, StringConstraints(max_length=200, pattern=STORABLE)] = Field(
        "", description="Why it is published in spite of `doubts`; not needed without any."
    )


class Statistics(Schema):
    """Numbers of the shop as they stand now."""

    products: dict[str, int] = Field(description="By state.")
    listed_today: int
    sold_today: int
    dead_letters: int


def told(request: HttpRequest, products: Sequence[Product]) -> list[ProductOut]:
    """Each with its pictures, which are read in one query."""
    pictures = defaultdict(list)
    for image in ProductImage.objects.filter(product__in=[product.pk for product in products]):
        pictures[image.product_id].append(picture(request, image))
    return [_out(product, pictures[product.pk]) for product in products]


def _out(product: Product, pictures: list[Picture]) -> ProductOut:
    price = product.price and Money(
        amount=product.price,
        currency=product.currency,
        shown=str(to_major(product.price, product.currency)),
    )
    return ProductOut(
        **{name: getattr(product, name) for name in SAME},
        description={"en": product.description_en, "is": product.description_is},
        condition=cast(Conditions | None, product.condition or None),
        price=price or None,
        pictures=pictures,
        relisted_from=product.relisted_from_id,
    )


SAME = set(ProductOut.model_fields) - {
    "description", "condition", "price", "pictures", "relisted_from",
}  # fmt: skip


def picture(request: HttpRequest, image: ProductImage) -> Picture:
    links = {name: _link(request, image.key(*kinds)) for name, kinds in VARIANTS.items()}
    return Picture(id=image.pk, is_primary=image.is_primary, **links)


def _link(request: HttpRequest, key: str | None) -> str | None:
    return request.build_absolute_uri(storage.url_for(key)) if key else None
