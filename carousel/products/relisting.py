"""A return, or a second try: the item goes up again as a new listing that knows the old one."""

from uuid import UUID

from django.db import transaction

from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.products.images import ProductImage
from carousel.products.models import Product
from carousel.tenants.models import User

COPIED = (*Product.FIELDS, "currency", "suggested", "edited_fields", "batch_id")


@transaction.atomic
def relist(old: Product, user: User | None = None) -> Product:
    """A draft with the old item's words and pictures. Refused while the old one may still sell."""
    row = Product.objects.select_for_update().get(pk=old.pk)
    if row.state not in (Product.State.SOLD, Product.State.DELISTED):
        raise Refused(f"{row} is {row.state}. Only what was sold or delisted is listed again.")
    waiting = row.relistings.drafts().first()
    return waiting or _copy(row, user)


@transaction.atomic
def relist_as(old: Product, group: UUID, batch: UUID, user: User | None = None) -> Product:
    """The same for an item that was photographed again: the draft belongs to that group of photos.

    Refused when the item waits for its second sale already, as another group.
    """
    new = relist(old, user)
    if new.group_id not in (None, group):
        raise Refused(f"{old} is listed again already.")
    Product.objects.filter(pk=new.pk).update(group_id=group, batch_id=batch)
    new.refresh_from_db()
    return new


def _copy(old: Product, user: User | None) -> Product:
    words = {name: getattr(old, name) for name in COPIED}
    new = Product.objects.create(tenant_id=old.tenant_id, relisted_from=old, **words)
    ProductImage.objects.bulk_create(
        ProductImage(
            tenant_id=old.tenant_id,
            product=new,
            photo_id=image.photo_id,
            position=image.position,
            is_primary=image.is_primary,
            files=image.files,
        )
        for image in old.images.all()
    )
    by = {"by": str(user.pk)} if user else {}
    record(old.tenant, "product.relisted", subject=new.pk, old=str(old.pk), **by)
    return new
