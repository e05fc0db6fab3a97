"""Tell people of alerts: by e-mail, webhook or SNS, each by setting, each alert once."""

import json
import logging
from collections.abc import Callable

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.mail import send_mail
from django.utils.timezone import now

from carousel import wiring
from carousel.ops.models import Alert

log = logging.getLogger(__name__)

TIMEOUT = 5


def tell() -> int:
    """Send what has not been told. Told is what one road took, or all where no road is set."""
    waiting = list(Alert.objects.firing().filter(told_at=None)[:50])
    told = [alert.pk for alert in waiting if _send(alert)]
    return Alert.objects.filter(pk__in=told).update(told_at=now())


def _send(alert: Alert) -> bool:
    roads = [road for name, road in ROADS.items() if getattr(settings, name)]
    taken = [_try(road, alert) for road in roads]
    return any(taken) or not roads


def _try(road: Callable[[Alert], None], alert: Alert) -> bool:
    try:
        road(alert)
    except (OSError, requests.RequestException, BotoCoreError, ClientError):
        log.exception("An alert could not be sent by %s", road.__name__)
        return False
    return True


def subject(alert: Alert) -> str:
    title = wiring.ALARMS[alert.kind].title if alert.kind in wiring.ALARMS else alert.kind
    return f"[P{alert.severity}] {title} {alert.subject}".strip()


def by_mail(alert: Alert) -> None:
    text = f"{alert.detail}\n\nDue {alert.due_at:%Y-%m-%d %H:%M} UTC. {settings.SITE_URL}/ops/"
    send_mail(subject(alert), text, None, settings.ALERT_EMAILS)


def by_webhook(alert: Alert) -> None:
    """The address is the operator's own setting, so it does not go through the fetcher."""
    answer = requests.post(settings.ALERT_WEBHOOK, json=_body(alert), timeout=TIMEOUT)
    answer.raise_for_status()


def by_sns(alert: Alert) -> None:
    patience = Config(connect_timeout=3, read_timeout=TIMEOUT, retries={"total_max_attempts": 2})
    client = boto3.client("sns", config=patience)
    client.publish(
        TopicArn=settings.ALERT_TOPIC,
        Subject=subject(alert)[:100],
        Message=json.dumps(_body(alert)),
    )


def _body(alert: Alert) -> dict[str, object]:
    return {
        "id": str(alert.pk),
        "kind": alert.kind,
        "subject": alert.subject,
        "severity": f"P{alert.severity}",
        "detail": alert.detail,
        "since": alert.created_at.isoformat(),
        "due": alert.due_at.isoformat(),
    }


ROADS: dict[str, Callable[[Alert], None]] = {
    "ALERT_EMAILS": by_mail,
    "ALERT_WEBHOOK": by_webhook,
    "ALERT_TOPIC": by_sns,
}
"""Setting that turns it on -> the road."""
