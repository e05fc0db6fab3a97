"""A typed client, made from the OpenAPI document by a kept generator, talks to the real thing.

It parses every answer into types of its own, so a document that does not tell the truth fails here.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from django.core.wsgi import get_wsgi_application

from carousel.api import api
from carousel.models import ApiKey, Membership, Product
from tests.makers import make_product, make_tenant

NAME = "carousel_client"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("client")
    document, config = folder / "openapi.json", folder / "config.json"
    document.write_text(json.dumps(api.get_openapi_schema()))
    config.write_text(json.dumps({"package_name_override": NAME, "post_hooks": []}))
    made = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "openapi-python-client"), "generate"),
            *("--path", str(document), "--config", str(config), "--meta", "none"),
            *("--output-path", str(folder / NAME), "--fail-on-warning"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


def part(*names: str) -> ModuleType:
    return importlib.import_module(".".join((NAME, *names)))


@pytest.fixture
def client(generated: Path, services: object, transactional_db: None) -> object:
    """Signed in with a manager's key, over WSGI: real requests to the whole program."""
    _, token = ApiKey.issue(make_tenant(), "storefront", Membership.Role.MANAGER)
    transport = httpx.WSGITransport(app=get_wsgi_application())
    made = part("client").AuthenticatedClient("http://testserver", token=token)
    made.set_httpx_client(
        httpx.Client(
            base_url="http://testserver",
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
        )
    )
    return made


def test_the_client_has_a_module_for_every_operation(generated):
    wanted = {
        operation["operationId"]
        for path in api.get_openapi_schema()["paths"].values()
        for operation in path.values()
    }

    made = {path.stem for path in (generated / NAME / "api").glob("*/*.py")} - {"__init__"}

    assert made == wanted


def test_an_item_goes_through_its_life_in_types(client):
    models, products = part("models"), f"{NAME}.api.products"
    create, get, change, put_state, statistics = (
        importlib.import_module(f"{products}.{name}")
        for name in (
            *("create_product", "get_product", "change_product", "put_product_state"),
            "get_statistics",
        )
    )

    made = create.sync(client=client, body=models.ProductIn(title="Lamp", category="Home"))
    read = get.sync_detailed(made.id, client=client)
    changed = change.sync(
        made.id,
        client=client,
        body=models.ProductIn(condition=models.ProductInConditionType0.GOOD, price=4500),
        if_match=read.headers["ETag"],
    )
    listed = put_state.sync(
        made.id,
        client=client,
        body=models.NewState(state=models.NewStateState.LISTED),
        if_match="*",
    )

    assert (made.state, made.title) == ("draft", "Lamp")
    assert (changed.price.amount, changed.price.currency, changed.version) == (4500, "ISK", 3)
    assert listed.state == "listed"
    assert statistics.sync(client=client).products["listed"] == 1
    assert Product.objects.get().title == "Lamp"


def test_lists_and_mistakes_come_as_types_too(client):
    models = part("models")
    listed = importlib.import_module(f"{NAME}.api.products.list_products")
    get = importlib.import_module(f"{NAME}.api.products.get_product")
    make_product(title="Lamp", category="Home", condition="good", price=1, state="listed")

    page = listed.sync(client=client, limit=1)
    gone = get.sync(make_product(make_tenant("rival")).pk, client=client)

    assert [item.title for item in page.items] == ["Lamp"]
    assert isinstance(gone, models.Problem)
    assert (gone.status, gone.title) == (404, "Not found")
