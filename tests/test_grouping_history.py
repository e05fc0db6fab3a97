"""Edits on rows: kept, taken back, made again; and what the database itself refuses."""

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from carousel.errors import Refused
from carousel.models import Product
from grouping import edits, history, storing
from grouping.board import Card
from grouping.calibration import default_for
from grouping.history import Scope
from grouping.models import Edit, Group, GroupPhoto, Link, Review
from imaging.models import Batch, Job, Photo
from tests.grouping_makers import make_asked, make_group, photos_in
from tests.makers import make_batch, make_embedding, make_photo, make_tenant, make_user

pytestmark = pytest.mark.django_db


def rename(group: Group, name: str, email: str = "alice@example.com", **asked: Any) -> Edit:
    change = partial(edits.rename, group=group.pk, name=name)
    asking = make_asked(email, label=f"Renamed to {name}", **asked)
    row = history.perform(group.batch, asking, Scope(groups=[group.pk]), change)
    assert row
    return row


def accept(*groups: Group) -> Edit | None:
    ids = [group.pk for group in groups]
    change = partial(edits.accept, groups=ids)
    return history.perform(groups[0].batch, make_asked(), Scope(groups=ids), change)


def merge(*groups: Group, **asked: Any) -> Edit | None:
    ids = [group.pk for group in groups]
    change = partial(edits.merge, groups=ids)
    return history.perform(groups[0].batch, make_asked(**asked), Scope(groups=ids), change)


def publish() -> Product:
    Product.objects.update(price=5000, category="Clothing", condition="good")
    product = Product.objects.get()
    product.become(Product.State.LISTED)
    return product


def state_of(batch: Batch) -> list[Card]:
    with transaction.atomic():
        cards = storing.load_all(batch).board.cards.values()
    return sorted(cards, key=lambda card: card.position)


def test_an_edit_is_written_and_kept():
    group = make_group(photos=2)

    row = rename(group, "Wool jacket")

    group.refresh_from_db()
    assert (group.name, group.version) == ("Wool jacket", row.version)
    assert row.before["cards"][str(group.pk)]["name"] == "Item 1"


def test_undo_takes_back_and_redo_makes_again():
    batch = make_batch()
    groups = make_group(batch, 2), make_group(batch, 3)
    user, start = make_user(), state_of(batch)
    merge(*groups)
    merged = state_of(batch)

    history.undo(batch, user)
    assert state_of(batch) == start
    history.redo(batch, user)
    assert state_of(batch) == merged


def test_a_new_edit_ends_what_could_be_made_again():
    group = make_group()
    rename(group, "Jacket")
    history.undo(group.batch, make_user())
    rename(group, "Coat")

    with pytest.raises(Refused, match="nothing to redo"):
        history.redo(group.batch, make_user())


def test_undo_takes_back_ones_own_edit_not_a_colleagues():
    batch = make_batch()
    mine, theirs = make_group(batch), make_group(batch)
    rename(mine, "Jacket")
    rename(theirs, "Coat", "bob@example.com")

    history.undo(batch, make_user())

    assert [group.name for group in batch.groups.in_order()] == ["Item 1", "Coat"]


def test_undo_is_refused_when_a_colleague_built_on_it():
    group = make_group()
    rename(group, "Jacket")
    rename(group, "Coat", "bob@example.com")

    with pytest.raises(history.Stale, match=r"bob@example.com changed its groups at .* Coat"):
        history.undo(group.batch, make_user())

    group.refresh_from_db()
    assert group.name == "Coat"


def test_an_edit_of_a_group_that_changed_unseen_is_refused():
    group = make_group()
    rename(group, "Coat", "bob@example.com")

    with pytest.raises(history.Stale, match=r"bob@.* changed this at") as refusal:
        rename(group, "Jacket", versions={group.pk: 0})

    assert refusal.value.groups == {group.pk}
    assert Edit.objects.count() == 1


def test_the_same_form_sent_twice_is_one_edit():
    group = make_group()

    first, second = rename(group, "Coat", key="a"), rename(group, "Jacket", key="a")

    assert first == second
    assert Group.objects.get().name == "Coat"


def test_what_changes_nothing_is_not_kept():
    group = make_group()

    assert accept(group)
    assert accept(group) is None
    assert Edit.objects.count() == 1


def test_versions_only_rise():
    group = make_group()
    seen = []

    for turn in (partial(rename, group, "Coat"), history.undo, history.redo):
        turn() if isinstance(turn, partial) else turn(group.batch, make_user())
        group.refresh_from_db()
        seen.append(group.version)

    assert seen == [1, 2, 3]


def test_accepting_drafts_a_product_and_starts_its_listing():
    group = make_group(photos=2, name="Wool jacket")

    accept(group)

    product = Product.objects.live().get()
    group.refresh_from_db()
    assert (product.title, product.images.count(), group.product) == ("Wool jacket", 2, product.pk)
    assert Job.objects.get(kind="listing").subject_id == product.pk


def test_taking_an_acceptance_back_hides_the_draft_and_redo_brings_it_back():
    group = make_group()
    accept(group)
    product = Product.objects.get()

    history.undo(group.batch, make_user())
    assert not Product.objects.live().exists()
    assert Group.objects.get().product is None

    history.redo(group.batch, make_user())
    assert Product.objects.live().get() == product


