"""Plain functions that make rows for tests. Pass only what the test is about."""

import hashlib
from itertools import count
from typing import Any

from django.db import connection

from carousel.models import Membership, Product, Tenant, User
from imaging.models import Batch, Embedding, Job, Photo, Step

_numbers = count(1)


def make_tenant(slug: str = "acme", **fields: Any) -> Tenant:
    return Tenant.objects.get_or_create(slug=slug, defaults={"name": slug.title()} | fields)[0]


def make_user(
    email: str = "alice@example.com", tenant: Tenant | None = None, **fields: Any
) -> User:
    """A reviewer of `tenant`; pass role= for another role."""
    role = fields.pop("role", Membership.Role.REVIEWER)
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, **fields)
    Membership.objects.get_or_create(
        user=user, tenant=tenant or make_tenant(), defaults={"role": role}
    )
    return user


def make_batch(tenant: Tenant | None = None, **fields: Any) -> Batch:
    fields.setdefault("name", "Estate")
    return Batch.objects.create(tenant=tenant or make_tenant(), **fields)


def make_photo(batch: Batch | None = None, **fields: Any) -> Photo:
    batch = batch or make_batch()
    number = next(_numbers)
    fields.setdefault("index", number)
    fields.setdefault("filename", f"photo-{number}.jpg")
    fields.setdefault("sha256", hashlib.sha256(str(number).encode()).hexdigest())
    fields.setdefault("size", 1000)
    return Photo.objects.create(tenant=batch.tenant, batch=batch, **fields)


def make_embedding(photo: Photo, vector: Any, model: str = "carousel-descriptor-1") -> Embedding:
    return Embedding.objects.create(
        tenant=photo.tenant, photo=photo, model=model, vector=list(vector)
    )


def make_step(kind: str = "inspect", job_kind: str = "photo", **fields: Any) -> Step:
    photo = make_photo()
    job = Job.objects.create(
        tenant=photo.tenant, batch=photo.batch, kind=job_kind, subject_id=photo.pk
    )
    return Step.objects.create(tenant=photo.tenant, job=job, kind=kind, **fields)


def make_product(tenant: Tenant | None = None, /, **fields: Any) -> Product:
    fields.setdefault("tenant", tenant or make_tenant())
    return Product.objects.create(**fields)


def somebody_waits() -> bool:
    """Another connection waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
