"""Do migrations leave the version before in working order? It runs beside the new one for a while.

Adding is fine; what the old version still reads or does not fill is not. A migration that tightens
or removes says why that is safe by then, in a line `SAFE = "..."` of its own.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.db import models
from django.db.migrations import Migration, operations
from django.db.models import NOT_PROVIDED

BEFORE_THE_FIRST_DEPLOY = {"carousel": 9, "imaging": 10, "grouping": 6, "pricing": 8}
"""App -> the last number that no running version was ever older than."""
REMOVES = (
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameField,
    operations.RenameModel,
    operations.AlterModelTable,
)


def complaints() -> list[str]:
    """A line for each operation that would break the version before."""
    found = []
    for app, last in BEFORE_THE_FIRST_DEPLOY.items():
        folder = Path(apps.get_app_config(app).path) / "migrations"
        for file in sorted(folder.glob("[0-9]*.py")):
            if int(file.stem[:4]) > last:
                module = import_module(f"{app}.migrations.{file.stem}")
                if not getattr(module, "SAFE", ""):
                    found += [f"{app} {file.stem}: {what}" for what in breaks(module.Migration)]
    return found


def breaks(migration: type[Migration]) -> Iterator[str]:
    new = {
        one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)
    }
    for one in migration.operations:
        if getattr(one, "model_name_lower", "") not in new:
            yield from _broken_by(one)


def _broken_by(one: operations.base.Operation) -> Iterator[str]:
    if isinstance(one, REMOVES):
        yield f"{one.describe()}: the version before still uses it"
    if isinstance(one, operations.AddField) and _must_be_filled(one.field):
        yield f"{one.describe()}: the version before does not fill it; give it a db_default"
    if isinstance(one, operations.RunSQL | operations.RunPython) and not one.reversible:
        yield f"{one.describe()}: it cannot be taken back"


def _must_be_filled(field: "models.Field[object, object]") -> bool:
    many = isinstance(field, models.ManyToManyField)
    return not (many or field.null or field.db_default is not NOT_PROVIDED)
