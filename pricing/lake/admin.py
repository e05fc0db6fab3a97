"""What goes to the lake, of all shops together: for superusers, to read."""

from django.contrib import admin

from carousel.ops.admin import ReadOnly
from pricing.lake.models import Shipment


@admin.register(Shipment)
class Shipments(ReadOnly):
    list_display = ("created_at", "state", "sales_count", "written_at", "lease_until")
    list_filter = ("state",)
