"""A row can only point at a row of its own tenant: every key between tenants' tables carries it.

Django's foreign keys know nothing of tenants. Beside each of them stands a second one over
(tenant, id), so that no query, however wrong, ties one shop's photo to another shop's batch.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.backends.utils import CursorWrapper
from django.db.models import ForeignKey, Model
from psycopg import sql


@dataclass(frozen=True)
class Bond:
    """`table.column` points at `target`."""

    table: str
    column: str
    target: str

    @property
    def name(self) -> str:
        """Within the 63 bytes of a PostgreSQL name, and always the same."""
        digest = hashlib.sha256(f"{self.table}.{self.column}".encode()).hexdigest()[:8]
        return f"{self.table[:24]}_{self.column[:20]}_{digest}_tenant"


def of_tenants() -> list[type[Model]]:
    """The models whose rows belong to a tenant."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == "tenant" for field in model._meta.fields)
    ]


def bonds() -> list[Bond]:
    """Every foreign key that the database checks from one tenants' table to another."""
    return sorted(_bonds(), key=lambda bond: bond.name)


def tie(cursor: CursorWrapper, existing: set[str]) -> None:
    """Add the keys that are not there yet. Fails, naming the key, where rows already break it."""
    there = [bond for bond in bonds() if {bond.table, bond.target} <= existing]
    cursor.execute("SELECT conname FROM pg_constraint WHERE conname LIKE %s", [r"%\_tenant"])
    known = {name for (name,) in cursor.fetchall()}
    for target in sorted({bond.target for bond in there}):
        if _unique(target) not in known:
            _run(
                cursor,
                "ALTER TABLE {} ADD CONSTRAINT {} UNIQUE (tenant_id, id)",
                *(target, _unique(target)),
            )
    for bond in there:
        if bond.name not in known:
            _run(
                cursor,
                "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY (tenant_id, {})"
                " REFERENCES {} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
                *(bond.table, bond.name, bond.column, bond.target),
            )


def _bonds() -> Iterator[Bond]:
    owned: set[Any] = set(of_tenants())
    for model in owned:
        for field in model._meta.local_fields:
            target: Any = field.related_model if isinstance(field, ForeignKey) else None
            if target in owned and field.db_constraint:
                yield Bond(model._meta.db_table, field.column, target._meta.db_table)


def _unique(table: str) -> str:
    return f"{table}_of_tenant"


def _run(cursor: CursorWrapper, statement: str, *names: str) -> None:
    cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))
