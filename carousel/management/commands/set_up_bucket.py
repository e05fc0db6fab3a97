"""`manage.py set_up_bucket`: lifecycle, CORS, encryption and privacy of the photo bucket."""

from typing import Any, cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from carousel import bucket


class Command(BaseCommand):
    help = "Make the bucket of S3_BUCKET what the program expects; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.S3_BUCKET:
            raise CommandError("Set S3_BUCKET to the name of the bucket first.")
        client = cast(Any, default_storage).connection.meta.client
        origins = [settings.SITE_URL, *settings.CSRF_TRUSTED_ORIGINS]
        for line in bucket.set_up(client, settings.S3_BUCKET, list(dict.fromkeys(origins))):
            self.stdout.write(line)
