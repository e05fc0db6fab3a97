"""What can be wrong with the lake, for the alarms."""

from collections.abc import Iterator

from django.utils.timesince import timesince

from carousel.models import Tenant
from pricing.lake import feed
from pricing.validation.models import Validation

Found = Iterator[tuple[str, str]]


def late() -> Found:
    """Sales that wait for the lake longer than they should: it is down, or its feed is."""
    known = feed.backlog()
    if known.since and known.is_late:
        yield "", f"{known.total} sales wait for the lake, the oldest for {timesince(known.since)}."


def _worst(last: Validation) -> list[str]:
    wrong = [month for month in last.months if month["alerts"]]
    wrong.sort(key=lambda month: -month["variance"])
    return [f"{month['month']} by {month['variance']:.1%}" for month in wrong[:5]]


def variance() -> Found:
    """Tenants whose last look found more than five per cent."""
    for tenant in Tenant.objects.filter(is_active=True):
        last = Validation.objects.filter(tenant=tenant).finished().first()
        if last and last.state == Validation.State.ALERT:
            found = f"Found on {last.created_at:%Y-%m-%d %H:%M} UTC"
            yield tenant.name, f"{found}: {', '.join(_worst(last)) or 'prices are spread apart'}."
