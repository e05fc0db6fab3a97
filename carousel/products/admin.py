"""Data fixes on products. A fix is an edit like any other: a version, an event, words of ours."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carousel.data_fixes import Fixes, Log
from carousel.errors import Refused
from carousel.products.images import ProductImage
from carousel.products.models import Product
from carousel.products.money import shown


class Pictures(admin.TabularInline):  # type: ignore[type-arg]
    model = ProductImage
    fields = readonly_fields = ("thumbnail", "position", "is_primary", "photo_id")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="picture")
    def thumbnail(self, image: ProductImage) -> SafeString:
        return _thumbnail(str(image.photo_id))


@admin.register(Product)
class Products(Fixes[Product]):
    list_display = ("thumbnail", "title", "state", "amount", "category", "brand", "tenant", "age")
    list_display_links = ("thumbnail", "title")
    list_filter = ("state", "condition", ("deleted_at", admin.EmptyFieldListFilter), "tenant")
    search_fields = ("title", "brand", "category", "id")
    readonly_fields = (
        "id", "tenant", "state", "version", "in_the_shop", "suggested", "edited_fields", "batch_id",
        "group_id", "listed_at", "sold_at", "delisted_at", "updated_at", "deleted_at", "created_at",
    )  # fmt: skip
    fields = (*Product.FIELDS, "currency", *readonly_fields)
    raw_id_fields = ()
    inlines = (Pictures,)
    actions = ("delete_softly", "restore")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("images")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *more: Any, **named: Any
    ) -> Any:
        """A fix that is refused leaves nothing: no field, no line in the log, no success told."""
        try:
            return super().changeform_view(request, object_id, *more, **named)
        except Refused as error:
            self.message_user(request, f"Not saved. {error}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: Any) -> None:
        """Through the model's own door, so that the storefront hears of it."""
        stands = Product.objects.get(pk=obj.pk)
        sent = {name: form.cleaned_data[name] for name in form.changed_data}
        wanted = {name: value for name, value in sent.items() if value != getattr(stands, name)}
        if wanted:
            stands.edit(wanted, by=request.user.pk)

    @admin.action(description="Delete, so that it can be restored")
    def delete_softly(self, request: HttpRequest, products: Any) -> None:
        for product in products:
            product.remove(by=str(request.user.pk))

    @admin.action(description="Restore what was deleted")
    def restore(self, request: HttpRequest, products: Any) -> None:
        for product in products:
            product.restore(by=str(request.user.pk))

    @admin.display(description="picture")
    def thumbnail(self, product: Product) -> SafeString:
        primary = [image for image in product.images.all() if image.is_primary]
        return _thumbnail(str(primary[0].photo_id)) if primary else SafeString("–")

    @admin.display(description="price", ordering="price")
    def amount(self, product: Product) -> str:
        return shown(product.price, product.currency)

    @admin.display(description="changed", ordering="updated_at")
    def age(self, product: Product) -> Any:
        return product.updated_at

    @admin.display(description="in the shop")
    def in_the_shop(self, product: Product) -> SafeString:
        return format_html('<a href="{}">View the item</a>', reverse("product", args=[product.pk]))


def _thumbnail(photo: str) -> SafeString:
    return format_html('<img src="/photos/{}/160" alt="" width="40" height="40">', photo)


@admin.register(ProductImage)
class ProductImages(Log[ProductImage]):
    list_display = ("product", "position", "is_primary", "tenant")
    list_select_related = ("product", "tenant")
    search_fields = ("=product__id", "=photo_id")
