"""What the proposal promises: runs, the floor, staff's word, tags, models kept apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from grouping.calibration import DESCRIPTOR, TITAN
from grouping.clustering import ClusterOptions, PhotoFacts, Proposal, propose
from grouping.similarity import Band, MixedModels

STARTED = datetime(2024, 5, 1, 9, tzinfo=UTC)


def vectors_of(items, photos, spread=0.1, seed=0):
    """Unit vectors of `photos` photos for each of `items` items, in shooting order."""
    random = np.random.RandomState(seed)
    found = []
    for _ in range(items):
        item = random.rand(1024) ** 3
        found += [np.maximum(item + random.randn(1024) * spread, 0) for _ in range(photos)]
    rows = np.array(found)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def facts(vectors, model=DESCRIPTOR.model, **more):
    return [PhotoFacts(str(at), v, model, at, **more) for at, v in enumerate(vectors)]


def sets(proposal: Proposal) -> list[set[str]]:
    return [set(group.ids) for group in proposal.groups]


def with_cosines(cosines):
    """Vectors whose cosines are these."""
    return np.linalg.cholesky(np.array(cosines))


def test_six_photos_of_two_products_are_two_groups():
    photos = facts(vectors_of(items=2, photos=3))

    proposal = propose(photos, calibration=DESCRIPTOR)

    assert sets(proposal) == [{"0", "1", "2"}, {"3", "4", "5"}]


def test_the_same_facts_give_the_same_proposal():
    photos = facts(vectors_of(items=20, photos=3, spread=0.4))

    assert propose(photos, calibration=DESCRIPTOR) == propose(photos, calibration=DESCRIPTOR)


def test_every_photo_is_in_exactly_one_group_and_groups_follow_the_order():
    photos = facts(vectors_of(items=15, photos=4, spread=0.5))

    proposal = propose(list(reversed(photos)), calibration=DESCRIPTOR)

    ids = [photo for group in proposal.groups for photo in group.ids]
    assert sorted(ids, key=int) == [str(at) for at in range(60)]
    firsts = [int(group.ids[0]) for group in proposal.groups]
    assert firsts == sorted(firsts)


def test_no_pair_below_the_floor_is_in_a_group():
    photos = facts(vectors_of(items=25, photos=3, spread=0.6))

    proposal = propose(photos, calibration=DESCRIPTOR)

    assert all(group.weakest.score >= 0.75 for group in proposal.groups if group.weakest)


def test_a_chain_with_an_unlike_end_is_not_one_group():
    # .74, for no three vectors have .93, .93 and less than .73 between them.
    cosines = [[1, 0.93, 0.74], [0.93, 1, 0.93], [0.74, 0.93, 1]]
    photos = facts(with_cosines(cosines), model=TITAN.model)

    proposal = propose(photos, calibration=TITAN)

    assert sets(proposal) == [{"0", "1"}, {"2"}]
    assert [(each.a, each.b, each.band) for each in proposal.suggestions] == [(0, 1, Band.SAME)]


@pytest.mark.parametrize(
    ("cosine", "band"),
    [(0.9199, Band.LIKELY), (0.9201, Band.SAME), (0.8499, Band.POSSIBLY), (0.8501, Band.LIKELY)],
)
def test_a_direct_model_is_banded_by_its_cosine(cosine, band):
    photos = facts(with_cosines([[1, cosine], [cosine, 1]]), model=TITAN.model)

    (group,) = propose(photos, calibration=TITAN).groups

    assert group.band is band
    assert group.confidence == pytest.approx(cosine, abs=1e-6)


def test_a_pair_below_the_last_band_is_neither_merged_nor_suggested():
    photos = facts(with_cosines([[1, 0.7499], [0.7499, 1]]), model=TITAN.model)

    proposal = propose(photos, calibration=TITAN)

    assert sets(proposal) == [{"0"}, {"1"}]
    assert proposal.suggestions == ()


def test_what_staff_parted_stays_apart_and_is_not_suggested():
    photos = facts(vectors_of(items=2, photos=3))

    proposal = propose(photos, calibration=DESCRIPTOR, cannot=[("0", "1")])

    assert not any({"0", "1"} <= group for group in sets(proposal))
    apart = {at for at, group in enumerate(sets(proposal)) if group & {"0", "1"}}
    assert not any({each.a, each.b} == apart for each in proposal.suggestions)


def test_what_staff_joined_is_together_however_unlike():
    photos = facts(vectors_of(items=3, photos=2))

    proposal = propose(photos, calibration=DESCRIPTOR, must=[("0", "5")])

    joined = next(group for group in proposal.groups if "0" in group.ids)
    assert "5" in joined.ids
    assert joined.rule == "decided"


def test_decisions_hold_when_the_vectors_change():
    must, cannot = [("0", "7")], [("3", "4"), ("1", "2")]

    for seed in range(5):
        photos = facts(vectors_of(items=4, photos=3, spread=0.5, seed=seed))
        found = sets(propose(photos, calibration=DESCRIPTOR, must=must, cannot=cannot))
        assert any({"0", "7"} <= group for group in found)
        assert not any({"3", "4"} <= group or {"1", "2"} <= group for group in found)


def test_apart_wins_over_together():
    photos = facts(vectors_of(items=1, photos=3))

    found = sets(
        propose(photos, calibration=DESCRIPTOR, must=[("0", "1"), ("1", "2")], cannot=[("0", "2")])
    )

    assert not any({"0", "2"} <= group for group in found)


def test_no_group_is_larger_than_allowed():
    photos = facts(vectors_of(items=2, photos=9, spread=0.02))

    proposal = propose(photos, calibration=DESCRIPTOR, options=ClusterOptions(largest=4))

    assert max(len(group.ids) for group in proposal.groups) <= 4


def test_sixty_photos_with_twelve_tags_are_twelve_groups_of_twelve_consignors():
    vectors = vectors_of(items=48, photos=1)
    photos = []
    for item in range(12):
        at = len(photos)
        name = f"consignor {item}"
        photos.append(PhotoFacts(str(at), (), "", at, is_tag=True, consignor=name))
        for view in range(4):
            at = len(photos)
            photos.append(PhotoFacts(str(at), vectors[item * 4 + view], DESCRIPTOR.model, at))

    proposal = propose(photos, calibration=DESCRIPTOR)

    assert [len(group.ids) for group in proposal.groups] == [4] * 12
    assert [group.consignor for group in proposal.groups] == [f"consignor {n}" for n in range(12)]
    assert len(proposal.tags) == 12


def test_a_tag_parts_photos_that_look_the_same():
    vectors = vectors_of(items=1, photos=4, spread=0.01)
    photos = facts(vectors)
    tag = PhotoFacts("tag", (), "", 2, is_tag=True, consignor="Anna")
    stream = [*photos[:2], tag, *(replace(photo, index=photo.index + 1) for photo in photos[2:])]

    assert sets(propose(stream, calibration=DESCRIPTOR)) == [{"0", "1"}, {"2", "3"}]


def test_order_mends_what_likeness_confuses():
    photos = facts(vectors_of(items=12, photos=3, spread=0.75, seed=4))
    truth = [{str(3 * item + view) for view in range(3)} for item in range(12)]

    with_order = sets(propose(photos, calibration=DESCRIPTOR))
    without = sets(propose(photos, calibration=DESCRIPTOR, options=ClusterOptions(use_order=False)))

    assert sum(item in with_order for item in truth) >= sum(item in without for item in truth)


def test_order_alone_joins_nothing():
    photos = facts(vectors_of(items=30, photos=1))

    proposal = propose(photos, calibration=DESCRIPTOR)

    assert max(len(group.ids) for group in proposal.groups) == 1


def test_stricter_never_makes_fewer_groups():
    photos = facts(vectors_of(items=20, photos=3, spread=0.6))

    counts = [
        len(propose(photos, calibration=DESCRIPTOR, options=ClusterOptions(strictness=s)).groups)
        for s in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]

    assert counts == sorted(counts)


def test_vectors_of_two_models_never_meet():
    photos = [*facts(vectors_of(1, 2)), PhotoFacts("x", vectors_of(1, 1)[0], "another", 9)]

    with pytest.raises(MixedModels):
        propose(photos, calibration=DESCRIPTOR)


def test_nothing_to_group_is_an_empty_proposal():
    assert propose([], calibration=DESCRIPTOR) == Proposal((), (), ())


def test_one_photo_stands_alone():
    (group,) = propose(facts(vectors_of(1, 1)), calibration=DESCRIPTOR).groups

    assert (group.ids, group.confidence, group.weakest, group.rule) == (("0",), 1.0, None, "alone")


def test_a_group_names_its_pairs_and_its_longest_pause():
    vectors = vectors_of(items=1, photos=3)
    photos = [
        replace(photo, taken_at=STARTED + timedelta(seconds=seconds))
        for photo, seconds in zip(facts(vectors), (0, 5, 25), strict=True)
    ]

    (group,) = propose(photos, calibration=DESCRIPTOR).groups

    assert group.max_time_gap == 20
    assert group.weakest.score <= group.confidence <= group.strongest.score
    assert group.rule == "run"


def test_given_neighbours_answer_as_all_pairs_do():
    vectors = vectors_of(items=30, photos=3)
    photos = facts(vectors)
    cosines = vectors @ vectors.T
    near = {
        str(at): {str(o): float(row[o]) for o in np.argsort(-row)[:12] if o != at}
        for at, row in enumerate(cosines)
    }

    listed = propose(photos, calibration=DESCRIPTOR, neighbours=near)

    assert sets(listed) == sets(propose(photos, calibration=DESCRIPTOR))
