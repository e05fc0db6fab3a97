"""The machine's proposal: one edit, which never touches what a person decided."""

from functools import partial
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db.models import F

from grouping import clustering, comparing, edits, facts, history, nearest, regrouping
from grouping.calibration import DESCRIPTOR
from grouping.history import Scope
from grouping.models import Edit, Group, Review
from imaging.jobs import pipeline, runner
from imaging.models import Batch, Embedding, Photo, Step
from tests.grouping_makers import make_asked, photos_in
from tests.makers import make_batch, make_embedding, make_photo, make_user

pytestmark = pytest.mark.django_db


def make_shoot(items: int = 6, each: int = 3, noise: float = 0.25) -> Batch:
    """Photos of several items, one item after the other, with vectors that tell them apart."""
    batch, numbers = make_batch(), np.random.default_rng(7)
    for item in range(items):
        centre = numbers.normal(size=1024)
        for n in range(each):
            photo = make_photo(batch, index=item * each + n, filename=f"IMG_{item * each + n}.jpg")
            vector = centre + noise * numbers.normal(size=1024)
            make_embedding(photo, vector / np.linalg.norm(vector))
    return batch


def group(batch: Batch) -> Step:
    job = pipeline.start(batch.tenant, "group", batch.pk, batch)
    runner.drain()
    return job.steps.get()


def groups_of(batch: Batch) -> list[list[int]]:
    index = dict(Photo.objects.values_list("pk", "index"))
    return [[index[photo] for photo in photos_in(row)] for row in batch.groups.in_order()]


def test_a_batch_is_grouped_in_shooting_order_as_one_edit_of_the_program():
    batch = make_shoot()

    step = group(batch)

    assert step.state == "done", step.error
    assert groups_of(batch) == [[n, n + 1, n + 2] for n in range(0, 18, 3)]
    assert [row.name for row in batch.groups.in_order()] == [f"Item {n}" for n in range(1, 7)]
    assert Edit.objects.get().user is None
    row = batch.groups.in_order().first()
    assert row and row.why["model"] == "carousel-descriptor-1" and row.why["weakest"]


def test_grouping_again_changes_nothing():
    batch = make_shoot()
    group(batch)
    group(batch)

    assert Edit.objects.count() == 1


def test_what_a_person_decided_stays_when_it_is_grouped_again():
    batch = make_shoot()
    group(batch)
    first, second = list(batch.groups.in_order())[:2]
    ids = [first.pk, second.pk]
    history.perform(batch, make_asked(), Scope(groups=ids), partial(edits.merge, groups=ids))

    group(batch)

    assert groups_of(batch)[0] == [0, 1, 2, 3, 4, 5]
    assert len(groups_of(batch)) == 5


def test_parted_photos_are_not_joined_again_after_the_grouping_was_cleared():
    batch = make_shoot(items=2)
    group(batch)
    first = batch.groups.in_order().first()
    alone = photos_in(first)[0]
    split = partial(edits.split_off, group=first.pk, photos=[alone], new=Group().pk)
    history.perform(batch, make_asked(), Scope(groups=[first.pk], makes_groups=True), split)
    clear = make_asked(remember=False)
    history.perform(batch, clear, Scope(everything=True), edits.clear)
    assert groups_of(batch) == []

    group(batch)

    assert [0] in groups_of(batch)


def test_a_persons_edit_made_while_the_machine_was_thinking_wins():
    batch = make_shoot()
    group(batch)
    plan = regrouping.plan(batch)
    first = batch.groups.in_order().first()
    rename = partial(edits.rename, group=first.pk, name="Jacket")
    history.perform(batch, make_asked(), Scope(groups=[first.pk]), rename)

    regrouping.apply(batch, plan)

    assert Group.objects.filter(name="Jacket").count() == 1
    assert sum(len(photos) for photos in groups_of(batch)) == 18


def test_a_regrouping_that_a_person_asked_for_can_be_undone():
    batch = make_shoot()
    before = groups_of(batch)
    regrouping.apply(batch, regrouping.plan(batch, strictness=0.5), make_user())

    history.undo(batch, make_user())

    assert groups_of(batch) == before == []


def test_groups_whose_vectors_are_forgotten_stay_when_a_photo_comes_later():
    batch = make_shoot(items=2)
    group(batch)
    before = groups_of(batch)
    Embedding.objects.all().delete()
    late = make_photo(batch, index=6)
    make_embedding(late, np.eye(1024)[0])

    group(batch)

    assert groups_of(batch) == [*before, [6]]


def test_photos_laid_aside_are_not_grouped():
    batch = make_shoot(items=2)
    photo = batch.photos.get(index=0)
    aside = partial(edits.set_aside, photos=[photo.pk])
    history.perform(batch, make_asked(), Scope(photos=[photo.pk]), aside)

    group(batch)

    assert all(0 not in photos for photos in groups_of(batch))


def test_a_consignors_card_cuts_the_stream_and_is_laid_aside():
    batch = make_shoot(items=2, each=4, noise=0.0)
    for at, name in ((0, "Jónína"), (5, "Karl")):
        batch.photos.filter(index__gte=at).update(index=F("index") + 1)
        make_photo(batch, index=at, filename="a", tag={"consignor": name, "sku": f"S{at}"})

    group(batch)
    group(batch)

    rows = list(batch.groups.in_order())
    assert groups_of(batch) == [[1, 2, 3, 4], [6, 7, 8, 9]]
    assert [(row.consignor, row.why["sku"]) for row in rows] == [("Jónína", "S0"), ("Karl", "S5")]
    aside = batch.photos.filter(place__group=None, place__isnull=False)
    assert sorted(aside.values_list("index", flat=True)) == [0, 5]
    assert Edit.objects.count() == 1


def test_a_batch_is_compared_by_the_best_model_that_saw_all_of_it(settings: Any):
    chain = "bedrock/titan > bedrock/cohere > local/descriptor-1"
    settings.INFERENCE = settings.INFERENCE | {"embed": chain}
    batch = make_shoot(items=2)
    for photo in batch.photos.all():
        make_embedding(photo, np.eye(1024)[0], model="cohere")
    make_embedding(batch.photos.get(index=0), np.eye(1024)[0], model="titan")

    assert comparing.model_of(batch) == "cohere"
    assert group(batch).model == "cohere"
    assert Review.objects.get().model == "cohere"


def test_the_database_finds_the_neighbours_of_a_large_batch():
    batch = make_shoot(items=8, each=4)
    vectors = dict(Embedding.objects.values_list("photo", "vector"))
    told = facts.of_batch(batch, list(batch.photos.all()), "carousel-descriptor-1")

    found = nearest.of_batch(batch, told, DESCRIPTOR, in_memory=10)

    assert nearest.of_batch(batch, told, DESCRIPTOR, in_memory=32) is None
    assert found is not None and found.keys() == {fact.id for fact in told}
    cosines = [
        (UUID(one), UUID(other), cosine)
        for one, near in found.items()
        for other, cosine in near.items()
    ]
    for one, other, cosine in cosines[:50]:
        exact = float(np.dot(np.asarray(vectors[one]), np.asarray(vectors[other])))
        assert cosine == pytest.approx(exact, abs=2e-3)
    given = clustering.propose(told, calibration=DESCRIPTOR, neighbours=found)
    assert given.groups == clustering.propose(told, calibration=DESCRIPTOR).groups
