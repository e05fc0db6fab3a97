"""Learns from what staff accepted and corrected: once a week, as a proposal with its figures.

The accepted groups of a batch are the truth about its photos. The scores that the photos had are
scaled so that they mean again what they should, and the floor is put where most pairs are right.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

import numpy as np
import numpy.typing as npt
from django.db.models import OuterRef, Subquery
from django.utils.timezone import now

from carousel.models import Tenant
from grouping import comparing, lessons
from grouping.calibration import Calibration, Line, default_for, refitted
from grouping.lessons import Lesson, Measured
from grouping.models import GroupPhoto, Review, Tuning
from imaging.models import Batch, Photo
from imaging.pixels import descriptor

WEEK = timedelta(days=7)
REMEMBERED = timedelta(days=180)
MOST_BATCHES = 24
MOST_PHOTOS = 1500
FEWEST_PAIRS = 40
MORE = 1.25
"""After a proposal, so many times its decisions must be there before the next is made."""
WORTH = 0.005


@dataclass(frozen=True)
class Proposed:
    """A scale and a floor, with the figures of now and of then."""

    calibration: Calibration
    floor: float
    pairs: int
    batches: int
    before: Measured
    after: Measured

    @property
    def is_worth_it(self) -> bool:
        return self.after.f1 >= self.before.f1 + WORTH


def weekly() -> str:
    """The scheduled call, daily: every shop whose last proposal is a week old is looked at."""
    made = 0
    for tenant in Tenant.objects.filter(is_active=True):
        for model in comparing.preferred():
            recent = Tuning.objects.filter(tenant=tenant, created_at__gt=now() - WEEK)
            if not recent.of_model(model).exists() and propose(tenant, model):
                made += 1
    return f"{made} proposals"


def calibration_of(tenant: Tenant, model: str) -> Calibration:
    """The model's numbers as this shop has tuned them."""
    found = Tuning.objects.filter(tenant=tenant).of_model(model).in_force().first()
    usual = default_for(model)
    if found is None or usual.is_direct:
        return usual
    said = f"this shop's decisions of {found.created_at:%-d %B %Y}"
    return replace(usual, scale=Line(found.slope, found.intercept), source=said)


def in_review(batch: Batch) -> tuple[str, Calibration]:
    """The model by which a batch was grouped and its numbers here, in one query."""
    tuning = Tuning.objects.filter(tenant=OuterRef("tenant"), model=OuterRef("model")).in_force()
    tuned = [Subquery(tuning.values(name)[:1]) for name in ("slope", "intercept")]
    rows = Review.objects.filter(batch=batch).values_list("model", *tuned)
    model, slope, intercept = rows.first() or ("", None, None)
    usual = default_for(model or descriptor.MODEL)
    if slope is None or intercept is None or usual.is_direct:
        return usual.model, usual
    return usual.model, replace(usual, scale=Line(slope, intercept))


def propose(tenant: Tenant, model: str) -> Tuning | None:
    """Look at what staff decided, and keep a proposal if it says something new."""
    taught = [lesson for batch in _batches(tenant) if (lesson := lesson_of(batch, model))]
    found = proposed(taught, calibration_of(tenant, model), tenant.options.possibly)
    return keep(tenant, model, found)


def keep(tenant: Tenant, model: str, found: Proposed | None) -> Tuning | None:
    """A row for what was found, unless it is little, or was said or declined before."""
    if found is None or not found.is_worth_it or _is_old_news(tenant, model, found):
        return None
    waiting = Tuning.objects.filter(tenant=tenant, state=Tuning.State.PROPOSED).of_model(model)
    waiting.update(state=Tuning.State.REPLACED)
    return Tuning.objects.create(
        tenant=tenant,
        model=model,
        slope=found.calibration.scale.slope,
        intercept=found.calibration.scale.intercept,
        floor=found.floor,
        figures={
            "pairs": found.pairs,
            "batches": found.batches,
            "before": asdict(found.before),
            "after": asdict(found.after),
        },
    )


def proposed(taught: Sequence[Lesson], calibration: Calibration, floor: float) -> Proposed | None:
    """What these batches say. None if too few pairs were decided. Pure.

    The figures are of batches that were left out of the fit, a third at a time, where there are two
    or more; what is proposed is fitted to all of them.
    """
    pairs = sum(len(each.same) for each in taught)
    if pairs < FEWEST_PAIRS or calibration.is_direct:
        return None
    folds = [taught[n::3] for n in range(3) if taught[n::3]]
    before, after = [], []
    for fold in folds:
        rest = [each for each in taught if each not in fold] or taught
        tuned, line = _fitted(rest, calibration, floor)
        before.append(lessons.measured(fold, floor))
        after.append(lessons.measured([_told(each, calibration, tuned) for each in fold], line))
    tuned, line = _fitted(taught, calibration, floor)
    return Proposed(
        tuned, line, pairs, len(taught), lessons.together(before), lessons.together(after)
    )


def _fitted(
    taught: Sequence[Lesson], calibration: Calibration, floor: float
) -> tuple[Calibration, float]:
    scores = np.concatenate([each.scores for each in taught])
    same = np.concatenate([each.same for each in taught])
    tuned = refitted(calibration, scores.tolist(), same.tolist())
    return tuned, lessons.best_floor([_told(each, calibration, tuned) for each in taught], floor)


def _told(lesson: Lesson, was: Calibration, tuned: Calibration) -> Lesson:
    return replace(lesson, scores=tuned.rescaled(lesson.scores, was))


def lesson_of(batch: Batch, model: str) -> Lesson | None:
    """The scores that the photos of a batch's accepted groups have, and which are one item."""
    members = GroupPhoto.objects.filter(group__batch=batch, group__state="accepted")
    held = dict(members.values_list("photo", "group")[:MOST_PHOTOS])
    photos = Photo.objects.live().filter(pk__in=held).order_by("index", "id")
    vectors = comparing.vectors(list(held), model)
    known = [photo for photo in photos if photo.pk in vectors]
    if len(known) < 4:
        return None
    rows: npt.NDArray[np.float32] = np.stack(
        [np.asarray(vectors[photo.pk], np.float32) for photo in known]
    )
    groups = [held[photo.pk] for photo in known]
    return lessons.lesson(known, rows, groups, calibration_of(batch.tenant, model))


def _batches(tenant: Tenant) -> list[Batch]:
    """Those with something accepted, the newest; the tenant's other batches teach nothing."""
    since = now() - REMEMBERED
    there = Batch.objects.live().filter(tenant=tenant, created_at__gt=since)
    rows = there.filter(groups__state="accepted").distinct().order_by("-created_at")
    return list(rows.select_related("tenant")[:MOST_BATCHES])


def _is_old_news(tenant: Tenant, model: str, found: Proposed) -> bool:
    last = Tuning.objects.filter(tenant=tenant).of_model(model).first()
    return last is not None and found.pairs < MORE * last.figures.get("pairs", 0)
