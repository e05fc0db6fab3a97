"""Migrations that would break the version that still runs are refused."""

import pytest
from django.db import migrations, models

from carousel.management import compatible

OLD = {
    "a removed field": (migrations.RemoveField("photo", "size"), 1),
    "a renamed field": (migrations.RenameField("photo", "size", "bytes"), 1),
    "a deleted table": (migrations.DeleteModel("photo"), 1),
    "a field to be filled": (
        migrations.AddField("photo", "n", models.IntegerField(default=1)), 1),
    "a field that the database fills": (
        migrations.AddField("photo", "n", models.IntegerField(default=1, db_default=1)), 0),
    "a field that may be empty": (
        migrations.AddField("photo", "n", models.IntegerField(null=True)), 0),
    "an index": (migrations.AddIndex("photo", models.Index(fields=["size"], name="by_size")), 0),
    "SQL with a way back": (migrations.RunSQL("SELECT 1", "SELECT 1"), 0),
    "SQL without": (migrations.RunSQL("SELECT 1"), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", OLD)
def test_what_the_version_before_cannot_bear_is_found(name):
    operation, complaints = OLD[name]

    class One(migrations.Migration):
        operations = [operation]

    assert len(list(compatible.breaks(One))) == complaints


def test_a_new_table_may_have_any_field():
    class One(migrations.Migration):
        operations = [
            migrations.CreateModel("Crate", [("id", models.AutoField(primary_key=True))]),
            migrations.AddField("crate", "n", models.IntegerField(default=1)),
        ]

    assert list(compatible.breaks(One)) == []


def test_ours_are_well():
    assert compatible.complaints() == []
