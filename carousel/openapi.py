"""What the code does not say of itself in the OpenAPI document: errors, headers, examples. Pure.

Every operation answers errors as problems (RFC 9457), every POST takes an Idempotency-Key, and
every body and answer has an example that its own schema accepts.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

PROBLEM: Json = {
    "title": "Problem",
    "description": "What went wrong, for a program and for a person (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "title": "Type", "examples": ["about:blank"]},
        "title": {"type": "string", "title": "Title", "examples": ["Not found"]},
        "status": {"type": "integer", "title": "Status", "examples": [404]},
        "detail": {"type": "string", "title": "Detail", "examples": ["There is no such thing."]},
        "errors": {
            "type": "array",
            "title": "Errors",
            "description": "With 422: each field that is wrong, and why.",
            "items": {"type": "object", "additionalProperties": True},
        },
        "doubts": {
            "type": "array",
            "title": "Doubts",
            "description": "With 409 on publishing: what contradicts itself or is not supported.",
            "items": {"type": "string"},
        },
    },
}
ALWAYS = {
    "401": "Not signed in, or not any more",
    "403": "Not for this role",
    "429": "Too many requests; see Retry-After",
}
"""Answers that every operation behind a key may give."""
ABOUT = """Listings for the storefront, and everything that staff can do.

**Who asks**: a program sends an API key, a person's program the access token of `login`, both as
`Authorization: Bearer ...`. All that is read and written belongs to the shop of that key.

**Errors** are `application/problem+json` (RFC 9457): `title` and `status` for programs, `detail` a
sentence that may be shown. What is refused has changed nothing.

**Lists** name their next page in the `Link` header (`rel="next"`); the last page has none.

