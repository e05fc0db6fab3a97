"""A shelf that was photographed, the spines on it, and the books that the shop knows."""

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.timezone import now

from carousel import storage
from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.models import User
from carousel.rows import TenantRow
from imaging.bookshelf import isbn
from imaging.bookshelf.reading import Reading
from imaging.inference.models import ModelCall

EDITABLE = ("title", "author", "isbn")


class ShelfQuerySet(models.QuerySet["Shelf"]):
    def live(self) -> Self:
        return self.filter(deleted_at=None)


class Shelf(TenantRow):
    """One photo of books. `reading`, `candidates`, `final`: what each stage left, as it came."""

    class State(models.TextChoices):
        PROCESSING = "processing"
        READY = "ready"
        FAILED = "failed"

    tenant = models.ForeignKey("carousel.Tenant", models.CASCADE, related_name="shelves")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    original = models.CharField(max_length=500, help_text="Storage key.")
    picture = models.CharField(max_length=500, blank=True, help_text="Key of the upright WebP.")
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROCESSING)
    reason = models.TextField(blank=True)
    reading = models.JSONField(default=dict, blank=True, editable=False)
    candidates = models.JSONField(null=True, editable=False, help_text="Null: nobody was asked.")
    final = models.JSONField(default=list, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ShelfQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "shelves"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["tenant", "-created_at"], name="shelf_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "sha256"],
                condition=Q(deleted_at=None),
                name="a_shelf_photo_once",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    def touch(self) -> None:
        Shelf.objects.filter(pk=self.pk).update(version=F("version") + 1)

    def read(self) -> bytes:
        return storage.read_bytes(self.original)

    def keep(self, **stage: Any) -> None:
        """Store what a stage left, and tell the open pages."""
        Shelf.objects.filter(pk=self.pk).update(**stage, version=F("version") + 1)
        for name, value in stage.items():
            setattr(self, name, value)

    @property
    def cost(self) -> str:
        """US dollars that its models have cost so far; "" when all of it was done here."""
        calls = ModelCall.objects.filter(tenant_id=self.tenant_id, subject_id=self.pk)
        total = calls.aggregate(sum=models.Sum("cost_micro_usd"))["sum"]
        return f"{total / 1e6:.4f}" if total else ""

    def as_reading(self) -> Reading:
        return Reading.from_json(self.reading)


class SpineQuerySet(models.QuerySet["Spine"]):
    def books(self) -> Self:
        """What can become a product: not a sign, not a second time the same, and with a title."""
        return self.exclude(state__in=[Spine.State.NOT_A_BOOK, Spine.State.DUPLICATE]).exclude(
            title=""
        )

    def sellable(self) -> Self:
        return self.books().filter(Q(aside=False) | Q(state=Spine.State.CONFIRMED))


class Spine(TenantRow):
    """A book on the shelf. What was read stays beside what it turned out to be.

    `confidence` is the reader's, 0..1; `match_score` how probable the edition is, null when none
    was found. `source` says who knew it; `notes` who did not answer.
    """

    class State(models.TextChoices):
        FOUND = "found"
        CONFIRMED = "confirmed"
        NOT_A_BOOK = "not_a_book", "Not a book"
        DUPLICATE = "duplicate"

    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="spines")
    position = models.PositiveIntegerField()
    box = models.JSONField(help_text="x, y, width, height as shares of the upright photo.")
    text = models.TextField(blank=True)
    label = models.CharField(max_length=60, blank=True)
    read_title = models.CharField(max_length=600, blank=True)
    read_author = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=600, blank=True)
    author = models.CharField(max_length=300, blank=True)
    isbn = models.CharField(max_length=13, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    published = models.CharField(max_length=20, blank=True)
    cover = models.URLField(max_length=500, blank=True)
    volume = models.CharField(max_length=40, blank=True)
    confidence = models.FloatField(default=0)
    match_score = models.FloatField(null=True)
    validated = models.BooleanField(default=False)
    aside = models.BooleanField(default=False, help_text="Below the shop's confidence.")
    needs_choice = models.BooleanField(default=False, help_text="Several editions fit.")
    inferred = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    source = models.CharField(max_length=40, blank=True)
    notes = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    editions = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.FOUND)
    product_id = models.UUIDField(null=True, editable=False)

    objects = SpineQuerySet.as_manager()

    class Meta:
        ordering = ["shelf", "position"]
        constraints = [
            models.UniqueConstraint(fields=["shelf", "position"], name="a_place_on_the_shelf"),
        ]

    def __str__(self) -> str:
        return self.title or self.text or "A spine that could not be read"

    @property
    def is_sure(self) -> bool:
        """Nobody needs to look at it."""
        return self.state == self.State.CONFIRMED or (self.validated and not self.needs_choice)

    @property
    def links(self) -> dict[str, str]:
        return {"amazon": isbn.amazon(self.isbn), "googleBooks": isbn.google_books(self.volume)}

    @transaction.atomic
    def become(self, state: str, user: User | None) -> None:
        """Confirmed, not a book, a duplicate, or just found again. Refused once it is a product."""
        self._refuse_when_drafted()
        Spine.objects.filter(pk=self.pk).update(state=state)
        self.state = state
        self.shelf.touch()
        self._tell("book.decided", user, state=str(state))

    @transaction.atomic
    def correct(self, user: User | None, **said: str) -> None:
        """What staff say it is. Staff are right: it is confirmed and nothing is inferred."""
        self._refuse_when_drafted()
        before = self.isbn or self.title
        for name in EDITABLE:
            setattr(self, name, " ".join(said.get(name, getattr(self, name)).split()))
        number = isbn.normal(self.isbn) if self.isbn else ""
        if self.isbn and not number:
            raise Refused(f"{self.isbn} is no ISBN: its check digit is wrong.")
        if not self.title:
            raise Refused("A book needs a title.")
        self.isbn, self.state, self.inferred = number, self.State.CONFIRMED, []
        self.needs_choice, self.source = False, said.get("source", "staff")
        if before != (self.isbn or self.title):
            self._forget_edition()
        self.save()
        self.shelf.touch()
        self._tell("book.corrected", user, title=self.title, isbn=self.isbn)

    def _forget_edition(self) -> None:
        """What belonged to the wrong book must not go into the draft of the right one."""
        self.publisher = self.published = self.cover = self.volume = ""
        self.match_score, self.validated = None, False

    @transaction.atomic
    def choose(self, number: int, user: User | None) -> None:
        """One of the editions that were found."""
        self._refuse_when_drafted()
        if not 0 <= number < len(self.editions):
            raise Refused("There is no such edition.")
        chosen = self.editions[number]
        for name in (*EDITABLE, "publisher", "published", "cover", "volume", "source"):
            setattr(self, name, chosen.get(name, ""))
        self.match_score, self.validated = chosen.get("score"), True
        self.state, self.needs_choice = self.State.CONFIRMED, False
        self.save()
        self.shelf.touch()
        self._tell("book.chosen", user, isbn=self.isbn)

    def _refuse_when_drafted(self) -> None:
        if self.product_id:
            raise Refused(f"{self} is a draft already. Take the drafts back first.")

    def _tell(self, kind: str, user: User | None, **facts: str) -> None:
        by = {"by": str(user.pk)} if user else {}
        record(self.tenant, kind, subject=self.pk, **facts, **by)


