"""`manage.py reprocess`: have photos worked on again, by today's models and settings."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware, now

from carousel.management.portions import PortionsCommand
from carousel.models import Tenant
from imaging.analysis import rerun
from imaging.jobs import pipeline
from imaging.jobs.models import Job
from imaging.uploads.models import Photo


class Command(PortionsCommand):
    help = (
        "Give photos to the workers again. What staff decided and wrote stays theirs. Photos that"
        " are being worked on, or were after --before, are left."
    )
    unit = "photo"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        words = "photo: from the file on; analysis: what the models see"
        parser.add_argument("--kind", choices=["photo", "analysis"], default="analysis", help=words)
        parser.add_argument("--batch", help="only of this batch")
        parser.add_argument("--before", help="a moment such as 2026-01-31T12:00; else now")

    def found(self, tenants: Sequence[Tenant], options: dict[str, Any]) -> Sequence[UUID]:
        before = _moment(options["before"])
        self._kind = options["kind"]
        self.go_on = f"the same command with --before {before:%Y-%m-%dT%H:%M:%S}"
        mine = Photo.objects.usable().filter(tenant__in=tenants)
        if options["batch"]:
            mine = mine.filter(batch=_uuid(options["batch"]))
        since = Job.objects.filter(kind=self._kind, created_at__gte=before)
        busy = (since | Job.objects.open().filter(kind=self._kind)).values("subject_id")
        return list(mine.exclude(pk__in=busy).order_by("created_at").values_list("pk", flat=True))

    def one(self, thing: UUID, *, dry: bool) -> str:
        photo = Photo.objects.select_related("tenant", "batch").get(pk=thing)
        if dry:
            return f"to be given to the workers ({self._kind})"
        if self._kind == "analysis":
            rerun.rerun(photo)
        else:
            pipeline.start(photo.tenant, "photo", photo.pk, photo.batch)
        return f"given to the workers ({self._kind})"


def _moment(text: str | None) -> datetime:
    try:
        found = parse_datetime(text) if text else now()
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is no moment; write 2026-01-31T12:00.", returncode=2)
    return make_aware(found) if is_naive(found) else found


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no batch's id.", returncode=2) from error
