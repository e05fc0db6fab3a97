"""What staff's decisions teach: proposed once a week, with figures, applied or declined."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils.timezone import now

from carousel.errors import Refused
from carousel.models import Membership, Tenant
from grouping import learning, lessons
from grouping.calibration import DESCRIPTOR, sigmoid
from grouping.lessons import Lesson
from grouping.models import Tuning
from tests.grouping_makers import make_group
from tests.makers import make_batch, make_embedding, make_photo, make_tenant, make_user

MODEL = "carousel-descriptor-1"


def staff(shift: float, batches: int = 6, pairs: int = 200) -> list[Lesson]:
    """Decisions of staff for whom a score is truly one item `shift` nats later than it says."""
    chance = np.random.default_rng(3)
    taught = []
    for _ in range(batches):
        nats = chance.uniform(-4, 6, pairs)
        same = chance.random(pairs) < sigmoid(1.6 * (nats - 1.1 - shift))
        taught.append(Lesson(sigmoid(nats), same))
    return taught


def test_simulated_staff_move_the_line_to_where_they_draw_it():
    found = learning.proposed(staff(shift=1.5), DESCRIPTOR, floor=0.75)

    assert found and found.is_worth_it
    assert found.after.f1 > found.before.f1 + 0.02
    best = lessons.best_floor(staff(shift=1.5), 0.75)
    line = found.calibration.rescaled([best], DESCRIPTOR)[0]
    assert abs(float(line) - found.floor) < 0.08


def test_staff_who_agree_with_the_program_move_nothing_worth_proposing():
    found = learning.proposed(staff(shift=0), DESCRIPTOR, floor=0.75)

    assert found is None or not found.is_worth_it


def test_too_few_decisions_teach_nothing():
    assert learning.proposed(staff(1.5, batches=1, pairs=10), DESCRIPTOR, floor=0.75) is None


def test_figures_count_pairs():
    taught = [Lesson(np.array([0.9, 0.8, 0.5]), np.array([True, False, True]))]

    found = lessons.measured(taught, 0.75)

    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)


@pytest.mark.django_db
def test_accepted_groups_teach_their_scores_and_their_truth():
    batch, chance = make_batch(), np.random.default_rng(1)
    for item in range(4):
        centre = chance.normal(size=1024)
        photos = [make_photo(batch, index=4 * item + n) for n in range(3)]
        for photo in photos:
            make_embedding(photo, _unit(centre + 0.3 * chance.normal(size=1024)))
        make_group(batch, photos, state="accepted")

    found = learning.lesson_of(batch, MODEL)

    assert found and int(found.same.sum()) == 12
    assert found.scores[found.same].min() > 0.75


@pytest.mark.django_db
def test_an_applied_proposal_sets_the_scale_and_the_floor_of_the_shop():
    tuning, manager = make_tuning(floor=0.8), make_manager()

    tuning.apply(manager)

    tenant = Tenant.objects.get()
    assert tenant.options.possibly == 0.8
    assert learning.calibration_of(tenant, MODEL).scale.slope == 0.7
    with pytest.raises(Refused, match="decided already"):
        tuning.decline(manager)


@pytest.mark.django_db
def test_a_declined_proposal_stays_declined():
    make_tuning(figures=figures(pairs=1200)).decline(make_manager())
    tenant = Tenant.objects.get()

    assert learning.keep(tenant, MODEL, learning.proposed(staff(1.5), DESCRIPTOR, 0.75)) is None
    assert learning.calibration_of(tenant, MODEL) == DESCRIPTOR


@pytest.mark.django_db
def test_much_more_decided_is_proposed_and_replaces_what_waits():
    old = make_tuning(figures=figures(pairs=100))
    found = learning.proposed(staff(shift=1.5), DESCRIPTOR, floor=0.75)

    made = learning.keep(Tenant.objects.get(), MODEL, found)

    old.refresh_from_db()
    assert made and made.state == "proposed" and old.state == "replaced"
    assert made.figures["pairs"] == 1200
    assert made.figures["after"]["f1"] > made.figures["before"]["f1"]


@pytest.mark.django_db
def test_once_a_week_is_enough():
    make_tuning(state="declined", decided_at=now())

    assert learning.weekly() == "0 proposals"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "status", "state"), [("manager", 302, "applied"), ("reviewer", 403, "proposed")]
)
def test_a_manager_applies_it_on_the_page(role: str, status: int, state: str):
    tuning, client = make_tuning(), Client()
    client.force_login(make_user("m@example.com", role=role))
    assert b"Of pairs" in client.get("/settings/grouping/").content

    answer = client.post(f"/settings/grouping/{tuning.pk}/", {"answer": "apply"})

    tuning.refresh_from_db()
    assert (answer.status_code, tuning.state) == (status, state)


@pytest.mark.django_db
def test_another_tenant_finds_no_proposal():
    tuning, client = make_tuning(), Client()
    client.force_login(make_user("c@example.com", make_tenant("other"), role="manager"))

    answer = client.post(f"/settings/grouping/{tuning.pk}/", {"answer": "apply"})

    tuning.refresh_from_db()
    assert (answer.status_code, tuning.state) == (404, "proposed")


def make_tuning(**fields: Any) -> Tuning:
    fields.setdefault("figures", figures())
    fields.setdefault("floor", 0.75)
    return Tuning.objects.create(
        tenant=make_tenant(), model=MODEL, slope=0.7, intercept=1.5, **fields
    )


def figures(pairs: int = 100) -> dict[str, Any]:
    side = {"precision": 0.9, "recall": 0.8, "f1": 0.85}
    return {"pairs": pairs, "batches": 3, "before": side, "after": side}


def make_manager() -> Any:
    return make_user("boss@example.com", role=Membership.Role.MANAGER)


def _unit(vector: Any) -> Any:
    return vector / np.linalg.norm(vector)
