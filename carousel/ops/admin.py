"""What operating leaves behind, to read; and schedules to run now."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from carousel.ops.models import Alert, Heartbeat, Sample, Schedule
from carousel.ops.schedules import ask
from carousel.tenants.admin import SuperusersOnly


class ReadOnly(SuperusersOnly):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission


@admin.register(Schedule)
class Schedules(ReadOnly):
    list_display = ("name", "started_at", "finished_at", "is_ok", "note", "runs")
    actions = ("run_now",)

    @admin.action(description="Run now", permissions=["view"])
    def run_now(self, request: HttpRequest, rows: Any) -> None:
        for row in rows:
            ask(row.name)
        messages.success(request, f"{len(rows)} asked to run now.")


@admin.register(Alert)
class Alerts(ReadOnly):
    list_display = ("created_at", "severity", "kind", "subject", "detail", "due_at", "resolved_at")
    list_filter = ("severity", "kind", ("resolved_at", admin.EmptyFieldListFilter))
    ordering = ("-created_at",)


@admin.register(Sample)
class Samples(ReadOnly):
    list_display = ("created_at", "name", "value")
    list_filter = ("name",)
    ordering = ("-created_at",)


@admin.register(Heartbeat)
class Heartbeats(ReadOnly):
    list_display = ("worker", "seen_at")
