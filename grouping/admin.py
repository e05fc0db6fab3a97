"""Groups, edits and decisions for the people who repair data. The log of edits is read only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from carousel.data_fixes import Fixes, Log
from carousel.errors import Refused
from carousel.models import User
from grouping import history
from grouping.models import (
    Edit,
    Encounter,
    Group,
    GroupPhoto,
    Link,
    Presence,
    Review,
    Tuning,
)


@admin.register(Group)
class GroupAdmin(Fixes[Group]):
    list_display = ("name", "tenant", "batch", "state", "kind", "band", "confidence", "seen")
    list_filter = ("state", "kind", "band")
    search_fields = ("name", "consignor", "id")
    raw_id_fields = ("tenant", "batch", "cover")
    list_select_related = ("tenant", "batch")

    @admin.display(description="In the program")
    def seen(self, group: Group) -> str:
        return format_html('<a href="{}">View</a>', reverse("group", args=[group.pk]))


@admin.register(GroupPhoto)
class GroupPhotoAdmin(Fixes[GroupPhoto]):
    list_display = ("photo", "group", "position", "tenant")
    raw_id_fields = ("tenant", "group", "photo")
    list_select_related = ("photo", "group", "tenant")


@admin.register(Edit)
class EditAdmin(Log[Edit]):
    list_display = ("label", "kind", "batch", "seq", "user", "created_at", "state")
    list_filter = ("kind", "state")
    list_select_related = ("batch", "user")
    actions = ("undo",)

    @admin.action(description="Undo these edits, newest first", permissions=["view"])
    def undo(self, request: HttpRequest, edits: QuerySet[Edit]) -> None:
        user = request.user if isinstance(request.user, User) else None
        for edit in edits.select_related("batch__tenant").order_by("-seq"):
            try:
                history.undo(edit.batch, user, edit.seq)
            except Refused as refusal:
                self.message_user(request, str(refusal), "error")
                return
        self.message_user(request, "Taken back.")


@admin.register(Link)
class LinkAdmin(Fixes[Link]):
    list_display = ("a", "verdict", "b", "edit", "tenant")
    list_filter = ("verdict",)
    raw_id_fields = ("tenant", "edit", "a", "b")
    list_select_related = ("a", "b", "edit", "tenant")


@admin.register(Review)
class ReviewAdmin(Fixes[Review]):
    list_display = ("batch", "tenant", "version", "strictness", "grouped_at")
    raw_id_fields = ("tenant", "batch")
    list_select_related = ("batch", "tenant")


@admin.register(Presence)
class PresenceAdmin(Fixes[Presence]):
    list_display = ("user", "batch", "group", "seen_at")
    raw_id_fields = ("tenant", "batch", "user", "group")
    list_select_related = ("user", "batch", "group")


@admin.register(Encounter)
class EncounterAdmin(Fixes[Encounter]):
    list_display = ("photo", "verdict", "product", "user", "tenant")
    list_filter = ("verdict",)
    raw_id_fields = ("tenant", "photo", "product", "user", "edit")
    list_select_related = ("photo", "product", "user", "tenant")


@admin.register(Tuning)
class TuningAdmin(Fixes[Tuning]):
    list_display = ("model", "tenant", "state", "floor", "created_at", "decided_by")
    list_filter = ("state",)
    raw_id_fields = ("tenant", "decided_by")
    list_select_related = ("tenant", "decided_by")
    readonly_fields = ("figures",)
