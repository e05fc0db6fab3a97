"""What every admin page has in common: whose rows it shows, fast lists, logs nobody rewrites."""

from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import ForeignKey, Model
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)
MOST = 10_000
"""Rows that a list counts and pages through; search and filters find what is further down."""


class Glance(Paginator):  # type: ignore[type-arg]
    """Counts no further than `MOST`: a full count of millions of rows takes seconds."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST].count())


class Fixes(admin.ModelAdmin, Generic[Row]):  # type: ignore[type-arg]
    """A page to correct rows by hand. A shop's own staff see and tie their own rows only."""

    paginator = Glance
    show_full_result_count = False
    list_per_page = 50
    list_select_related: ClassVar[tuple[str, ...]] = ("tenant",)
    raw_id_fields: ClassVar[tuple[str, ...]] = ("tenant",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """A shop's own staff see their shop; superusers see all."""
        rows = super().get_queryset(request)
        return rows if _sees_all(request) else rows.filter(tenant=_shop(request))

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Whoever sees one shop has nothing to choose, and need not read the others' names."""
        filters = super().get_list_filter(request)
        return filters if _sees_all(request) else [name for name in filters if name != "tenant"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if _sees_all(request) else (*fields, "tenant")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """What a row may point at: rows of the same shop."""
        target: Any = db_field.remote_field.model
        if not _sees_all(request) and any(f.name == "tenant" for f in target._meta.fields):
            kwargs["queryset"] = target._default_manager.filter(tenant=_shop(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if not _sees_all(request):
            obj.tenant = _shop(request)
        super().save_model(request, obj, form, change)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.delete_model(request, row)


def _sees_all(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _shop(request: HttpRequest) -> Any:
    """The shop that a member of staff has entered."""
    return getattr(request, "tenant", None)


class Log(Fixes[Row]):
    """A page to read. What happened is not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
