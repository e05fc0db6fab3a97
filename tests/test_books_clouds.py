"""The shelf's paid readers, their client stubbed: what is asked, paid for once, and refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from imaging.bookshelf import shelving, steps, textract
from imaging.bookshelf.asked import Shelved
from imaging.bookshelf.candidates import unplaced
from imaging.bookshelf.haiku import ROLE, provider, question
from imaging.inference import bedrock
from imaging.jobs import runner
from imaging.models import ModelCall, Shelf, Step
from tests.book_makers import ELEVEN, make_read_shelf
from tests.makers import make_tenant
from tests.upload_makers import make_jpeg

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("services")]

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
THREE = [
    {"title": "The Genetic Lottery", "author": "Kathryn Paige Harden", "confidence": 0.95,
     "lines": [0, 1, 2, 3]},
    {"title": "Herding Hemingway's Cats", "author": "Kat Arney", "confidence": 0.88,
     "lines": [4, 5, 6, 7]},
    {"title": "The Song of the Cell", "author": "Siddhartha Mukherjee", "confidence": 0.92,
     "lines": [8, 9, 10]},
]  # fmt: skip


@pytest.fixture
def keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings.BEDROCK_REGION = "eu-west-1"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    for cloud in (bedrock, textract):
        cloud.client.cache_clear()
    yield settings
    for cloud in (bedrock, textract):
        cloud.client.cache_clear()


def make_reply(books: list[dict[str, Any]]) -> dict[str, Any]:
    said = json.dumps({"books": books})
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": said}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 400, "outputTokens": 120, "totalTokens": 520},
        "metrics": {"latencyMs": 700},
    }


def make_block(text: str, left: float) -> dict[str, Any]:
    corners = ((left, 0.1), (left, 0.9), (left - 0.05, 0.9), (left - 0.05, 0.1))
    polygon = [{"X": x, "Y": y} for x, y in corners]
    box = {"Left": left - 0.05, "Top": 0.1, "Width": 0.05, "Height": 0.8}
    return {"BlockType": "LINE", "Text": text, "Confidence": 97.0,
            "Geometry": {"Polygon": polygon, "BoundingBox": box}}  # fmt: skip


def test_haiku_is_given_the_lines_as_data_and_names_three_books(keys):
    shelved = Shelved(unplaced(ELEVEN), None, 0.5)
    asked = {
        "modelId": HAIKU,
        "system": [{"text": ROLE}],
        "messages": [{"role": "user", "content": [{"text": question(shelved.reading)}]}],
        "inferenceConfig": {"maxTokens": ANY, "temperature": 0.0},
    }
    with Stubber(bedrock.client()) as stub:
        stub.add_response("converse", make_reply(THREE), asked)
        answer = provider(HAIKU)(shelved)

    assert [(b.title, b.author, b.confidence) for b in answer.value] == [
        (each["title"], each["author"], each["confidence"]) for each in THREE
    ]
    assert [b.inferred for b in answer.value] == [("author",), (), ("author",)]
    assert (answer.tokens_in, answer.tokens_out) == (400, 120)


def test_a_stage_of_haiku_that_comes_twice_is_paid_for_once(keys):
    keys.INFERENCE = {**keys.INFERENCE, "book_candidates": f"bedrock/{HAIKU}"}
    shelf = make_read_shelf()
    job = shelving.pipeline.start(shelf.tenant, "shelf", shelf.pk)
    with Stubber(bedrock.client()) as stub:
        stub.add_response("converse", make_reply(THREE))
        runner.drain()
        step = Step.objects.select_related("job", "tenant").get(job=job, kind="candidates")
        runner.run(step.pk)
        steps.candidates(step)

    assert shelf.spines.count() == 3
    call = ModelCall.objects.get(capability="book_candidates")
    assert (call.outcome, call.local, call.tokens_in) == ("ok", False, 400)
    assert (call.cost_micro_usd, shelf.cost) == (250, "0.0003")


def test_a_throttled_textract_gives_way_to_the_reader_here_and_that_is_seen(keys, monkeypatch):
    keys.INFERENCE = {**keys.INFERENCE, "read_text": "textract/detect > local/rapidocr-1"}
    with Stubber(textract.client()) as stub:
        stub.add_client_error("detect_document_text", "ThrottlingException", http_status_code=429)
        shelving.receive(make_tenant(), None, [make_jpeg(1)], "a.jpg")
        runner.run(Step.objects.get(kind="read_text").pk)

    calls = ModelCall.objects.filter(capability="read_text").order_by("created_at")
    assert [(call.outcome == "ok", call.local) for call in calls] == [(False, False), (True, True)]
    assert Shelf.objects.get().reading["model"] == "rapidocr-ppocr6-small"


def test_textract_s_lines_are_kept_as_the_raw_result(keys):
    keys.INFERENCE = {**keys.INFERENCE, "read_text": "textract/detect"}
    blocks = [
        {"BlockType": "PAGE"},
        make_block("WINTER HOUSE", 0.2),
        make_block("GOLDEN RIVER", 0.6),
    ]
    with Stubber(textract.client()) as stub:
        stub.add_response("detect_document_text", {"Blocks": blocks}, {"Document": ANY})
        shelving.receive(make_tenant(), None, [make_jpeg(1)], "a.jpg")
        runner.drain()

    shelf = Shelf.objects.get()
    assert [line["text"] for line in shelf.reading["lines"]] == ["WINTER HOUSE", "GOLDEN RIVER"]
    assert {line["turned"] for line in shelf.reading["lines"]} == {90}
    assert shelf.state == Shelf.State.READY
    assert ModelCall.objects.get(capability="read_text").cost_micro_usd == 1500
