"""The parts: bands, calibration, shooting order, runs, and the figures of an evaluation."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from sklearn.metrics import pairwise

from grouping import fitting, neighbourhood, runs, shortlist, similarity
from grouping.calibration import DESCRIPTOR, TITAN, default_for, refitted
from grouping.clustering import PhotoFacts, propose
from grouping.order import Moment, natural, shooting_order
from grouping.quality import edits, quality, reliability
from grouping.similarity import Band, unit

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_cosines_are_exact():
    rows = np.random.RandomState(0).randn(200, 1024)

    ours = similarity.cosine_matrix(rows)

    assert np.abs(ours - pairwise.cosine_similarity(rows)).max() < 1e-6


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0.9199, Band.LIKELY),
        (0.92, Band.SAME),
        (0.9201, Band.SAME),
        (0.8499, Band.POSSIBLY),
        (0.85, Band.LIKELY),
        (0.7499, Band.APART),
        (0.75, Band.POSSIBLY),
    ],
)
def test_a_score_on_a_threshold_belongs_above_it(score, band):
    assert similarity.band(score) is band


def test_a_vector_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        similarity.unit([[1.0, float("nan")]])


def test_a_higher_cosine_never_scores_lower():
    scores = DESCRIPTOR.score(np.linspace(-1, 1, 101))

    assert (np.diff(scores) >= 0).all()


def test_the_score_of_a_direct_model_is_its_cosine():
    assert TITAN.score([0.92, -0.5]).tolist() == [0.92, 0.0]


def test_a_model_never_seen_has_numbers_of_its_own_name():
    assert default_for("somebody-else").model == "somebody-else"


def test_decisions_move_the_scores_towards_the_truth():
    random = np.random.RandomState(0)
    scores = random.uniform(0.6, 0.99, 400)
    too_sure = random.uniform(size=400) < (scores - 0.6)

    before, after = DESCRIPTOR, refitted(DESCRIPTOR, scores.tolist(), too_sure.tolist())

    assert after.scaled(0.5) < before.scaled(0.5)
    assert after.source == "400 pairs decided by staff"


def test_a_few_decisions_move_little():
    after = refitted(DESCRIPTOR, [0.9, 0.8], [False, True])

    assert abs(float(after.scaled(0.5)) - float(DESCRIPTOR.scaled(0.5))) < 0.05


def test_decisions_that_all_agree_change_nothing():
    assert refitted(DESCRIPTOR, [0.9, 0.95], [True, True]) is DESCRIPTOR


def test_numbers_in_names_are_counted_not_spelled():
    names = ["IMG_10.jpg", "IMG_9.jpg", "img_100.jpg"]

    assert sorted(names, key=natural) == ["IMG_9.jpg", "IMG_10.jpg", "img_100.jpg"]


def test_capture_time_goes_before_names_and_upload():
    moments = [
        Moment(0, "IMG_1.jpg", NOON + timedelta(minutes=2)),
        Moment(1, "IMG_2.jpg", NOON),
    ]

    order = shooting_order(moments)

    assert (order.sequence, order.source) == ((1, 0), "time")


def test_a_camera_s_counter_goes_before_the_upload():
    order = shooting_order([Moment(0, "IMG_10.jpg"), Moment(1, "IMG_9.jpg")])

    assert (order.sequence, order.source) == ((1, 0), "name")


def test_names_without_a_common_counter_leave_the_upload_order():
    order = shooting_order([Moment(1, "skirt 7.jpg"), Moment(0, "boots 3.jpg")])

    assert (order.sequence, order.source) == ((1, 0), "upload")


def test_a_long_pause_speaks_for_a_new_item():
    seconds = (0, 5, 10, 15, 200, 205)
    moments = [
        Moment(at, "", NOON + timedelta(seconds=second)) for at, second in enumerate(seconds)
    ]

    boundary = shooting_order(moments).boundary()

    assert boundary.argmax() == 4
    assert boundary[4] > 0 >= boundary[1]


def test_chances_of_a_run_agree_with_counting_all_cuts():
    evidence = np.zeros((3, 3))
    evidence[0, 1], evidence[1, 1], evidence[0, 2] = 2.0, -1.0, 0.5
    boundary = np.array([0.0, 0.3, -0.2])
    stop, go = np.log(runs.NEW_ITEM), np.log(1 - runs.NEW_ITEM)
    weights = {
        "abc": (2.0 - 1.0 + 0.5) * 2 / 3 + 2 * go + stop,
        "ab|c": 2.0 + go + 2 * stop - 0.2,
        "a|bc": -1.0 + go + 2 * stop + 0.3,
        "a|b|c": 3 * stop + 0.3 - 0.2,
    }
    odds = {cut: np.exp(nats) for cut, nats in weights.items()}
    total = sum(odds.values())

    found = runs.chances(evidence, boundary, learning=0)

    assert found[0, 1] == pytest.approx((odds["abc"] + odds["ab|c"]) / total)
    assert found[1, 1] == pytest.approx((odds["abc"] + odds["a|bc"]) / total)
    assert found[0, 2] == pytest.approx(odds["abc"] / total)


def test_a_batch_of_four_photos_an_item_teaches_that_a_doubtful_place_is_no_cut():
    photos = 40
    evidence = np.zeros((photos, 12))
    for gap in range(1, 12):
        one, other = np.arange(photos - gap), np.arange(gap, photos)
        evidence[one, gap] = np.where(one // 4 == other // 4, 2.0, -2.0)
    evidence[16:20] = 0.0
    for at in range(16):
        evidence[at, 16 - at : 20 - at] = 0.0

    plain = runs.chances(evidence, np.zeros(photos), learning=0)
    learned = runs.chances(evidence, np.zeros(photos))

    assert plain[16:19, 1].max() < 0.7 < 0.9 < learned[16:19, 1].min()
    assert learned[15, 1] < 0.1


def test_a_perfect_proposal_needs_no_edits():
    found = quality([1, 1, 2], ["a", "a", "b"])

    assert (found.precision, found.recall, found.f1, found.edits_per_100) == (1, 1, 1, 0)


def test_pairs_are_counted():
    found = quality([1, 1, 1, 2], ["a", "a", "b", "b"])

    assert (found.precision, found.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert found.f1 == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("proposed", "truth", "actions"),
    [
        ("1111", "aabb", 1),  # split the two photos off
        ("1122", "aaaa", 1),  # merge
        ("1112", "aabb", 1),  # move one photo
        ("1234", "aaaa", 3),
        ("1111", "abcd", 3),
    ],
)
def test_edits_are_what_staff_would_do(proposed, truth, actions):
    assert edits(proposed, truth) == actions


def make_folder(folder):
    (folder / "images").mkdir()
    rows = ["image,item_id"]
    for item, colour in enumerate([(200, 30, 30), (30, 60, 200)]):
        for view in range(3):
            picture = Image.new("RGB", (200, 200), (250, 250, 250))
            picture.paste(colour, (40 + 5 * view, 40, 160, 160))
            picture.save(folder / "images" / f"{item}{view}.png")
            rows.append(f"{item}{view}.png,item {item}")
    (folder / "labels.csv").write_text("\n".join(rows))


def test_a_labelled_folder_is_evaluated_as_json_alone(tmp_path, capsys):
    make_folder(tmp_path)

    call_command("evaluate", "grouping", str(tmp_path), "--cutout", "none", "--json")

    result = json.loads(capsys.readouterr().out)
    assert (result["photos"], result["items"], result["f1"]) == (6, 2, 1.0)
    assert {"precision", "recall", "ari", "edits_per_100", "seconds"} <= result.keys()


def test_a_folder_without_the_columns_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "labels.csv").write_text("photo,item\n1.jpg,a")

    with pytest.raises(CommandError, match="image and item_id"):
        call_command("evaluate", "grouping", str(tmp_path))


def test_reliability_counts_the_pairs_of_each_band():
    scores, same = np.array([0.93, 1.0, 0.92, 0.8, 0.01]), np.array([True, True, False, True, True])

    found = {each.low: (each.pairs, each.share) for each in reliability(scores, same)}

    assert found[0.92] == (3, pytest.approx(2 / 3)) and found[0.75] == (1, 1.0)
    assert found[0.05] == (0, None)


def test_a_calibration_is_fitted_to_labelled_photos_and_holds_for_others():
    first, second = drawn(1), drawn(2)
    found = fitting.fitted(*first, DESCRIPTOR)
    vectors, items = second
    photos = [PhotoFacts(str(n), row, "m", n) for n, row in enumerate(vectors)]

    proposal = propose(photos, calibration=replace(found, model="m"))

    place = {photo: n for n, group in enumerate(proposal.groups) for photo in group.ids}
    assert quality([place[str(n)] for n in range(len(items))], items).f1 > 0.95


def drawn(seed):
    """Vectors of forty items with four photos each, in shooting order."""
    numbers = np.random.default_rng(seed)
    centres = np.repeat(numbers.normal(size=(40, 64)), 4, axis=0)
    return centres + 0.5 * numbers.normal(size=centres.shape), [n // 4 for n in range(160)]


def test_the_short_list_of_a_large_batch_is_that_of_all_pairs():
    """Photos of 150 things that are alike as real ones are: all share a part of their look."""
    chance = np.random.default_rng(7)
    looks = np.repeat(chance.normal(size=(150, 1024)), 4, axis=0)
    shots = 1.5 * chance.normal(size=1024) + looks + 0.6 * chance.normal(size=looks.shape)
    rows = unit(shots)

    short, exact = shortlist.nearest(rows, 4), neighbourhood._nearest(rows)

    assert [near[:4] for near in exact] == short
    assert [set(near) for near in short] == [
        set(range(n - n % 4, n - n % 4 + 4)) for n in range(600)
    ]