**Money** is a whole number of the currency's minor units (4500 ISK is 4,500 krónur, 4500 EUR is 45
euros). **Times** are RFC 3339 in UTC. **Numbers** named `score`, `confidence`, `similarity` or
`share` are 0 to 1. Pricing and books write their fields in camelCase, as the systems that read them
did before; everything else in snake_case.
"""
TAGS = {
    "auth": "Tokens for people: sign in, go on, sign out.",
    "settings": "What the shop has set.",
    "batches": "A batch is one delivery of photos.",
    "uploads": "Many files at once, straight to the storage.",
    "jobs": "Work on photos: start, follow, stop, try again. Started with 202 and a `Location`.",
    "groups": "Which photos of a batch show one item, and every edit of that, which can be undone.",
    "books": "A photo of a bookshelf becomes a list of books.",
    "analyses": "What was seen on a photo: attributes, defects.",
    "products": "Items: written, published, sold, deleted and brought back.",
    "pricing": "What an item is worth, and why.",
    "events": "What happened: told to us, and told by us.",
}
"""Tag -> what its operations are about, in the order in which work goes."""
ANY_ERROR = "Anything else that went wrong"
WRITES = {"post", "put", "patch", "delete"}
REPEATABLE: Json = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Asked again within 24 h under the same key, it is done once.",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
SIGN_IN_REPEATABLE: Json = REPEATABLE | {
    "description": "Asked again within 24 h under the same key and with the same credentials, it is"
    " done once: the answer has the same refresh token and a fresh access token. 409 from `login`"
    " and `register`, 401 from `refresh`, once that refresh token was used.",
}
"""No token is kept to be given again (tenants/tokens.py), so the answer is not the same bytes."""
LIMITS: Json = {
    name: {"description": words, "schema": {"type": "integer"}}
    for name, words in {
        "RateLimit-Limit": "Requests a minute.",
        "RateLimit-Remaining": "Of them still free.",
        "RateLimit-Reset": "Seconds until one is free.",
    }.items()
}
REFERENCE = re.compile(r'"#/components/schemas/(\w+)"')
BY_FORMAT = {
    "uuid": "9b2f4c1e-6f0a-4c53-9a57-0d6c0b3a1f10",
    "date-time": "2026-11-25T09:30:00Z",
    "date": "2026-11-25",
    "binary": "...",
}


def completed(document: Json) -> Json:
    """The document with all of that in it. Changes what it is given."""
    schemas = document["components"].setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    document["tags"] = [{"name": name, "description": words} for name, words in TAGS.items()]
    for schema in schemas.values():
        _show_defaults_of_objects(schema)
    for path, method, operation in operations(document):
        operation["tags"] = list(dict.fromkeys(operation["tags"]))
        _add_answers(operation, _possible(path, method, operation))
        if operation.get("security"):
            _add_answers(operation, ALWAYS)
            _add_limits(operation)
        if method == "post" and "auth" in operation["tags"]:
            operation.setdefault("parameters", []).append(SIGN_IN_REPEATABLE)
        elif method == "post" and operation.get("security"):
            operation.setdefault("parameters", []).append(REPEATABLE)
        operation["responses"]["default"] = _problem(ANY_ERROR)
        for parameter in operation.get("parameters", []):
            if isinstance(parameter.get("examples"), list):
                parameter["example"] = parameter.pop("examples")[0]
        for media in _medias(operation):
            media.setdefault("example", example(media["schema"], schemas))
    document["components"]["schemas"] = _in_use(document["paths"], schemas)
    return document


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """(path, method, operation) of everything that can be asked."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def example(schema: Json, schemas: Json) -> Any:
    """A value that the schema accepts: its own example, default or first choice, or a plain one."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    if schema.get("default") is not None:
        return schema["default"]
    if "const" in schema:
        return schema["const"]
    for name in ("allOf", "anyOf", "oneOf"):
        if name in schema:
            return example(schema[name][0], schemas)
    return _by_type(schema, schemas)


def _by_type(schema: Json, schemas: Json) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: example(field, schemas) for name, field in fields.items()}
    if kind == "array":
        items = schema.get("prefixItems") or [schema["items"]] * max(1, schema.get("minItems", 1))
        return [example(item, schemas) for item in items]
    if kind in {"integer", "number"}:
        return max(schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
    if kind == "boolean":
        return True
    return BY_FORMAT.get(schema.get("format", ""), "text") if kind == "string" else None


def _in_use(paths: Json, schemas: Json) -> Json:
    """The schemas that operations lead to. Those of a query are told as its parameters already."""
    found: set[str] = set()
    text = json.dumps(paths)
    while new := set(REFERENCE.findall(text)) - found:
        found |= new
        text = json.dumps([schemas[name] for name in sorted(new)])
    return {name: schema for name, schema in schemas.items() if name in found}


def _show_defaults_of_objects(schema: Json) -> None:
    """As examples: makers of clients cannot build an object from a default."""
    for field in schema.get("properties", {}).values():
        if isinstance(field.get("default"), dict):
            field.setdefault("examples", [field.pop("default")])


def _possible(path: str, method: str, operation: Json) -> dict[str, str]:
    """The refusals that follow from what an operation takes: status -> why."""
    taken = {parameter["name"] for parameter in operation.get("parameters", [])}
    found = {}
    if not operation.get("security"):
        found["401"] = "Wrong credentials"
    if "{" in path:
        found["404"] = "This shop has no such thing"
    if method in WRITES:
        found["409"] = "A rule says no; `detail` is a sentence that may be shown"
    if "If-Match" in taken:
        found["412"] = "Somebody changed it meanwhile: read it again"
        found["428"] = "`If-Match` is missing"
    if taken or "requestBody" in operation:
        found["422"] = "Fields are missing or wrong; `errors` names them"
    return found


def _add_answers(operation: Json, answers: dict[str, str]) -> None:
    for status, words in answers.items():
        operation["responses"].setdefault(status, _problem(words))


def _add_limits(operation: Json) -> None:
    for status, answer in operation["responses"].items():
        if str(status).startswith("2"):
            answer.setdefault("headers", {}).update(LIMITS)


def _problem(words: str) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}


def _medias(operation: Json) -> Iterator[Json]:
    """Each body that is sent or answered as JSON."""
    told = [operation.get("requestBody", {}), *operation["responses"].values()]
    for each in told:
        for kind, media in each.get("content", {}).items():
            if kind.endswith("json") and "schema" in media:
                yield media
