"""The second wall, seen with raw SQL as the role that the web server and the workers act as."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    InternalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.utils.timezone import now

from carousel.models import ApiKey, Membership, Product
from carousel.tenants import bonds, walls
from imaging.models import Photo
from pricing import importing
from pricing.importing import Plan
from pricing.models import Sale
from tests.makers import make_batch, make_photo, make_product, make_tenant, make_user

pytestmark = pytest.mark.django_db


@contextmanager
def as_the_app(seeing: str = "") -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {walls.ROLE}")
        cursor.execute("SELECT set_config('app.tenant', %s, false)", [seeing])
        try:
            yield
        finally:
            cursor.execute("RESET ROLE")
            cursor.execute("RESET app.tenant")


def count(table: str = "carousel_product") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_the_role_owns_nothing_and_cannot_look_over_the_wall():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s",
            [walls.ROLE],
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", [walls.ROLE])
        assert cursor.fetchone() == (0,)


def test_every_table_of_tenants_has_its_wall_also_for_its_owner():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        walled = {name for (name,) in cursor.fetchall()}

    assert walled == set(walls.tables())
    assert {"carousel_product", "imaging_photo", "grouping_group", "pricing_sale"} <= walled


def test_with_no_tenant_named_there_is_nothing():
    make_product()
    make_photo()

    with as_the_app():
        assert (count(), count("imaging_photo"), count("imaging_batch")) == (0, 0, 0)


def test_one_tenant_sees_its_own_rows_only():
    make_product(title="ours")
    make_product(make_tenant("rival"), title="theirs")

    with as_the_app(str(make_tenant().pk)):
        assert [product.title for product in Product.objects.all()] == ["ours"]


def test_work_that_crosses_tenants_says_so():
    make_product()
    make_product(make_tenant("rival"))

    with as_the_app(walls.EVERYONE):
        assert count() == 2


def test_a_row_for_another_tenant_cannot_be_written():
    rival = make_tenant("rival")

    with as_the_app(str(make_tenant().pk)), pytest.raises(DatabaseError), transaction.atomic():
        make_product(rival)

    assert count() == 0


def test_a_row_cannot_be_moved_to_another_tenant():
    product = make_product()
    rival = make_tenant("rival")

    with (
        as_the_app(str(product.tenant_id)),
        pytest.raises((InternalError, ProgrammingError)),
        transaction.atomic(),
    ):
        Product.objects.update(tenant=rival)

    assert Product.objects.get().tenant == product.tenant


def test_another_tenants_rows_cannot_be_changed_or_deleted():
    theirs = make_batch(make_tenant("rival"), name="theirs")

    with as_the_app(str(make_tenant().pk)), connection.cursor() as cursor:
        cursor.execute("UPDATE imaging_batch SET name = 'mine'")
        changed = cursor.rowcount
        cursor.execute("DELETE FROM imaging_batch")
        deleted = cursor.rowcount

    theirs.refresh_from_db()
    assert (changed, deleted, theirs.name) == (0, 0, "theirs")


def test_what_finds_the_tenant_is_read_by_anybody_and_written_only_from_inside():
    theirs = make_user("eve@example.com", make_tenant("rival")).memberships.get()
    key, token = ApiKey.issue(theirs.tenant, "theirs")

    with as_the_app(str(make_tenant().pk)):
        found = ApiKey.objects.matching(token)
        changed = Membership.objects.filter(pk=theirs.pk).update(role="admin")
        removed, _ = Membership.objects.filter(pk=theirs.pk).delete()
        with pytest.raises(DatabaseError), transaction.atomic():
            ApiKey.issue(theirs.tenant, "forged")

    theirs.refresh_from_db()
    assert (found, changed, removed, theirs.role) == (key, 0, 0, "reviewer")


def test_every_key_between_tenants_tables_carries_the_tenant():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND convalidated")
        there = {name for (name,) in cursor.fetchall()}

    names = {bond.name for bond in bonds.bonds()}
    assert len(names) == len(bonds.bonds()) >= 35
    assert names - there == set()


@pytest.mark.django_db(transaction=True)
def test_a_row_cannot_point_at_another_tenants_row_whoever_writes_it():
    """As the owner, whom no wall stops: the key itself refuses."""
    photo, theirs = make_photo(), make_batch(make_tenant("rival"))

    with pytest.raises(IntegrityError, match="_tenant"):
        Photo.objects.filter(pk=photo.pk).update(batch=theirs)

    photo.refresh_from_db()
    assert photo.batch.tenant == photo.tenant


@pytest.mark.parametrize("way", [walls.crossing, lambda: walls.inside(make_tenant("rival").pk)])
def test_after_a_look_elsewhere_a_request_sees_its_own_tenant_again(settings, way):
    settings.WALLED = True
    own = make_product()
    make_product(tenant=make_tenant("rival"))
    elsewhere = way()

    with as_the_app(str(own.tenant_id)):
        with elsewhere:
            pass

        assert list(Product.objects.values_list("pk", flat=True)) == [own.pk]


def test_an_import_writes_sales_and_nothing_else(settings, tmp_path):
    """Whatever a file makes the importer do, products stay as they are."""
    settings.DATABASE_ROLE = walls.ROLE
    product, own = make_product(title="ours"), str(make_tenant().pk)
    file = tmp_path / "sales.csv"
    day = f"{now() - timedelta(days=9):%Y-%m-%d}"
    file.write_text(f"sold_at,price,currency,category,sale_id\n{day},4500,ISK,Books,s1\n")

    with as_the_app(own):
        *_, progress = importing.run(Plan(file, make_tenant()))
        assert (progress.added, current_role()) == (1, walls.IMPORTER)  # this test is a transaction

        for forbidden in (
            lambda: Product.objects.filter(pk=product.pk).update(title="mine"),
            lambda: Product.objects.filter(pk=product.pk).delete(),
            lambda: make_product(title="new"),
            lambda: Sale.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                forbidden()

    assert list(Product.objects.values_list("title", flat=True)) == ["ours"]
    assert Sale.objects.get().price == 4500


@pytest.mark.django_db(transaction=True)
def test_the_importers_role_ends_with_its_transaction(settings):
    settings.DATABASE_ROLE = walls.ROLE

    with as_the_app():
        with transaction.atomic():
            walls.only_import()
            inside = current_role()
        assert (inside, current_role()) == (walls.IMPORTER, walls.ROLE)


def current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])
