"""Row-level security: the second wall between tenants, for the day a query forgets the first.

The web server and the workers act as a role that owns nothing. A connection sees the rows of the
one tenant named in `app.tenant`; with none named it sees nothing; `*` is for work that crosses
tenants (the sweeper, the relay), which web requests never get.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from carousel import wiring
from carousel.launcher.programs import APP_ROLE, IMPORTER_ROLE
from carousel.tenants import bonds

ROLE, IMPORTER = APP_ROLE, IMPORTER_ROLE
EVERYONE = "*"
BEFORE_THE_TENANT = {"Membership", "ApiKey", "RefreshToken", "Source"}
"""Tables by which the tenant is found, each row by a secret or by a person: anybody here may read
them, but they are written only from inside their tenant."""

SEEN = (
    "tenant_id = (SELECT nullif(nullif(current_setting('app.tenant', true), ''), '*')::uuid)"
    " OR (SELECT coalesce(current_setting('app.tenant', true), '') = '*')"
)


WALL = (f"CREATE POLICY one_tenant ON {{}} USING ({SEEN}) WITH CHECK ({SEEN})",)
HALF_WALL = (
    "CREATE POLICY anybody_reads ON {} FOR SELECT USING (true)",
    f"CREATE POLICY one_tenant_adds ON {{}} FOR INSERT WITH CHECK ({SEEN})",
    f"CREATE POLICY one_tenant_changes ON {{}} FOR UPDATE USING ({SEEN}) WITH CHECK ({SEEN})",
    f"CREATE POLICY one_tenant_removes ON {{}} FOR DELETE USING ({SEEN})",
)


def tables() -> dict[str, tuple[str, ...]]:
    """Table of each model with a tenant -> the policies that make its wall."""
    return {
        model._meta.db_table: HALF_WALL if model.__name__ in BEFORE_THE_TENANT else WALL
        for model in bonds.of_tenants()
    }


def build(**_: Any) -> None:
    """Make the role and the walls. Runs after every migration, as the owner; may run again."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        _make_roles(cursor, existing)
        for table, policies in tables().items():
            if table in existing:
                _wall(cursor, table, policies)
        bonds.tie(cursor, existing)


def enter(tenant_id: UUID) -> None:
    """From here on this connection sees one tenant: until `leave`, or the pool has it back."""
    _set(str(tenant_id))


def leave() -> None:
    """Back to what this process sees by itself: a worker everything, the web server nothing."""
    if settings.WALLED:
        with connection.cursor() as cursor:
            cursor.execute("RESET app.tenant")


@contextmanager
def inside(tenant_id: UUID) -> Iterator[None]:
    """One tenant's work, whatever this process sees by itself."""
    before = _swapped(str(tenant_id))
    try:
        yield
    finally:
        _set(before)


@contextmanager
def crossing() -> Iterator[None]:
    """Work that crosses tenants; then we see again what we saw. Never for a member's own wish."""
    before = _swapped(EVERYONE)
    try:
        yield
    finally:
        _set(before)


def only_import() -> None:
    """For the rest of this transaction only sales and the progress of imports can be written,
    whatever a stranger's file makes the program do."""
    if settings.DATABASE_ROLE:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(IMPORTER)))


def cross() -> None:
    _set(EVERYONE)


def _set(value: str) -> None:
    if settings.WALLED:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant', %s, false)", [value])


def _swapped(value: str) -> str:
    """See this from here on. What was seen before: inside a request that is its tenant."""
    if not settings.WALLED:
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.tenant', true), '')")
        before = str(cursor.fetchone()[0])
    _set(value)
    return before


def _make_roles(cursor: CursorWrapper, existing: set[str]) -> None:
    _make_role(
        cursor,
        ROLE,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
    )
    written = existing.intersection(wiring.IMPORTED)
    _make_role(
        cursor,
        IMPORTER,
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
        *(f"GRANT INSERT, UPDATE ON {table} TO {{}}" for table in sorted(written)),
    )


def _make_role(cursor: CursorWrapper, name: str, *grants: str) -> None:
    role = sql.Identifier(name)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS").format(role))
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    for grant in ("GRANT USAGE ON SCHEMA public TO {}", *grants):
        cursor.execute(sql.SQL(grant).format(role))


def _wall(cursor: CursorWrapper, table: str, policies: tuple[str, ...]) -> None:
    name = sql.Identifier(table)
    cursor.execute("SELECT policyname FROM pg_policies WHERE tablename = %s", [table])
    for (policy,) in cursor.fetchall():
        cursor.execute(sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(policy), name))
    for statement in (
        "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {} FORCE ROW LEVEL SECURITY",
        *policies,
    ):
        cursor.execute(sql.SQL(statement).format(name))
