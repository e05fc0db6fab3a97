"""An accepted group becomes a draft, and stops being one when the acceptance is taken back.

Both may be asked twice: a group has one product for ever, which undrafting hides and drafting
brings back with everything that staff wrote on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.events.outbox import record, record_all
from carousel.products.images import ProductImage
from carousel.products.models import Product
from carousel.tenants.models import Tenant, User


@dataclass(frozen=True)
class Picture:
    """A photo of the item. `files` maps a variant ("cutout", "thumb") to its {"key": ...}."""

    photo_id: UUID
    files: Mapping[str, Any] = field(default_factory=dict)
    is_primary: bool = False


@dataclass(frozen=True)
class Wanted:
    """An accepted group that is to have a draft."""

    group_id: UUID
    name: str
    pictures: Sequence[Picture]
    named_by_staff: bool = False


@transaction.atomic
def draft_new(
    tenant: Tenant, user: User | None, wanted: Sequence[Wanted], batch_id: UUID
) -> list[Product]:
    """Drafts of groups that never had one: hundreds in as many queries as one takes."""
    products = Product.objects.bulk_create(
        Product(
            tenant=tenant,
            batch_id=batch_id,
            group_id=each.group_id,
            title=each.name[:200],
            currency=tenant.currency,
            edited_fields=["title"] if each.named_by_staff and each.name else [],
        )
        for each in wanted
    )
    ProductImage.objects.bulk_create(
        picture
        for product, each in zip(products, wanted, strict=True)
        for picture in _images(product, each.pictures, None)
    )
    ids = [product.pk for product in products]
    record_all(tenant, "product.drafted", ids, **_by(user), batch=str(batch_id))
    return products


@transaction.atomic
def draft(
    tenant: Tenant,
    user: User | None,
    name: str,
    pictures: Sequence[Picture],
    batch_id: UUID,
    group_id: UUID,
    *,
    named_by_staff: bool = False,
) -> Product:
    """The draft of this group, with these pictures in this order. The first is primary by default.

    A name that staff chose is theirs: no suggestion replaces it. Refused once it has been listed.
    """
    product, made = Product.objects.get_or_create(
        tenant=tenant,
        group_id=group_id,
        defaults={"batch_id": batch_id, "title": name[:200], "currency": tenant.currency},
    )
    if not made:
        _bring_back(product)
    _name(product, name, named_by_staff=named_by_staff)
    show(product, pictures)
    record(tenant, "product.drafted", subject=product.pk, **_by(user), batch=str(batch_id))
    return product


def undraft(product: Product, user: User | None = None) -> None:
    """Hide the draft again. Refused when it has been listed: a storefront may have shown it."""
    undraft_all([product], user)
    product.refresh_from_db()


@transaction.atomic
def undraft_all(products: Sequence[Product], user: User | None = None) -> None:
    """Hide these drafts of one tenant, all or none, in as few queries as one takes."""
    shown = Product.objects.filter(pk__in=[product.pk for product in products], deleted_at=None)
    there = list(shown.order_by("pk").select_for_update())
    for product in there:
        if product.is_on_sale:
            raise Refused(
                f"{product} is {product.state}. Take it off sale before changing its group."
            )
        if product.state != Product.State.DRAFT:
            raise Refused(f"{product} is {product.state}: its group stays as it was.")
    shown.update(deleted_at=now(), version=F("version") + 1)
    if there:
        ids = [product.pk for product in there]
        record_all(there[0].tenant, "product.undrafted", ids, **_by(user))


def show(product: Product, pictures: Sequence[Picture]) -> None:
    """Make these the product's pictures. A primary that staff chose stays if it is among them."""
    chosen = product.images.filter(is_primary=True).values_list("photo_id", flat=True).first()
    product.images.all().delete()
    ProductImage.objects.bulk_create(_images(product, pictures, chosen))


@transaction.atomic
def exchange(
    product: Product, gone: Sequence[UUID], new: Sequence[Picture], user: User | None = None
) -> None:
    """Take some pictures off an item and put others at its end; the storefront hears of it."""
    row = Product.objects.select_for_update().get(pk=product.pk)
    if row.state in (Product.State.SOLD, Product.State.DELISTED):
        raise Refused(f"{row} is {row.state}: its pictures stay as they were.")
    row.images.filter(photo_id__in=gone).delete()
    there = list(row.images.values_list("photo_id", "position", "is_primary"))
    known, end = {photo for photo, _, _ in there}, max((n for _, n, _ in there), default=-1)
    ProductImage.objects.bulk_create(
        ProductImage(
            tenant_id=row.tenant_id,
            product=row,
            photo_id=picture.photo_id,
            position=end + 1 + n,
            files=dict(picture.files),
        )
        for n, picture in enumerate(p for p in new if p.photo_id not in known)
    )
    _lead(row)
    if row.is_on_sale:
        told: dict[str, Any] = {"pictures": row.images.count(), **_by(user)}
        row.become(Product.State.UPDATED, **told)
    else:
        Product.objects.filter(pk=row.pk).renew()
        record(row.tenant, "product.pictured", subject=row.pk, **_by(user))
    product.refresh_from_db()


def _lead(product: Product) -> None:
    """One picture comes first, also when the one that did has been taken off the item."""
    if not product.images.filter(is_primary=True).exists():
        first = product.images.values("pk")[:1]
        product.images.filter(pk__in=first).update(is_primary=True)


def _images(
    product: Product, pictures: Sequence[Picture], chosen: UUID | None
) -> list[ProductImage]:
    primary = _primary(pictures, chosen)
    return [
        ProductImage(
            tenant_id=product.tenant_id,
            product=product,
            photo_id=picture.photo_id,
            position=position,
            is_primary=picture.photo_id == primary,
            files=dict(picture.files),
        )
        for position, picture in enumerate(pictures)
    ]


def _primary(pictures: Sequence[Picture], chosen: UUID | None) -> UUID | None:
    there = [picture.photo_id for picture in pictures]
    if chosen in there:
        return chosen
    flagged = [picture.photo_id for picture in pictures if picture.is_primary]
    return next(iter([*flagged, *there]), None)


def _bring_back(product: Product) -> None:
    drafts = Product.objects.filter(pk=product.pk, state=Product.State.DRAFT)
    there = drafts.renew(deleted_at=None)
    product.refresh_from_db()
    if not there:
        raise Refused(f"{product} is {product.state} already.")


def _name(product: Product, name: str, *, named_by_staff: bool) -> None:
    if named_by_staff and name and name != product.title:
        product.edit({"title": name[:200]})
    elif named_by_staff and name:
        product.claim("title")


def _by(user: User | None) -> dict[str, str]:
    return {"by": str(user.pk)} if user else {}
