"""The OpenAPI document: valid, complete, and changed only on purpose.

After adding or changing a route: `REGENERATE=1 python -m pytest tests/test_openapi.py`.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from pydantic import BaseModel

from carousel.api import api
from carousel.openapi import _medias, operations

SNAPSHOT = Path(__file__).with_name("openapi.json")
OURS = {"carousel", "imaging", "grouping", "pricing"}
HOW = "If you meant to change the API: REGENERATE=1 python -m pytest tests/test_openapi.py"


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(json.dumps(api.get_openapi_schema()))


def test_the_document_is_valid_openapi_3_1(document):
    validate(document)

    assert document["openapi"] == "3.1.0"


def test_the_document_is_as_it_was(document):
    told = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("REGENERATE"):
        SNAPSHOT.write_text(told)

    kept = json.loads(SNAPSHOT.read_text())
    moved = sorted(_parts(kept) ^ _parts(document))
    assert not moved, f"{HOW}\nChanged: " + ", ".join(dict.fromkeys(name for name, _ in moved))
    assert kept == document, HOW


def test_every_example_is_one_that_its_own_schema_accepts(document):
    wrong = [
        (path, method, error.message)
        for path, method, operation in operations(document)
        for media in _medias(operation)
        for error in OAS31Validator(
            {**media["schema"], "components": document["components"]}
        ).iter_errors(media["example"])
    ]

    assert wrong == []


VERBS = {
    *("get", "list", "create", "change", "put", "delete", "restore", "start", "cancel", "retry"),
    *("stop", "send", "announce", "confirm", "receive", "calculate", "explain", "judge", "name"),
    *("accept", "merge", "move", "split", "cut", "undo", "redo", "regroup", "clear", "process"),
    *("apply", "decline", "remove", "refresh", "login", "logout", "register"),
}


def test_every_operation_is_named_by_a_verb_and_what_it_is_done_to(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(set(ids)) == len(ids)
    assert {name.partition("_")[0] for name in ids} == VERBS


def test_every_tag_is_told_about_and_no_operation_has_two(document):
    told = {tag["name"] for tag in document["tags"]}

    assert all(tag["description"] for tag in document["tags"])
    assert {tuple(operation["tags"]) for _, _, operation in operations(document)} == {
        (name,) for name in told
    }


def test_no_two_shapes_share_a_name(document):
    """Of two that do, the document would show one in both places, and nobody would be told."""
    shapes = defaultdict(set)
    for shape in _subclasses(BaseModel):
        if shape.__module__.partition(".")[0] in OURS:
            shapes[shape.__name__].add(shape.__module__)

    shown = set(document["components"]["schemas"])
    assert {name: places for name, places in shapes.items() if len(places) > 1} == {}
    assert len(shown & set(shapes)) >= 70


def _subclasses(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)


def test_every_operation_tells_its_errors_as_problems(document):
    for path, method, operation in operations(document):
        told = operation["responses"]["default"]["content"]

        assert list(told) == ["application/problem+json"], (path, method)
        assert operation["summary"] and operation["tags"], (path, method)


def _parts(document: Any) -> set[tuple[str, str]]:
    """Each operation and each schema with all of its text."""
    found = {
        (f"{method.upper()} {path}", json.dumps(operation, sort_keys=True))
        for path, method, operation in operations(document)
    }
    schemas = document["components"]["schemas"].items()
    return found | {(name, json.dumps(schema, sort_keys=True)) for name, schema in schemas}
