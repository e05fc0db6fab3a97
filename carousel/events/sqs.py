"""Events that EventBridge puts on an SQS queue, taken into the inbox.

The queue is trusted (only our bus may write to it), so the event itself names its tenant. A
message is deleted once its event is stored; until then SQS shows it again, and its redrive policy
keeps what nobody can read.
"""

import logging
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings
from django.db import DatabaseError

from carousel.errors import GiveUp
from carousel.events import inbox
from carousel.events.envelope import opened
from carousel.tenants.models import Tenant

log = logging.getLogger(__name__)

AT_ONCE = 10
LONGEST_POLL = 20


def client() -> Any:
    config = Config(connect_timeout=3, read_timeout=LONGEST_POLL + 10, retries={"mode": "standard"})
    return boto3.client("sqs", region_name=settings.AWS_REGION, config=config)


def poll(sqs: Any, queue: str, *, wait: int = LONGEST_POLL) -> tuple[int, int]:
    """Take up to ten messages, waiting up to `wait` seconds for one. (received, kept for later)"""
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=AT_ONCE, WaitTimeSeconds=wait)
    messages = answer.get("Messages", [])
    taken = [message for message in messages if take(message["Body"])]
    if taken:
        sqs.delete_message_batch(
            QueueUrl=queue,
            Entries=[
                {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
                for place, message in enumerate(taken)
            ],
        )
    return len(messages), len(messages) - len(taken)


def take(body: str) -> bool:
    """Store one event. False: leave the message on the queue."""
    try:
        envelope = opened(body)
        tenant = Tenant.objects.filter(pk=envelope.tenant, is_active=True).first()
        if tenant is None:
            raise GiveUp("The event names no tenant of ours.")
        _ = envelope.product
        inbox.receive(tenant, envelope)
    except GiveUp as error:
        log.error("A message was left on the queue: %s", error)
        return False
    except DatabaseError:
        log.exception("The database did not take an event; the queue keeps it")
        return False
    return True
