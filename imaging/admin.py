"""Data fixes on photos and their work: look, retry, see in the app. Logs are only read."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from carousel import storage
from carousel.data_fixes import Fixes, Log
from carousel.errors import Refused
from imaging.analysis.models import Analysis, Attribute, Cover, Defect, Exemplar
from imaging.bookshelf.models import BookAnswer, CatalogueBook, CatalogueTerm, Shelf, Spine
from imaging.inference.models import ModelCall
from imaging.jobs import control
from imaging.jobs.models import Batch, Job, Step
from imaging.uploads import control as working
from imaging.uploads.models import Embedding, Photo
from imaging.uploads.receipt import Line, Receipt


@admin.register(Batch)
class Batches(Fixes[Batch]):
    list_display = ("name", "tenant", "created_by", "created_at", "in_the_app", "deleted_at")
    list_filter = ("tenant",)
    list_select_related = ("tenant", "created_by")
    search_fields = ("name", "=id")
    raw_id_fields = ("tenant", "created_by")

    @admin.display(description="view in app")
    def in_the_app(self, batch: Batch) -> SafeString:
        return format_html('<a href="/b/{}/review/">Review</a>', batch.pk)


@admin.register(Photo)
class Photos(Fixes[Photo]):
    list_display = ("thumbnail", "filename", "state", "reason", "batch", "tenant", "created_at")
    list_display_links = ("thumbnail", "filename")
    list_filter = ("state", "cutout_is_fallback", "tenant")
    list_select_related = ("batch", "tenant")
    search_fields = ("filename", "=sha256", "=id")
    raw_id_fields = ("tenant", "batch", "uploaded_by")
    readonly_fields = ("sha256", "size", "original", "files", "quality", "faults")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="picture")
    def thumbnail(self, photo: Photo) -> SafeString:
        if not photo.has("160"):
            return SafeString("")
        address = storage.url_for(photo.files["160"]["key"])  # whichever shop one works for
        return format_html('<img src="{}" width="48" height="48" loading="lazy" alt="">', address)


@admin.register(Job)
class Jobs(Log[Job]):
    list_display = (
        "created_at", "kind", "state", "subject_id", "batch", "tenant", "error", "in_the_app",
    )  # fmt: skip
    list_filter = ("kind", "state", "tenant")
    list_select_related = ("batch", "tenant")
    search_fields = ("=subject_id", "=request_id", "=id")
    ordering = ("-created_at",)
    actions = ("retry", "cancel")

    @admin.display(description="view in app")
    def in_the_app(self, job: Job) -> SafeString:
        if job.batch_id is None:
            return SafeString("–")
        return format_html('<a href="{}">Progress</a>', reverse("progress", args=[job.batch_id]))

    @admin.action(description="Try the failed ones again", permissions=["view"])
    def retry(self, request: HttpRequest, jobs: Any) -> None:
        again = sum(control.retry(job) for job in jobs)
        messages.success(request, _with_links(f"{again} of {len(jobs)} run again.", jobs))

    @admin.action(description="Stop the open ones", permissions=["view"])
    def cancel(self, request: HttpRequest, jobs: Any) -> None:
        stopped = sum(_stopped(job) for job in jobs)
        messages.success(request, _with_links(f"{stopped} of {len(jobs)} stopped.", jobs))


def _stopped(job: Job) -> bool:
    try:
        working.cancel(job)
    except Refused:
        return False
    return True


def _with_links(said: str, jobs: Any) -> SafeString:
    """What was done, and where its progress is seen."""
    batches = {job.batch for job in jobs if job.batch}
    rows = [(reverse("progress", args=[batch.pk]), batch.name) for batch in batches]
    links = format_html_join(", ", '<a href="{}">{}</a>', rows[:10])
    return format_html("{} {}", said, links)


@admin.register(Step)
class Steps(Log[Step]):
    list_display = (
        "created_at", "kind", "state", "attempts", "duration_ms", "model", "tenant", "error",
    )  # fmt: skip
    list_filter = ("kind", "state", "tenant")
    search_fields = ("=job__subject_id", "=id")
    ordering = ("-created_at",)


@admin.register(Embedding)
class Embeddings(Log[Embedding]):
    list_display = ("photo", "model", "tenant", "created_at")
    list_filter = ("model",)
    list_select_related = ("photo", "tenant")
    exclude = ("vector",)


@admin.register(Analysis)
class Analyses(Log[Analysis]):
    list_display = ("created_at", "__str__", "tenant")
    ordering = ("-created_at",)


@admin.register(ModelCall)
class ModelCalls(Log[ModelCall]):
    list_display = (
        "created_at", "capability", "model", "version", "outcome", "ms", "cost_micro_usd", "tenant",
    )  # fmt: skip
    list_filter = ("capability", "outcome", "local", "tenant")
    search_fields = ("=subject_id",)
    ordering = ("-created_at",)


@admin.register(Shelf)
class Shelves(Log[Shelf]):
    list_display = ("filename", "tenant", "state", "created_by", "created_at", "in_the_app")
    list_filter = ("state", "tenant")
    list_select_related = ("tenant", "created_by")
    search_fields = ("filename", "=sha256", "=id")

    @admin.display(description="view in app")
    def in_the_app(self, shelf: Shelf) -> SafeString:
        return format_html('<a href="/books/{}/">Spines</a>', shelf.pk)


@admin.register(Spine)
class Spines(Log[Spine]):
    """Corrected on the shelf's own page, where the photo is and the event is told."""

    list_display = ("__str__", "author", "isbn", "state", "confidence", "match_score", "tenant")
    list_filter = ("state", "validated", "source", "tenant")
    search_fields = ("title", "author", "=isbn", "=shelf__id")
    ordering = ("-created_at",)


@admin.register(CatalogueBook)
class CatalogueBooks(Log[CatalogueBook]):
    """Replaced as a whole by `import_catalogue`: its letters are counted for all books at once."""

    list_display = ("title", "author", "isbn", "shelf_mark", "tenant")
    list_filter = ("tenant",)
    search_fields = ("=isbn", "title", "author")
    exclude = ("trigrams", "folded")


@admin.register(CatalogueTerm)
class CatalogueTerms(Log[CatalogueTerm]):
    list_display = ("term", "books", "tenant")
    search_fields = ("=term",)


@admin.register(BookAnswer)
class BookAnswers(Log[BookAnswer]):
    list_display = ("source", "question", "asked_at", "tenant")
    list_filter = ("source", "tenant")
    ordering = ("-asked_at",)


for model in (Attribute, Cover, Defect, Exemplar, Receipt, Line):
    admin.site.register(model, Log)
