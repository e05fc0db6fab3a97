"""Causes for every alarm, and their ends, on the running program: `fire()` and `resolve()`.

Run by a drill through `manage.py shell`, in the home of the program.
"""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils.timezone import now

from carousel import counters
from carousel.events.models import Delivery, Destination
from carousel.models import ApiKey, DeadLetter, Event, Heartbeat, Schedule, Tenant
from imaging.models import Batch, Job, Step
from pricing.lake.models import Shipment
from pricing.models import Sale
from pricing.validation.models import Validation

LONG_AGO = timedelta(days=100)
SPARSE = settings.MEDIA_ROOT / "temp" / "drill" / "sparse"
FAILING = ("upload", "download")


def fire() -> None:
    tenant = Tenant.objects.get(slug="demo")
    for _ in range(6):
        DeadLetter.objects.create(tenant=tenant, origin="drill", error="ThrottlingException")
    for name in FAILING:
        for _ in range(400):
            counters.count(name, failed=True)
    counters.count("large-message", failed=True)
    counters.count("key-set", failed=True)
    Schedule.objects.update_or_create(name="keys", defaults={"succeeded_at": now() - LONG_AGO})
    ApiKey.issue(tenant, "drill")
    ApiKey.objects.filter(name="drill").update(created_at=now() - LONG_AGO)
    Validation.objects.create(
        tenant=tenant, state=Validation.State.ALERT, finished_at=now() + LONG_AGO
    )
    _sell(tenant)
    _tell(tenant)
    _work(tenant)
    _fill(SPARSE)
    # Nobody serves this queue for the two minutes that its worker is held.
    Heartbeat.objects.filter(worker__startswith="worker@").update(seen_at=now() - LONG_AGO)


def resolve() -> None:
    DeadLetter.objects.filter(origin="drill").delete()
    redis = counters._redis()
    for key in redis.scan_iter("carousel-count:*:failed:*"):
        redis.delete(key)
    Schedule.objects.filter(name="keys").update(succeeded_at=now())
    for key in ApiKey.objects.filter(name="drill"):
        key.revoke()
    Validation.objects.filter(state=Validation.State.ALERT).delete()
    Sale.objects.filter(sale_id="drill").delete()
    Shipment.objects.filter(sales=None).delete()
    Destination.objects.filter(name="drill").delete()
    Batch.objects.filter(name="drill").delete()
    SPARSE.unlink()


def _tell(tenant: Tenant) -> None:
    """An event that its receiver, left in peace till tomorrow, has not taken for long."""
    event = Event.objects.create(
        tenant=tenant, kind="drill", created_at=now() - LONG_AGO, sent_at=now()
    )
    destination = Destination.objects.create(
        tenant=tenant, name="drill", address="https://drill.example", kinds=["none"],
        open_until=now() + timedelta(days=1),
    )  # fmt: skip
    Delivery.objects.create(
        tenant=tenant, event=event, destination=destination, position=event.position
    )


def _sell(tenant: Tenant) -> None:
    """A sale that the lake should have had long ago."""
    held = Shipment.objects.create(lease_until=now() + Shipment.LEASE)
    sold = {
        "shipment": held,
        "sale_id": "drill",
        "category": "Drill",
        "price": 100,
        "currency": "ISK",
    }
    sale = Sale.objects.create(tenant=tenant, sold_at=now() - LONG_AGO, **sold)
    Sale.objects.filter(pk=sale.pk).update(created_at=now() - LONG_AGO)


def _work(tenant: Tenant) -> None:
    """A step that is due, and whose queue nobody serves."""
    batch = Batch.objects.create(tenant=tenant, name="drill")
    job = Job.objects.create(tenant=tenant, batch=batch, kind="photo", subject_id=batch.pk)
    step = Step.objects.create(tenant=tenant, job=job, kind="inspect")
    Step.objects.filter(pk=step.pk).update(
        created_at=now() - LONG_AGO, run_after=now() - timedelta(seconds=5)
    )


def _fill(file: Path) -> None:
    """Six gigabytes that take no room."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as sparse:
        sparse.truncate(6 * 1024**3)
