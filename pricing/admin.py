"""Sales to import, export and correct by hand; quotes, strikes and decisions to read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from import_export import resources
from import_export.admin import ImportExportMixin

from carousel import storage
from carousel.data_fixes import Fixes, Log
from carousel.models import Membership, Tenant
from carousel.products.money import shown
from pricing import handed_in, importing, reading
from pricing.lake import admin as lake
from pricing.models import (
    Comparable,
    Decision,
    Import,
    Lesson,
    Quote,
    Sale,
    Strike,
)
from pricing.sales import kept_since
from pricing.validation import admin as validation

__all__ = ["lake", "validation"]
COLUMNS = (
    "sale_id", "product_id", "sold_at", "price", "currency", "category", "brand", "condition",
    "title", "colour", "material", "size", "listed_at", "description",
)  # fmt: skip


class SaleResource(resources.ModelResource):  # type: ignore[misc]
    """Rows of a file as sales of one tenant. A price is read as people write it: 12.50, 4500."""

    class Meta:
        model = Sale
        fields = COLUMNS
        import_id_fields = ("sale_id",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def __init__(self, tenant: Tenant | None = None) -> None:
        super().__init__()
        self.tenant = tenant

    def get_queryset(self) -> Any:
        return Sale.objects.filter(tenant=self.tenant)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """The same reading as everywhere; what is wrong is shown beside the row."""
        if self.tenant is None:
            raise ValidationError("You belong to no shop, so these sales would be nobody's.")
        found = reading.read(int(kwargs.get("row_number") or 1), row, self.tenant.currency)
        why = importing.refusal(found, kept_since())
        if why or isinstance(found, reading.Wrong):
            raise ValidationError(why)
        sale = importing.sale_from(self.tenant, found)
        row.update({name: getattr(sale, name) for name in COLUMNS})

    def before_save_instance(self, instance: Sale, row: Any, **kwargs: Any) -> None:
        instance.tenant = self.tenant  # type: ignore[assignment]
        instance.source = instance.source or "import"


@admin.register(Sale)
class Sales(ImportExportMixin, Fixes[Sale]):  # type: ignore[misc]
    resource_classes = (SaleResource,)
    list_display = (
        "thumbnail", "title", "amount", "sold_at", "season", "category", "brand", "condition",
        "source", "tenant",
    )  # fmt: skip
    list_display_links = ("thumbnail", "title")
    list_filter = ("source", "condition", "season", "tenant")
    search_fields = ("sale_id", "product_id", "title", "brand", "category")
    raw_id_fields = ("tenant",)
    exclude = ("vector", "shipment")
    readonly_fields = ("id", "season", "category_key", "brand_key", "embedding_id", "model")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("vector")

    def get_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"tenant": _tenant(request)}

    get_import_resource_kwargs = get_resource_kwargs
    get_export_resource_kwargs = get_resource_kwargs

    @admin.display(description="picture")
    def thumbnail(self, sale: Sale) -> SafeString | str:
        if not sale.image_key:
            return "–"
        return format_html(
            '<img src="{}" width="48" height="48" alt="">', storage.url_for(sale.image_key)
        )

    @admin.display(description="price", ordering="price")
    def amount(self, sale: Sale) -> str:
        return shown(sale.price, sale.currency)


def _tenant(request: HttpRequest) -> Tenant | None:
    """The shop that the person works for: the one they have entered, or their first."""
    entered: Tenant | None = getattr(request, "tenant", None)
    if entered is not None:
        return entered
    own = Membership.objects.filter(user_id=str(request.user.pk)).select_related("tenant")
    first = own.order_by("created_at").first()
    return first.tenant if first else None


class Comparables(admin.TabularInline):  # type: ignore[type-arg]
    model = Comparable
    fields = readonly_fields = (
        "position", "sale", "price", "sold_at", "similarity", "basis", "weight", "share",
        "adjusted", "excluded", "reason",
    )  # fmt: skip
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Quote)
class Quotes(Log[Quote]):
    list_display = (
        "product", "price", "low", "high", "currency", "confidence", "basis", "silence",
        "is_current", "created_at", "in_the_shop",
    )  # fmt: skip
    list_filter = ("is_current", "silence", "basis", "strategy", "tenant")
    list_select_related = ("product", "tenant")
    inlines = (Comparables,)

    @admin.display(description="in the shop")
    def in_the_shop(self, quote: Quote) -> SafeString:
        return format_html('<a href="{}">View</a>', reverse("price", args=[quote.product_id]))


@admin.register(Comparable)
class AllComparables(Log[Comparable]):
    """Of every quote, to find which ones a sale has moved."""

    list_display = ("quote", "sale", "price", "similarity", "basis", "share", "excluded", "tenant")
    list_filter = ("basis", "excluded", "tenant")
    list_select_related = ("quote__product", "sale", "tenant")


@admin.register(Strike)
class Strikes(Log[Strike]):
    list_display = ("product", "sale", "by", "reason", "created_at", "lifted_at", "tenant")
    list_select_related = ("product", "sale", "by", "tenant")


@admin.register(Decision)
class Decisions(Log[Decision]):
    list_display = (
        "product", "kind", "before", "price", "suggested", "by", "reason", "to_audit", "audit_ok",
        "created_at",
    )  # fmt: skip
    list_filter = ("kind", "to_audit", "tenant")
    list_select_related = ("product", "by", "tenant")


@admin.register(Lesson)
class Lessons(Log[Lesson]):
    list_display = ("tenant", "created_at", "sales", "currency", "is_current")
    list_filter = ("is_current", "tenant")


class HandIn(forms.ModelForm):  # type: ignore[type-arg]
    """A file of sales. Looking first changes nothing and shows every row that is wrong."""

    tenant = forms.ModelChoiceField(Tenant.objects.all(), label="Whose sales")
    file = forms.FileField(help_text="CSV or Parquet, with the columns of import_sales.")
    only_look = forms.BooleanField(
        required=False, initial=True, help_text="Say what would happen; bring nothing in yet."
    )

    class Meta:
        model = Import
        fields = ("tenant",)

    def clean(self) -> dict[str, Any]:
        kept: dict[str, Any] = super().clean() or {}
        tenant, file = kept.get("tenant"), kept.get("file")
        if tenant is None or file is None:
            return kept
        try:
            tally = handed_in.look(tenant, file.name, file)
        except reading.Unreadable as error:
            raise ValidationError(str(error)) from error
        if kept["only_look"]:
            raise ValidationError([_told(tally), *_wrong(tally)])
        return kept


def _told(tally: importing.Tally) -> str:
    return (
        f"{tally.rows} rows: {tally.added} would be added, {tally.known} are known already,"
        f" {tally.refused} would be refused. Take the tick away to bring them in."
    )


def _wrong(tally: importing.Tally) -> list[str]:
    return [f"row {error['row']}: {error['why']}" for error in tally.errors]


@admin.register(Import)
class Imports(Log[Import]):
    """What was imported, how far it is, and where a new file is handed in."""

    list_display = ("source", "name", "state", "rows", "added", "known", "refused", "created_at")
    list_filter = ("source", "state", "tenant")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super(Log, self).has_add_permission(request)

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002
        **kwargs: Any,
    ) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        mine = _tenant(request)
        shops = Tenant.objects.all()
        if not getattr(request.user, "is_superuser", False):
            shops = shops.filter(pk=mine.pk) if mine else shops.none()
        field = forms.ModelChoiceField(shops, label="Whose sales", initial=mine)
        return type("HandInHere", (HandIn,), {"tenant": field})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fields(request, obj) if obj else ("tenant", "file", "only_look")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose sales they are is chosen when they are handed in, of one's own shops."""
        return super().get_readonly_fields(request, obj) if obj else ()

    def save_form(self, request: HttpRequest, form: Any, change: Any) -> Any:
        kept = form.cleaned_data
        return handed_in.keep(kept["tenant"], kept["file"].name, kept["file"])

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """`handed_in.keep` has written the row; the clock does the rest."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """A file has nothing beside it."""
