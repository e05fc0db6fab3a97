"""Shops, people and their rights. Deactivating a person ends everything they are signed in to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from carousel.data_fixes import Fixes, Glance, Log
from carousel.tenants.models import (
    ApiKey,
    AuditEntry,
    IdempotencyKey,
    Membership,
    RefreshToken,
    Tenant,
    User,
)


class SuperusersOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Not for a shop's own staff: these rows reach over the walls."""

    paginator = Glance
    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


@admin.register(Tenant)
class Tenants(SuperusersOnly):
    list_display = ("name", "slug", "currency", "is_active", "created_at")
    list_filter = ("is_active", "currency")
    search_fields = ("name", "slug")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Memberships(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    raw_id_fields = ("tenant",)


@admin.register(User)
class Users(SuperusersOnly):
    list_display = ("email", "full_name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "full_name")
    fields = (
        "email", "full_name", "is_active", "is_staff", "is_superuser", "oidc_subject",
        "last_login", "date_joined",
    )  # fmt: skip
    readonly_fields = ("last_login", "date_joined")
    inlines = (Memberships,)
    actions = ("deactivate", "activate")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Deactivate: sign out everywhere, now")
    def deactivate(self, request: HttpRequest, people: Any) -> None:
        for person in people:
            person.deactivate()
            self.log_change(request, person, "Deactivated")

    @admin.action(description="Activate")
    def activate(self, request: HttpRequest, people: Any) -> None:
        for person in people:
            User.objects.filter(pk=person.pk).update(is_active=True)
            self.log_change(request, person, "Activated")


@admin.register(ApiKey)
class ApiKeys(Log[ApiKey]):
    list_display = ("name", "prefix", "role", "tenant", "last_used_at", "revoked_at")
    list_filter = ("role", "tenant")
    exclude = ("digest",)


@admin.register(RefreshToken)
class RefreshTokens(Log[RefreshToken]):
    list_display = ("user", "tenant", "expires_at", "used_at", "revoked_at")
    list_select_related = ("user", "tenant")
    exclude = ("digest",)


@admin.register(AuditEntry)
class AuditEntries(Log[AuditEntry]):
    list_display = ("created_at", "tenant", "user", "action", "subject")
    list_filter = ("action", "tenant")
    list_select_related = ("tenant", "user")
    search_fields = ("subject",)
    ordering = ("-created_at",)


@admin.register(IdempotencyKey)
class IdempotencyKeys(Log[IdempotencyKey]):
    list_display = ("key", "tenant", "status", "created_at")
    exclude = ("body",)


@admin.register(Membership)
class MembershipRows(Fixes[Membership]):
    list_display = ("user", "tenant", "role")
    list_filter = ("role", "tenant")
    list_select_related = ("user", "tenant")
    raw_id_fields = ("user", "tenant")
