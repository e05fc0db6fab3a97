"""What the connection pool does with a connection that comes back."""

from typing import Any

from psycopg import Connection


def forget(connection: Connection[Any]) -> None:
    """It belongs to no tenant any more: see carousel/tenants/walls.py."""
    connection.execute("RESET app.tenant")
    connection.commit()
