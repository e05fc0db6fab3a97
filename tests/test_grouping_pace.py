"""How long the server takes for each edit of a batch of a thousand photos."""

import sys
import time

import pytest
from django.test import Client

from grouping.models import Group
from tests.grouping_makers import photos_in
from tests.makers import make_user
from tests.review_seed import crowd, shop

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HEADERS = {"HX-Request": "true", "HX-Request-Type": "partial"}


def test_the_time_of_an_edit_is_told(capsys: pytest.CaptureFixture[str]):
    batch, client = crowd(items=300, photos=1000), Client()
    client.force_login(make_user("pace@example.com", shop()))
    rows = list(Group.objects.filter(batch=batch).in_order()[:120])
    taken = []

    def send(path: str, **fields: str) -> None:
        started = time.perf_counter()
        answer = client.post(path, fields, headers=HEADERS)
        taken.append(1000 * (time.perf_counter() - started))
        assert answer.status_code == 200, answer.content[:300]

    for n in range(0, 120, 4):
        one, two, three, four = rows[n : n + 4]
        send(f"/g/{one.pk}/rename/", name=f"Name {n}")
        send(f"/b/{batch.pk}/move/", photo=str(photos_in(one)[0]), to=str(two.pk))
        send(f"/b/{batch.pk}/merge/", group=f"{two.pk},{three.pk}")
        send(f"/g/{four.pk}/split/")
        send(f"/b/{batch.pk}/undo/")
        send(f"/g/{four.pk}/accept/")

    taken.sort()
    middle, high = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
    with capsys.disabled():
        sys.stdout.write(f"\n{len(taken)} edits: median {middle:.0f} ms, p95 {high:.0f} ms\n")
    assert len(taken) == 180