class CatalogueBook(TenantRow):
    """A book that the shop knows. `trigrams` is what it is found by: see folding.py."""

    title = models.CharField(max_length=600)
    author = models.CharField(max_length=600, blank=True)
    isbn = models.CharField(max_length=13, blank=True)
    shelf_mark = models.CharField(max_length=120, blank=True)
    series = models.CharField(max_length=600, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    published = models.CharField(max_length=20, blank=True)
    folded = models.TextField()
    trigrams = ArrayField(models.CharField(max_length=130))

    class Meta:
        ordering = ["title", "id"]
        indexes = [
            GinIndex(fields=["trigrams"], name="catalogue_by_trigram", fastupdate=False),
            models.Index(fields=["tenant", "isbn"], name="catalogue_by_isbn"),
        ]

    def __str__(self) -> str:
        return self.title


class CatalogueTerm(TenantRow):
    """How many of the shop's books have a group of letters, a =word or a #shelf mark."""

    term = models.CharField(max_length=620)
    books = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "term"], name="a_catalogue_term_once"),
        ]

    def __str__(self) -> str:
        return f"{self.term}: {self.books}"


class BookAnswer(TenantRow):
    """What a book service answered to a question: kept, so that nobody pays for it twice."""

    source = models.CharField(max_length=20)
    question = models.CharField(max_length=64, help_text="SHA-256 of the normalised question.")
    answer = models.JSONField(default=list)
    asked_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "source", "question"], name="asked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.question[:8]}"
