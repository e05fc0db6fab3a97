from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pricing", "0005_import_total"),
    ]

    operations = [
        migrations.AddField(
            model_name="import",
            name="file_key",
            field=models.CharField(blank=True, help_text="Handed in, in storage.", max_length=300),
        ),
    ]
