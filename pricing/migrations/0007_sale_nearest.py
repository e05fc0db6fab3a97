"""The index of looks for very many sales, built while shops go on selling.

A build that was cut off leaves an index that nobody may use: it is dropped before the next try.
"""

import pgvector.django
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

NAME = "sale_nearest"
# A million vectors take longer than a page may, want their graph in memory, and wait for whoever
# is writing; a concurrent build holds nobody up.
PATIENT = [
    "SET statement_timeout = 0",
    "SET lock_timeout = 0",
    "SET maintenance_work_mem = '1GB'",
]
AS_BEFORE = ["RESET statement_timeout", "RESET lock_timeout", "RESET maintenance_work_mem"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pricing", "0006_import_file")]

    operations = [
        migrations.RunSQL(PATIENT, AS_BEFORE),
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="sale",
            index=pgvector.django.HnswIndex(
                fields=["vector"],
                name=NAME,
                m=16,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
            ),
        ),
        migrations.RunSQL(AS_BEFORE, PATIENT),
    ]
