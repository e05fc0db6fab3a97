import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """An edit that took away the group at which somebody was came to nothing at its commit."""

    dependencies = [("grouping", "0003_tunings_and_encounters")]

    operations = [
        migrations.RunSQL(
            # `carousel.tenants.bonds` made it, and makes it again if the field is one of its own.
            "ALTER TABLE grouping_presence"
            " DROP CONSTRAINT IF EXISTS grouping_presence_group_id_f01d5c2c_tenant",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="presence",
            name="group",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="grouping.group",
            ),
        ),
    ]
