"""The JSON API against its own document: whatever is sent, no crash and no answer that it denies.

Schemathesis makes requests that fit the document and requests that do not; half of them name rows
that exist. The ordinary run asks each operation a few times, the slow one some hundred times.
"""

from collections.abc import Iterator
from itertools import count, pairwise
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from carousel.models import ApiKey, Membership, Product
from grouping.models import Group, GroupPhoto
from imaging.bookshelf.models import Shelf
from imaging.models import Batch, Job, Photo
from tests.makers import make_tenant

CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            # A rule of the shop may refuse what has the right form: 409; 412 for an old version.
            "positive_data_acceptance": {"expected-statuses": ["2xx", 304, 401, 404, 409, 412]}
        }
    }
)
SCHEMA = schemathesis.openapi.from_wsgi(
    "/api/v1/openapi.json", get_wsgi_application(), config=CONFIG
)
OPERATIONS = {found.ok().label: found.ok() for found in cast(Any, SCHEMA.get_all_operations())}
ROWS = {
    name: UUID(int=number, version=4)
    for number, name in enumerate(("batch", "photo", "group", "product", "shelf", "job"), start=1)
}
KINDS = {"batches": "batch", "groups": "group", "products": "product", "books": "shelf"}
MAY_REFUSE = {
    "POST /api/v1/auth/login": "ten wrong passwords lock the door",
    "POST /api/v1/auth/register": "registration is closed",
    "POST /api/v1/batches/{batch_id}/photos": "the bytes are no photo",
    "POST /api/v1/books": "the bytes are no photo",
    "PUT /api/v1/settings": "it sets how often one may ask",
    "GET /api/v1/products": "the cursor was not made here",
    "POST /api/v1/pricing/calculate": "there is neither a product nor a category",
}
"""Operations that refuse what has the right form, and why the form cannot say it."""
CALM = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


@pytest.fixture
def key(services: object, transactional_db: None) -> Iterator[dict[str, str]]:
    """The headers of an administrator of a shop that has one row of each kind."""
    tenant = make_tenant(settings={"requests_per_minute": 100_000})
    batch = Batch.objects.create(pk=ROWS["batch"], tenant=tenant, name="Estate")
    photo = Photo.objects.create(
        pk=ROWS["photo"], tenant=tenant, batch=batch, index=0, filename="a.jpg", sha256="0", size=1
    )
    group = Group.objects.create(pk=ROWS["group"], tenant=tenant, batch=batch, name="Lamp")
    GroupPhoto.objects.create(tenant=tenant, group=group, photo=photo, position=0)
    Product.objects.create(pk=ROWS["product"], tenant=tenant, title="Lamp", category="Home")
    Shelf.objects.create(pk=ROWS["shelf"], tenant=tenant, filename="shelf.jpg")
    Job.objects.create(
        pk=ROWS["job"], tenant=tenant, batch=batch, kind="photo", subject_id=photo.pk
    )
    _, token = ApiKey.issue(tenant, "fuzz", Membership.Role.ADMIN)
    yield {"Authorization": f"Bearer {token}"}


def ask(label: str, headers: dict[str, str], mode: GenerationMode, times: int) -> None:
    operation = OPERATIONS[label]

    @seed(len(label))
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=times,
        deadline=None,
        suppress_health_check=CALM,
        phases=[Phase.explicit, Phase.generate],
        database=None,
    )
    def once(case: Case) -> None:
        if mode is GenerationMode.POSITIVE and next(turns) % 2:
            case.path_parameters.update(there(case.operation.path))
        fresh = {}
        if mode is GenerationMode.POSITIVE and "Idempotency-Key" in case.headers:
            fresh["Idempotency-Key"] = str(uuid4())  # another request under the same key is refused
        case.call_and_validate(headers=headers | fresh, excluded_checks=left_out)

    left_out = [positive_data_acceptance] if label in MAY_REFUSE else []
    turns = count()
    once()


def there(path: str) -> dict[str, str]:
    """For each id in the path, that of a row which exists."""
    parts = path.split("/")
    found = {}
    for before, part in pairwise(parts):
        name = part.strip("{}").removesuffix("_id")
        row = ROWS.get(name) or ROWS.get(KINDS.get(before, ""))
        if part.startswith("{") and row:
            found[part.strip("{}")] = str(row)
    return found


def modes(label: str) -> list[GenerationMode]:
    """What takes nothing cannot be asked wrongly."""
    operation = OPERATIONS[label]
    takes = list(operation.iter_parameters()) or operation.body
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if takes else [])]


CASES = [(label, mode) for label in OPERATIONS for mode in modes(label)]
NAMES = [f"{label} {mode.value}" for label, mode in CASES]


@pytest.mark.parametrize(("label", "mode"), CASES, ids=NAMES)
def test_no_answer_that_the_document_denies(key, label, mode):
    ask(label, key, mode, times=3)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("label", "mode"), CASES, ids=NAMES)
def test_no_answer_that_the_document_denies_in_long(key, label, mode):
    ask(label, key, mode, times=200)
