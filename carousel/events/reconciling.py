"""Finding events that never came: a partner's export, line by line, against our inbox.

An export holds one event a line, in either envelope. What is missing is taken as if it had just
come, whatever its age, the oldest first; taking it twice is harmless. Exports that a partner puts
into the storage under `exports/<tenant>/` are taken every night.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from carousel.errors import GiveUp
from carousel.events import inbox
from carousel.events.envelope import Envelope, opened
from carousel.events.models import InboxEvent, Reconciliation
from carousel.events.outbox import record
from carousel.tenants.models import Tenant, User

FOLDER = "exports"
AT_ONCE = 500
MOST_TOLD = 1_000
KNOWN, DIFFERS, UNREADABLE, MISSING = "known", "differs", "unreadable", "missing"
Key = tuple[str, str, UUID]


def reconcile(
    tenant: Tenant, name: str, lines: Iterable[bytes], *, apply: bool, by: User | None = None
) -> Reconciliation:
    """Compare an export with what came; with `apply`, take what is missing. Keeps the report."""
    tally: Counter[str] = Counter()
    missing: list[Envelope] = []
    for chunk in _chunks(lines):
        missing += _unknown(tenant, chunk, tally)
    missing.sort(key=lambda news: news.at)
    became = [_take(tenant, news) if apply else MISSING for news in missing]
    tally.update(became)
    pairs = list(zip(missing, became, strict=True))[:MOST_TOLD]
    found = Reconciliation.objects.create(
        tenant=tenant,
        name=name[:200],
        is_applied=apply,
        tally=dict(tally),
        missing=[_told(news, word) for news, word in pairs],
    )
    record(
        tenant, "reconciliation.finished", subject=found.pk, name=found.name, tally=found.tally,
        by=str(by.pk) if by else "",
    )  # fmt: skip
    return found


def nightly() -> str:
    """The scheduled call: every export that lies in the storage, then away with it."""
    found = [
        _from_storage(tenant, key)
        for tenant in Tenant.objects.filter(is_active=True)
        for key in _waiting(tenant)
    ]
    lost = sum(len(one.missing) for one in found)
    return f"{len(found)} exports compared, {lost} events had not come"


def _from_storage(tenant: Tenant, key: str) -> Reconciliation:
    with default_storage.open(key) as file:
        found = reconcile(tenant, key.rsplit("/", 1)[-1], file, apply=True)
    default_storage.delete(key)
    return found


def _waiting(tenant: Tenant) -> list[str]:
    folder = f"{FOLDER}/{tenant.pk}"
    try:
        _, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in sorted(files)]


def _chunks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    told = iter(line for line in lines if line.strip())
    while chunk := list(islice(told, AT_ONCE)):
        yield chunk


def _unknown(tenant: Tenant, lines: Sequence[bytes], tally: Counter[str]) -> list[Envelope]:
    """The events of these lines that never came. The others are only counted."""
    events = [news for line in lines if (news := _read(tenant, line, tally))]
    known = _fingerprints(tenant, events)
    found = {}
    for news in events:
        before = known.get(_key(news))
        if before is None:
            found[_key(news)] = news
        else:
            tally[KNOWN if before == news.fingerprint else DIFFERS] += 1
    return list(found.values())


def _read(tenant: Tenant, line: bytes, tally: Counter[str]) -> Envelope | None:
    try:
        news = opened(line)
        if news.product and news.tenant == tenant.pk:
            return news
    except GiveUp:
        pass
    tally[UNREADABLE] += 1
    return None


def _fingerprints(tenant: Tenant, events: Sequence[Envelope]) -> dict[Key, str]:
    came = InboxEvent.objects.filter(
        tenant=tenant,
        subject__in={news.product for news in events},
        event_id__in={news.id for news in events},
    )
    rows = came.order_by("created_at").values_list("kind", "event_id", "subject", "fingerprint")
    return {(kind, name, subject): print_ for kind, name, subject, print_ in rows if subject}


def _key(news: Envelope) -> Key:
    return news.kind, news.id, news.product


def _take(tenant: Tenant, news: Envelope) -> str:
    """What the event became: the state of its row."""
    return str(inbox.receive(tenant, news, however_old=True).event.state)


def _told(news: Envelope, became: str) -> dict[str, Any]:
    return {
        "id": news.id,
        "kind": news.kind,
        "product": str(news.product),
        "at": news.at.isoformat(),
        "became": became,
    }
