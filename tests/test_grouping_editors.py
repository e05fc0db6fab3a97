"""Many editors at once on real connections: nothing lost, no deadlock, refusals that say why."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from uuid import UUID, uuid4

import pytest
from django.db import connections

from carousel.errors import Refused
from grouping import edits, history
from grouping.history import Asked, Scope
from grouping.models import Edit, Group, GroupPhoto
from imaging.models import Batch
from tests.grouping_makers import make_group, photos_in
from tests.makers import make_batch, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work: partial[list[str]], editors: int) -> list[str]:
    """What each editor was told, edit by edit."""
    with ThreadPoolExecutor(editors) as pool:
        return [told for each in pool.map(work, range(editors)) for told in each]


def edit_at_random(batch: Batch, number: int, editor: int) -> list[str]:
    """Look, then edit what was seen: with the versions that were read."""
    chance, user = Random(editor), make_user(f"editor-{editor}@example.com", batch.tenant)
    told = []
    try:
        for turn in range(number):
            told.append(_one(batch, user, chance, f"Name {editor}-{turn}"))
    finally:
        connections.close_all()
    return told


def _one(batch: Batch, user: object, chance: Random, name: str) -> str:
    seen = dict(Group.objects.filter(batch=batch).values_list("pk", "version"))
    if not seen:
        return "nothing"
    some = chance.sample(sorted(seen), min(2, len(seen)))
    scope = Scope(groups=some, makes_groups=True)
    asked = Asked(kind="test", user=user, versions={id_: seen[id_] for id_ in some})  # type: ignore[arg-type]
    try:
        if chance.random() < 0.2:
            history.undo(batch, user)  # type: ignore[arg-type]
            return "undone"
        return "done" if history.perform(batch, asked, scope, _wanted(some, chance, name)) else "no"
    except Refused:
        return "refused"


def _wanted(some: list[UUID], chance: Random, name: str) -> partial[object]:
    changes = [
        partial(edits.rename, group=some[0], name=name),
        partial(edits.split_up, group=some[0], ids=uuid4),
        partial(edits.merge, groups=some),
    ]
    return chance.choice(changes)


def check_whole(batch: Batch, photos: set[UUID]) -> None:
    lying = list(GroupPhoto.objects.filter(photo__batch=batch).values_list("photo", flat=True))
    assert sorted(lying) == sorted(photos)
    assert not Group.objects.filter(batch=batch, members=None).exists()


@pytest.mark.parametrize(
    ("editors", "number"), [(10, 10), pytest.param(50, 40, marks=pytest.mark.slow)]
)
def test_every_edit_that_was_answered_is_in_the_history(editors: int, number: int):
    batch = make_batch()
    photos = {photo for _ in range(5) for photo in photos_in(make_group(batch, 3))}

    told = at_once(partial(edit_at_random, batch, number), editors)

    assert told.count("done") == Edit.objects.filter(batch=batch).count() > 0
    seqs = list(Edit.objects.filter(batch=batch).values_list("seq", flat=True))
    assert len(seqs) == len(set(seqs))
    check_whole(batch, photos)


@pytest.mark.parametrize("merges", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_crossing_merges_do_not_lock_each_other_out(merges: int):
    batch = make_batch()
    one, two = make_group(batch, 2), make_group(batch, 2)
    photos = {*photos_in(one), *photos_in(two)}
    ways = [[one.pk, two.pk], [two.pk, one.pk]]

    def cross(editor: int) -> list[str]:
        told = []
        try:
            for turn in range(merges // 10):
                ids = ways[(editor + turn) % 2]
                asked = Asked(kind="merge")
                try:
                    history.perform(
                        batch, asked, Scope(groups=ids), partial(edits.merge, groups=ids)
                    )
                    told.append("done")
                except Refused:
                    told.append("refused")
        finally:
            connections.close_all()
        return told

    told = at_once(cross, 10)  # type: ignore[arg-type]

    assert len(told) == merges // 10 * 10
    assert told.count("done") == 1
    check_whole(batch, photos)
