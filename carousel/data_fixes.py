"""What every admin page has in common: fast lists, and logs that nobody rewrites."""

from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


class Fixes(admin.ModelAdmin, Generic[Row]):  # type: ignore[type-arg]
    """A page to correct rows by hand. Lists do not count what is filtered away."""

    show_full_result_count = False
    list_per_page = 50
    list_select_related: ClassVar[tuple[str, ...]] = ("tenant",)
    raw_id_fields: ClassVar[tuple[str, ...]] = ("tenant",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """A shop's own staff see their shop; superusers see all."""
        rows = super().get_queryset(request)
        if getattr(request.user, "is_superuser", False):
            return rows
        return rows.filter(tenant=getattr(request, "tenant", None))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.delete_model(request, row)


class Log(Fixes[Row]):
    """A page to read. What happened is not edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
