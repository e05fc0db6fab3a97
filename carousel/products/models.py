"""A thing for sale, what we suggest about it, and the only ways its state may change."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.events.outbox import record
from carousel.products import edits, lifecycle
from carousel.products.lifecycle import Standing, Verdict, verdict
from carousel.rows import TenantRow

STAMPS = {"listed": "listed_at", "sold": "sold_at", "delisted": "delisted_at"}
"""The state whose beginning is kept, and where."""
NEWEST = ["tenant", "-created_at", "id"]
LIVE, ON_SALE = Q(deleted_at=None), Q(state__in=["listed", "updated"])


class Condition(models.TextChoices):
    """The six of the marketplace, best first."""

    NEW_WITH_TAGS = "new_with_tags", "New with tags"
    LIKE_NEW = "like_new", "Like new"
    VERY_GOOD = "very_good", "Very good"
    GOOD = "good", "Good"
    FAIR = "fair", "Fair"
    POOR = "poor", "Poor"


class ProductQuerySet(models.QuerySet["Product"]):
    def live(self) -> Self:
        return self.filter(deleted_at=None)

    def on_sale(self) -> Self:
        return self.live().filter(state__in=lifecycle.ON_SALE)

    def drafts(self) -> Self:
        return self.live().filter(state=Product.State.DRAFT)

    def renew(self, **changes: Any) -> int:
        """Change these fields: each row is another version. Returns how many rows were."""
        return self.update(**changes, version=F("version") + 1, updated_at=now())

    def matching(self, words: str) -> Self:
        """Every word is somewhere in the title, brand, category or keywords."""
        found = self
        for word in words.split()[:10]:
            found = found.filter(
                Q(title__icontains=word)
                | Q(brand__icontains=word)
                | Q(category__icontains=word)
                | Q(keywords__icontains=word)
            )
        return found


class Product(TenantRow):
    State = lifecycle.State
    FIELDS = (
        "title", "description_en", "description_is", "category", "brand", "condition",
        "colours", "keywords", "attributes", "rating", "price",
    )  # fmt: skip
    NEEDED = ("title", "category", "condition", "price")

    batch_id = models.UUIDField(null=True, editable=False)
    group_id = models.UUIDField(null=True, editable=False)
    relisted_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, editable=False, related_name="relistings"
    )
    title = models.CharField(max_length=200, blank=True)
    description_en = models.TextField(blank=True)
    description_is = models.TextField(blank=True)
    category = models.CharField(max_length=120, blank=True)
    brand = models.CharField(max_length=120, blank=True)
    condition = models.CharField(max_length=20, choices=Condition, blank=True)
    colours = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    keywords = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    rating = models.DecimalField(
        max_digits=2, decimal_places=1, null=True, blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )  # fmt: skip
    price = models.BigIntegerField(null=True, blank=True, help_text="In minor units.")
    currency = models.CharField(max_length=3, default="ISK")
    state = models.CharField(
        max_length=10, choices=lifecycle.State, default=lifecycle.State.DRAFT, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    suggested = models.JSONField(default=dict, blank=True, editable=False)
    edited_fields = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, editable=False
    )
    listed_at = models.DateTimeField(null=True, editable=False)
    sold_at = models.DateTimeField(null=True, editable=False)
    delisted_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(default=now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["tenant", "state", "created_at"], name="product_by_state"),
            models.Index(fields=["tenant", "batch_id"], name="product_by_batch"),
            # A page of a list is read off these in its order, however many products there are.
            models.Index(fields=NEWEST, name="product_newest", condition=LIVE),
            models.Index(fields=NEWEST, name="product_on_sale", condition=LIVE & ON_SALE),
        ]
        constraints = [
            models.CheckConstraint(
                name="product_on_sale_has_a_price",
                condition=~Q(state__in=["listed", "updated", "sold"])
                | Q(price__isnull=False, price__gt=0),
            ),
            models.CheckConstraint(
                name="product_price_is_positive", condition=Q(price__isnull=True) | Q(price__gt=0)
            ),
            models.UniqueConstraint(
                fields=["tenant", "group_id"],
                condition=Q(group_id__isnull=False),
                name="one_product_per_group",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Item {str(self.id)[:8]}"

    @property
    def is_on_sale(self) -> bool:
        return self.state in lifecycle.ON_SALE

    @property
    def missing(self) -> list[str]:
        """What still has to be filled in before it can be listed."""
        return [name for name in self.NEEDED if not getattr(self, name)]

    # The state.

    @transaction.atomic
    def become(
        self, state: str, *, at: datetime | None = None, version: int | None = None, **told: Any
    ) -> None:
        """Move to `state`, or refuse. `told` goes into the event."""
        wanted = lifecycle.State(state)
        if wanted == lifecycle.State.LISTED:
            self._refuse_unfinished()
        if not self._move(wanted, lifecycle.COMES_FROM[wanted], at or now(), told, version):
            self.refresh_from_db()
            self.refuse_past(version)
            raise Refused(f"{self} is {self.state} and cannot become {wanted} now.")

    def hear(self, state: str, at: datetime, **told: Any) -> Verdict:
        """Take news from outside, in whatever order it comes. Only APPLY changes anything.

        The caller has read the row with a lock, in a transaction.
        """
        news = lifecycle.State(state)
        found = verdict(self.standing, news, at)
        if found == Verdict.APPLY:
            if not self.price:
                raise Refused(f"{self} has no price yet.")
            if not self._move(news, (lifecycle.State(self.state),), at, told):
                raise Refused(f"{self} was deleted.")
        return found

    @property
    def standing(self) -> Standing:
        return Standing(lifecycle.State(self.state), self.sold_at, self.delisted_at)

    def _move(
        self,
        state: lifecycle.State,
        sources: tuple[lifecycle.State, ...],
        at: datetime,
        told: dict[str, Any],
        version: int | None = None,
    ) -> bool:
        """The one place where a product's state is written, and the event that tells of it."""
        stamp = {STAMPS[state]: at} if state in STAMPS else {}
        there = Product.objects.filter(pk=self.pk, deleted_at=None, state__in=sources)
        there = there if version is None else there.filter(version=version)
        moved = there.renew(state=state, **stamp)
        if moved:
            tenant = self.tenant
            self.refresh_from_db()
            self.tenant = tenant  # read already
            record(
                tenant, f"product.{state}", subject=self.pk,
                version=self.version, at=at.isoformat(), **told,
            )  # fmt: skip
        return bool(moved)

    def _refuse_unfinished(self) -> None:
        self.refresh_from_db()
        if self.missing:
            names = " and ".join(self.missing)
            raise Refused(f"{self} still needs {names} before it can be listed.")

    # The words.

    @transaction.atomic
    def suggest(
        self, field: str, value: Any, *, confidence: float, model: str, local: bool
    ) -> None:
        """Keep what a model says beside the staff's words; fill the field only if no person has.

        Nothing that is on sale changes by itself: there the suggestion is only kept.
        """
        row = Product.objects.select_for_update().get(pk=self.pk)
        row.suggested[field] = {
            "value": str(value) if field == "rating" else value,
            "confidence": round(confidence, 3), "model": model, "local": local,
        }  # fmt: skip
        open_to_it = row.state == Product.State.DRAFT and field not in row.edited_fields
        if field in self.FIELDS and open_to_it:
            setattr(row, field, value)
        row._keep()
        self.refresh_from_db()

    @transaction.atomic
    def edit(
        self,
        wanted: dict[str, Any],
        *,
        version: int | None = None,
        seen: dict[str, Any] | None = None,
        by: UUID | None = None,
    ) -> None:
        """Write what a person decided. These fields are theirs from now on.

        `version`: Conflict unless the item is still that version. `seen`: Conflict only where a
        colleague's words are not as the person saw them; a model's words give way.
        Editing what is on sale tells the storefront.
        """
        row = Product.objects.select_for_update().get(pk=self.pk)
        row._refuse_closed()
        before = {name: getattr(row, name) for name in wanted}
        row.refuse_past(version)
        theirs = {name: before[name] for name in wanted if name in row.edited_fields}
        edits.refuse_conflicts(theirs, wanted, seen or {})
        if row.is_on_sale and not wanted.get("price", row.price):
            raise Refused(f"{row} is on sale: it keeps a price. Take it off sale first.")
        changed = edits.changes(before, wanted)
        for field, value in wanted.items():
            setattr(row, field, value)
        row.edited_fields = sorted({*row.edited_fields, *wanted})
        row._keep()
        if changed:
            row._tell_edit(changed, by)
        self.refresh_from_db()

    @transaction.atomic
    def claim(self, *fields: str) -> None:
        """These values are a person's choice, although nobody typed them here."""
        row = Product.objects.select_for_update().get(pk=self.pk)
        row.edited_fields = sorted({*row.edited_fields, *fields})
        row._keep()
        self.refresh_from_db()

    def _keep(self) -> None:
        """Save a locked row. The state is not among what is written."""
        self.version += 1
        self.updated_at = now()
        self.full_clean_words()
        kept = ("currency", "suggested", "edited_fields", "version", "updated_at")
        self.save(update_fields=[*self.FIELDS, *kept])

    def full_clean_words(self) -> None:
        """ValidationError for a condition or a rating that does not exist."""
        self.clean_fields(exclude={"tenant", "relisted_from", "suggested"})

    def _tell_edit(self, changed: dict[str, list[Any]], by: UUID | None) -> None:
        told = {"changes": _plain(changed)} | ({"by": str(by)} if by else {})
        if self.is_on_sale:
            self._move(lifecycle.State.UPDATED, lifecycle.ON_SALE, now(), told)
        else:
            record(self.tenant, "product.edited", subject=self.pk, version=self.version, **told)

    def refuse_past(self, version: int | None) -> None:
        """Conflict unless this is still the version that somebody read."""
        if version is not None and version != self.version:
            raise edits.Conflict({})

    def _refuse_closed(self) -> None:
        if self.state in (lifecycle.State.SOLD, lifecycle.State.DELISTED):
            raise Refused(f"{self} is {self.state}: its words stay as they were.")
        if self.deleted_at:
            raise Refused(f"{self} was deleted. Restore it first.")

    # Away and back.

    @transaction.atomic
    def remove(self, *, version: int | None = None, **told: Any) -> None:
        """Delete, so that it can be restored. What is on sale is taken off sale first.

        `version`: Conflict unless the item is still that version.
        """
        self.refresh_from_db(from_queryset=Product.objects.select_for_update())
        self.refuse_past(version)
        if self.is_on_sale:
            self.become(lifecycle.State.DELISTED, **told)
        gone = Product.objects.filter(pk=self.pk, deleted_at=None).renew(deleted_at=now())
        self.refresh_from_db()
        if gone:
            record(self.tenant, "product.deleted", subject=self.pk, version=self.version, **told)

    @transaction.atomic
    def restore(self, **told: Any) -> None:
        back = Product.objects.filter(pk=self.pk, deleted_at__isnull=False).renew(deleted_at=None)
        self.refresh_from_db()
        if back:
            record(self.tenant, "product.restored", subject=self.pk, version=self.version, **told)


def _plain(changed: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Decimals as text, so that an event is plain JSON."""
    return {
        name: [str(one) if name == "rating" and one is not None else one for one in pair]
        for name, pair in changed.items()
    }
