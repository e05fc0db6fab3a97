"""What every row has: a UUID for a name, a birthday, and (nearly always) a tenant."""

import uuid

from django.db import models
from django.utils.timezone import now


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        abstract = True


class TenantRow(Row):
    """A row that belongs to a tenant; read it through `tenant.<name>s`, never through `objects`."""

    tenant = models.ForeignKey(
        "carousel.Tenant", models.CASCADE, related_name="%(class)ss", related_query_name="%(class)s"
    )

    class Meta(Row.Meta):
        abstract = True
