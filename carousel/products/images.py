"""The pictures of a product: their order, and which one comes first."""

from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q

from carousel.events.outbox import record
from carousel.products.models import Product
from carousel.rows import TenantRow


class ProductImageQuerySet(models.QuerySet["ProductImage"]):
    @transaction.atomic
    def show(self, files: dict[str, Any]) -> None:
        """Show these files instead of those of the same names: another version of each item."""
        shown = Product.objects.filter(pk__in=self.values("product")).order_by("pk")
        products = [product.pk for product in shown.select_for_update()]
        for image in self.filter(product__in=products).select_for_update():
            image.files |= files
            image.save(update_fields=["files"])
        Product.objects.filter(pk__in=products).renew()


class ProductImage(TenantRow):
    """One picture of a product. Keys, never addresses: a signed address is made when it is read."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    photo_id: "models.UUIDField[UUID, UUID]" = models.UUIDField()
    position = models.PositiveSmallIntegerField(default=0)
    is_primary = models.BooleanField(default=False)
    files = models.JSONField(default=dict)

    objects = ProductImageQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "photo_id"], name="photo_once_per_product"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_primary=True), name="one_primary_image"
            ),
        ]

    def __str__(self) -> str:
        return f"Picture {self.position} of {self.product_id}"

    def key(self, *variants: str) -> str | None:
        """The storage key of the first of these variants that was made."""
        kept = (self.files.get(variant) for variant in variants)
        return next((file["key"] for file in kept if file), None)

    @transaction.atomic
    def make_primary(self, *, version: int | None = None, **told: Any) -> None:
        """Show this picture first; `by` tells who wants it. The lock keeps two choosers apart.

        `version`: Conflict unless the item is still that version.
        """
        product = Product.objects.select_for_update().get(pk=self.product_id)
        product.refuse_past(version)
        product.images.filter(is_primary=True).exclude(pk=self.pk).update(is_primary=False)
        if product.images.filter(pk=self.pk, is_primary=False).update(is_primary=True):
            Product.objects.filter(pk=product.pk).renew()
            told |= {"primary": str(self.photo_id)}
            record(self.tenant, "product.pictured", subject=product.pk, **told)
        self.refresh_from_db()