def test_taking_an_acceptance_back_after_publishing_takes_the_item_off_sale():
    group = make_group()
    accept(group)
    product = publish()

    history.undo(group.batch, make_user())

    product.refresh_from_db()
    assert product.state == Product.State.DELISTED
    assert Group.objects.get().state == Group.State.OPEN


def test_the_photos_of_a_listed_item_stay_as_they_are():
    batch = make_batch()
    group, other = make_group(batch), make_group(batch)
    accept(group)
    publish()

    with pytest.raises(Refused, match="off sale"):
        merge(group, other)

    assert Group.objects.count() == 2


def test_merging_and_splitting_are_remembered_as_decisions():
    batch = make_batch()
    one, other = make_group(batch, 1), make_group(batch, 1)
    a, b = sorted([*photos_in(one), *photos_in(other)])

    merge(one, other)
    link = Link.objects.standing().get()
    assert (link.a_id, link.b_id, link.verdict) == (a, b, "must")

    history.undo(batch, make_user())
    assert not Link.objects.standing().exists()


def test_returning_to_a_version_takes_everything_after_it_back():
    batch = make_batch()
    groups = [make_group(batch) for _ in range(3)]
    first = rename(groups[0], "Jacket")
    history.name_checkpoint(batch, "Before lunch")
    rename(groups[1], "Coat", "bob@example.com")
    merge(groups[0], groups[2])

    history.undo_to(batch, make_user(), first.seq)

    assert [group.name for group in batch.groups.in_order()] == ["Jacket", "Item 2", "Item 3"]


def test_a_photo_deleted_since_does_not_come_back():
    batch = make_batch()
    groups = make_group(batch, 2), make_group(batch, 1)
    gone, kept = photos_in(groups[0])
    merge(*groups)
    batch.photos.filter(pk=gone).update(deleted_at="2026-01-01T00:00Z")

    history.undo(batch, make_user())

    assert [card.photos for card in state_of(batch)] == [(kept,), (*photos_in(groups[1]),)]


def test_a_photo_lies_in_one_place_only():
    group = make_group()

    with pytest.raises(IntegrityError), transaction.atomic():
        GroupPhoto.objects.create(tenant=group.tenant, group=None, photo_id=photos_in(group)[0])


def test_a_photos_place_is_in_a_group_of_its_tenant(django_db_setup):
    group, stranger = make_group(), make_tenant("other")

    with (
        pytest.raises(IntegrityError, match="place_in_a_group_of_its_tenant"),
        transaction.atomic(),
    ):
        GroupPhoto.objects.filter(group=group).update(tenant=stranger)
        _check_constraints()


def test_a_decision_belongs_to_the_tenant_of_its_edit():
    group = make_group(photos=2)
    merge(group, make_group(group.batch))

    with pytest.raises(IntegrityError, match="link_of_an_edit_of_its_tenant"), transaction.atomic():
        Link.objects.update(tenant=make_tenant("other"))
        _check_constraints()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("confidence", 1.01), ("confidence", -0.01), ("kind", "other"),
        ("state", "other"), ("band", "other"), ("product", uuid4()),
    ],
)  # fmt: skip
def test_a_group_makes_sense(field: str, value: object):
    group = make_group()

    with pytest.raises(IntegrityError), transaction.atomic():
        Group.objects.filter(pk=group.pk).update(**{field: value})


def test_links_and_edits_make_sense():
    group = make_group(photos=1)
    merge(group, make_group(group.batch))
    link, row = Link.objects.get(), Edit.objects.get()
    for change in (
        lambda: Link.objects.update(a_id=link.b_id, b_id=link.a_id),
        lambda: Link.objects.update(verdict="maybe"),
        lambda: Edit.objects.update(state="maybe"),
        lambda: Edit.objects.create(
            tenant=row.tenant, batch=row.batch, seq=row.seq, kind="x", label="x", before={},
            after={}, groups=[], version=9,
        ),
        lambda: Review.objects.update(strictness=1.1),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_photo_of_another_batch_cannot_be_moved_in():
    group, stranger = make_group(), make_photo(make_batch())

    with pytest.raises(Refused, match="not in this batch"):
        history.perform(
            group.batch,
            make_asked(),
            Scope(groups=[group.pk], photos=[stranger.pk]),
            partial(edits.move, photos=[stranger.pk], group=group.pk),
        )


def test_a_merged_group_knows_its_true_weakest_pair():
    batch = make_batch()
    groups = [make_group(batch, 1) for _ in range(2)]
    cosine = 0.6
    vectors = [[1.0] + [0.0] * 1023, [cosine, (1 - cosine**2) ** 0.5] + [0.0] * 1022]
    for group, vector in zip(groups, vectors, strict=True):
        make_embedding(Photo.objects.get(pk=photos_in(group)[0]), vector)

    merge(*groups)

    expected = default_for("carousel-descriptor-1").score([cosine])[0]
    assert Group.objects.get().weakest == pytest.approx(expected, abs=0.01)


def test_an_edit_takes_few_queries(django_assert_num_queries):
    batch = make_batch()
    groups = make_group(batch, 5), make_group(batch, 5)
    rename(groups[0], "Jacket")
    asked, ids = make_asked(), [group.pk for group in groups]

    with django_assert_num_queries(13):  # two of them the savepoint that a test adds
        history.perform(batch, asked, Scope(groups=ids), partial(edits.merge, groups=ids))


def _check_constraints() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
