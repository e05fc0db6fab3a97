"""The logs of events, to read; partners and their keys, to set up."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from carousel.data_fixes import Fixes, Log
from carousel.events import letters, relay
from carousel.events.models import (
    DeadLetter,
    Delivery,
    Destination,
    Event,
    InboxEvent,
    Partner,
    Reconciliation,
    Source,
)
from carousel.tenants.models import User


@admin.register(Event)
class Events(Log[Event]):
    list_display = ("created_at", "kind", "subject", "tenant", "sent_at")
    list_filter = ("kind", "tenant")
    search_fields = ("=subject", "=id")
    ordering = ("-position",)


@admin.register(InboxEvent)
class InboxEvents(Log[InboxEvent]):
    list_display = (
        "created_at", "kind", "event_id", "subject", "state", "attempts", "duplicates", "source",
    )  # fmt: skip
    list_filter = ("state", "kind", "tenant")
    search_fields = ("=event_id", "=subject")
    ordering = ("-created_at",)


@admin.register(Reconciliation)
class Reconciliations(Log[Reconciliation]):
    list_display = ("created_at", "name", "tenant", "is_applied", "tally")
    list_filter = ("is_applied", "tenant")
    search_fields = ("name",)
    ordering = ("-created_at",)


@admin.register(Delivery)
class Deliveries(Log[Delivery]):
    list_display = ("created_at", "event", "destination", "state", "attempts", "status", "answer")
    list_filter = ("state", ("destination", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("event", "destination")
    search_fields = ("=subject", "=event__id")
    ordering = ("-position",)
    actions = ("send_again",)

    @admin.action(description="Send again", permissions=["view"])
    def send_again(self, request: HttpRequest, deliveries: Any) -> None:
        self.message_user(request, f"{relay.replay(deliveries)} are on their way again.")


@admin.register(DeadLetter)
class DeadLetters(Log[DeadLetter]):
    list_display = (
        "buried_at", "origin", "cause", "category", "attempts", "error", "tenant", "replayed_at",
    )  # fmt: skip
    list_filter = (
        ("replayed_at", admin.EmptyFieldListFilter),
        "category",
        "origin",
        "cause",
        "tenant",
    )
    search_fields = ("error", "=subject")
    ordering = ("-buried_at",)
    actions = ("dry_run", "try_again")

    @admin.action(description="Dry run: say what trying again would do", permissions=["view"])
    def dry_run(self, request: HttpRequest, chosen: Any) -> None:
        self._try(request, chosen, "It would be: ", dry=True)

    @admin.action(description="Try again", permissions=["view"])
    def try_again(self, request: HttpRequest, chosen: Any) -> None:
        self._try(request, chosen, "", dry=False)

    def _try(self, request: HttpRequest, chosen: Any, before: str, *, dry: bool) -> None:
        user = request.user if isinstance(request.user, User) else None
        tried = letters.try_again(DeadLetter.objects.open().filter(pk__in=chosen), user, dry=dry)
        said = ", ".join(f"{number} {what}" for what, number in tried.tally.items())
        self.message_user(request, before + (said or "nothing to do"))


class Partners(Fixes[Any]):
    readonly_fields: ClassVar[tuple[str, ...]] = ("id", "key_count")
    actions = ("new_key", "drop_oldest_key")

    @admin.display(description="keys")
    def key_count(self, partner: Partner) -> int:
        return len(partner.sealed_keys)

    @admin.action(description="Make a new key and show it once")
    def new_key(self, request: HttpRequest, partners: Any) -> None:
        for partner in partners:
            key = partner.add_key()
            self.message_user(request, f"{partner}: {key} Copy it now; it is not shown again.")

    @admin.action(description="Drop the oldest key")
    def drop_oldest_key(self, request: HttpRequest, partners: Any) -> None:
        for partner in partners:
            if partner.sealed_keys:
                partner.drop_key(partner.keys[0])
            self.message_user(request, f"{partner}: {len(partner.sealed_keys)} keys left.")


@admin.register(Source)
class Sources(Partners):
    list_display = ("name", "tenant", "is_active", "key_count", "id")
    list_filter = ("is_active", "tenant")


@admin.register(Destination)
class Destinations(Partners):
    list_display = ("name", "kind", "address", "tenant", "is_active", "failures", "key_count")
    list_filter = ("kind", "is_active", "tenant")
    readonly_fields = (*Partners.readonly_fields, "failures", "open_until")
