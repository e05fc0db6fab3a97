"""A sold product becomes a sale, in the transaction of the change, once for ever."""

from datetime import datetime
from typing import Any

from django.conf import settings

from carousel.errors import GiveUp
from carousel.models import Event, Product, ProductImage
from carousel.rows import add_once
from imaging.models import Embedding
from pricing.models import Sale


def record_sale(event: Event) -> None:
    """Write the sale that a `product.sold` event tells of.

    GiveUp if its id was used for another item. An item without a picture is recorded without a
    vector, and stays out of comparisons by looks.
    """
    product = Product.objects.get(pk=str(event.subject))
    sale_id = event.data.get("sale_id") or f"carousel-{product.pk}"
    sale = Sale(tenant_id=event.tenant_id, sale_id=sale_id, **_facts(event, product))
    if not add_once(sale):
        _refuse_other_item(sale)


def _refuse_other_item(sale: Sale) -> None:
    known = Sale.objects.filter(tenant=sale.tenant_id, sale_id=sale.sale_id)
    if known.get().product_id != sale.product_id:
        raise GiveUp(f"The sale {sale.sale_id} is already known, for another item.")


def _facts(event: Event, product: Product) -> dict[str, Any]:
    sold_at = datetime.fromisoformat(event.data["at"])
    return {
        "product_id": str(product.pk),
        "price": event.data.get("price") or product.price,
        "currency": event.data.get("currency") or product.currency,
        "sold_at": sold_at,
        "listed_at": product.listed_at if _in_order(product, sold_at) else None,
        "category": product.category or "Other",
        "brand": product.brand,
        "condition": product.condition,
        "title": product.title,
        "description": product.description_en,
        "colour": ", ".join(product.colours)[:100],
        "material": str(product.attributes.get("material", ""))[:100],
        "size": str(product.attributes.get("size", ""))[:60],
        "source": "carousel",
    } | _picture(product)


def _in_order(product: Product, sold_at: datetime) -> bool:
    return product.listed_at is not None and product.listed_at <= sold_at


def _picture(product: Product) -> dict[str, Any]:
    image: ProductImage | None = product.images.filter(is_primary=True).first()
    if image is None:
        return {}
    found = Embedding.objects.filter(photo_id=image.photo_id, model=settings.EMBEDDING_MODEL)
    key = {"image_key": image.key("cutout", "1280") or ""}
    embedding = found.first()
    if embedding is None:
        return key
    return key | {
        "embedding_id": embedding.pk,
        "vector": embedding.vector,
        "model": embedding.model,
    }
