"""What every row has: a UUID for a name, a birthday, and (nearly always) a tenant."""

import uuid
from typing import Any

from django.db import connection, models
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery
from django.utils.timezone import now

STORABLE = r"^[^\x00]*$"
"""Text that PostgreSQL can keep: it cannot keep a NUL character."""


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


def add_once(row: models.Model) -> bool:
    """Insert the row, unless one with the same unique values stands there. Whether it was new.

    Django's own `ignore_conflicts` does not tell, and to ask costs a second statement.
    """
    query = InsertQuery(type(row), on_conflict=OnConflict.IGNORE)
    query.insert_values(
        [field for field in row._meta.concrete_fields if not field.generated], [row]
    )
    ((statement, values),) = query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row._state.adding = cursor.rowcount == 0
    return not row._state.adding


def let_go(late: models.QuerySet[Any], by: str, limit: int, *, pretend: bool) -> int:
    """Delete at most `limit` of these rows, the first by `by`, with what hangs on them. How many of
    them went; `pretend` counts them all and deletes none."""
    if pretend:
        return late.count()
    ids = list(late.order_by(by).values_list("pk", flat=True)[:limit])
    gone = late.model._default_manager.filter(pk__in=ids).delete()[1]
    return int(gone.get(late.model._meta.label, 0))
