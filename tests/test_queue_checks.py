import re

import pytest

from carousel import queue_checks
from carousel.celery import app


def conf(**changes: object) -> dict[str, object]:
    names = [*queue_checks.WANTED, "broker_transport_options", "visibility_timeout"]
    names += ["task_soft_time_limit", "task_time_limit"]
    return {name: app.conf[name] for name in names} | changes


def test_our_own_settings_pass():
    assert queue_checks.check_queue() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task_acks_late": False}, "task_acks_late is False and must be True."),
        ({"worker_prefetch_multiplier": 4}, "worker_prefetch_multiplier is 4 and must be 1."),
        ({"accept_content": ["pickle"]}, r"accept_content is \['pickle'\] and must be \['json'\]."),
        (
            {"task_time_limit": 200},
            r"soft < hard < lease < visibility must rise; they are \[90, 20",
        ),
        ({"broker_transport_options": {"visibility_timeout": 20}}, "they are .*20"),
        ({"broker_transport_options": {"visibility_timeout": 300}}, "socket_timeout is not set"),
    ],
)
def test_a_setting_that_loses_or_repeats_work_stops_the_start(changes, words):
    [first, *_] = queue_checks.faults(conf(**changes), lease=150)

    assert re.search(words, first)
