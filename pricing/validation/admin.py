"""Looks at store and lake with the rows that one side lacks, to read; repairs have their page."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carousel.data_fixes import Log
from pricing.validation.models import InspectedFile, Lack, Validation


@admin.register(Validation)
class Validations(Log[Validation]):
    list_display = (
        "created_at", "state", "sales", "on_the_way", "seconds", "repaired_at", "tenant",
        "in_the_shop",
    )  # fmt: skip
    list_filter = ("state", "tenant")
    date_hierarchy = "created_at"

    @admin.display(description="in the shop")
    def in_the_shop(self, validation: Validation) -> SafeString:
        return format_html('<a href="{}">View</a>', reverse("validation", args=[validation.pk]))


@admin.register(Lack)
class Lacks(Log[Lack]):
    list_display = ("key", "side", "sold_at", "price", "validation", "tenant")
    list_filter = ("side", "tenant")
    search_fields = ("key",)
    list_select_related = ("validation", "tenant")


@admin.register(InspectedFile)
class InspectedFiles(Log[InspectedFile]):
    list_display = ("path", "rows", "faults", "inspected_at", "tenant")
    list_filter = ("tenant",)
    search_fields = ("path",)
