"""A shop with one row of each kind, and the address that names them in each route."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from carousel.events.models import DeadLetter, Event
from carousel.models import ApiKey, ProductImage, Tenant
from imaging.models import Analysis, Defect, Job
from imaging.uploads.receipt import Receipt
from pricing.models import Decision
from pricing.validation.models import Validation
from tests.book_makers import make_shelf, make_spine
from tests.grouping_makers import make_group
from tests.makers import make_batch, make_photo, make_product, make_user
from tests.pricing_makers import make_quote, make_sale
from tests.routes import Route

SECRET = "Heirloom"
"""Stands in every name of the shop's rows; no other shop may ever read it."""
PLAIN = {"number": "0", "field": "title", "variant": "160", "state": "listed", "name": "sweep"}
BY_PLACE = {
    "b": "batch", "p": "product", "g": "group", "photos": "photo", "books": "shelf",
    "batches": "batch", "products": "product", "groups": "group", "jobs": "job",
    "keys": "key", "people": "member", "events": "event", "validation": "validation",
    "audit": "decision", "spines": "spine", "strike": "sale", "unstrike": "sale",
    "damage": "defect", "select": "receipt",
}  # fmt: skip
"""The part of an address before an id -> what the id names."""


@dataclass(frozen=True)
class World:
    tenant: Tenant
    ids: dict[str, UUID]

    def address(self, route: Route) -> str:
        return _filled(route, {kind: str(pk) for kind, pk in self.ids.items()})


def nowhere(route: Route) -> str:
    """The same address with ids that nobody has."""
    return _filled(route, {})


def make_world(tenant: Tenant) -> World:
    batch = make_batch(tenant, name=SECRET)
    photo = make_photo(batch, filename=f"{SECRET}.jpg")
    product = make_product(tenant, title=SECRET, category=SECRET, batch_id=batch.pk)
    ProductImage.objects.create(tenant=tenant, product=product, photo_id=photo.pk)
    shelf = make_shelf(tenant=tenant, filename=SECRET, sha256=uuid4().hex * 2)
    quote = make_quote(product)
    analysis = Analysis.objects.create(tenant=tenant, photo=photo, model="local")
    rows = {
        "batch": batch,
        "photo": photo,
        "product": product,
        "shelf": shelf,
        "spine": make_spine(shelf, title=SECRET),
        "group": make_group(batch, [photo], name=SECRET),
        "sale": make_sale(tenant, title=SECRET, category=SECRET),
        "decision": Decision.objects.create(
            tenant=tenant, product=product, quote=quote, kind="accepted", price=1, to_audit=True
        ),
        "validation": Validation.objects.create(tenant=tenant),
        "receipt": Receipt.objects.create(
            tenant=tenant, batch=batch, fingerprint="f", first_index=0, name=SECRET
        ),
        "job": Job.objects.create(
            tenant=tenant, batch=batch, kind="photo", subject_id=photo.pk, error=SECRET
        ),
        "event": Event.objects.create(tenant=tenant, kind="product.listed", subject=product.pk),
        "letter": DeadLetter.objects.create(tenant=tenant, origin="inbox:x", error=SECRET),
        "key": ApiKey.issue(tenant, SECRET)[0],
        "member": make_user(f"ada@{tenant.slug}.example", tenant).memberships.get(),
        "defect": Defect.objects.create(
            tenant=tenant,
            analysis=analysis,
            kind="stain",
            severity="minor",
            width=1,
            height=1,
            x=0,
            y=0,
        ),
    }
    return World(tenant, {kind: row.pk for kind, row in rows.items()})


def _filled(route: Route, ids: dict[str, str]) -> str:
    parts = re.sub(r"[\\^$]", "", route.pattern)
    parts = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", parts)
    before = ""
    filled = []
    for part in parts.split("/"):
        found = re.match(r"<(?:\w+:)?(\w+)>", part)
        filled.append(part.replace(found[0], _value(found[1], before, ids)) if found else part)
        before = before if found else part
    return "/" + "/".join(filled)


def _value(name: str, before: str, ids: dict[str, str]) -> str:
    if name in PLAIN:
        return PLAIN[name]
    kind = re.sub(r"_(id|pk)$", "", name)
    kind = kind if kind in set(BY_PLACE.values()) else BY_PLACE.get(before, "batch")
    return ids.get(kind, str(uuid4()))
