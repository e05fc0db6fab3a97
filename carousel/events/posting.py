"""Handing one event to one receiver: a signed webhook, or EventBridge. Nothing is retried here.

Retry means "later, maybe": a time-out, a throttle, a 5xx, even a 4xx that the receiver may mend.
GiveUp means the receiver wants no more of these.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from carousel import fetching
from carousel.errors import GiveUp, Retry
from carousel.events.models import Destination, Event
from carousel.events.signing import sign

SOURCE = "carousel"
LARGEST_CALL = 10
"""Entries of one PutEvents call."""


@dataclass(frozen=True)
class Answer:
    """How a receiver took an event. `error` is empty when it did; `status` is HTTP's if known."""

    status: int | None = None
    error: str = ""
    is_final: bool = False

    @property
    def is_taken(self) -> bool:
        return not self.error


def body_of(event: Event) -> dict[str, Any]:
    """What partners get: a CloudEvent 1.0. Its id is the same at every try, so twins show."""
    about = {"product_id" if event.kind.startswith("product.") else "image_id": str(event.subject)}
    return {
        "specversion": "1.0",
        "id": str(event.pk),
        "type": event.kind,
        "source": f"/{SOURCE}",
        "time": event.created_at.isoformat(),
        "subject": str(event.subject or ""),
        "datacontenttype": "application/json",
        "data": {"tenant_id": str(event.tenant_id)} | about | event.data,
    }


def post(destination: Destination, event: Event) -> Answer:
    """One signed POST. Every valid key signs, so that the receiver may know only one of them."""
    body = json.dumps(body_of(event), separators=(",", ":")).encode()
    stamp, name = int(time.time()), str(event.pk)
    headers = {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": name,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(sign(key, name, stamp, body) for key in destination.keys),
    }
    try:
        status = fetching.deliver(destination.address, body, headers)
    except Retry as error:
        return Answer(error=str(error))
    except GiveUp as error:
        return Answer(error=str(error), is_final=True)
    if 200 <= status < 300:
        return Answer(status)
    return Answer(status, f"The receiver answered {status}.", is_final=status == 410)


def put(destination: Destination, events: Sequence[Event]) -> list[Answer]:
    """Up to ten events in one PutEvents call; an answer for each, in order."""
    entries = [
        {
            "Source": SOURCE,
            "DetailType": event.kind,
            "Detail": json.dumps(body_of(event)["data"]),
            "Time": event.created_at,
            "EventBusName": destination.address,
        }
        for event in events[:LARGEST_CALL]
    ]
    try:
        answer = _bridge().put_events(Entries=entries)
    except (BotoCoreError, ClientError) as error:
        return [Answer(error=f"{type(error).__name__}: {error}"[:500])] * len(entries)
    return [_entry(entry) for entry in answer["Entries"]]


def _entry(entry: dict[str, Any]) -> Answer:
    if "ErrorCode" not in entry:
        return Answer(200)
    return Answer(error=f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}")


@cache
def _bridge() -> Any:
    """One try, short waits: trying again is the relay's business."""
    retries: Any = {"mode": "standard", "total_max_attempts": 1}
    config = Config(connect_timeout=3, read_timeout=10, retries=retries)
    return boto3.client("events", region_name=settings.AWS_REGION, config=config)
