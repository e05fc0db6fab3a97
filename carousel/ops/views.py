"""What machines ask (are you well?), and the page of the person who runs all this."""

from dataclasses import asdict
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_POST, require_safe

from carousel import wiring
from carousel.ops import health as health_checks
from carousel.ops import metrics, schedules
from carousel.ops import readiness as readiness_checks
from carousel.ops.health import checks
from carousel.ops.lights import lights
from carousel.ops.models import Alert, Heartbeat
from carousel.ops.panels import panels
from carousel.tenants import walls
from carousel.web import View, signed_in


def operator(view: View) -> View:
    """Only for superusers: they see every shop."""

    @signed_in
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(request.user, "is_superuser", False):
            raise PermissionDenied("This page is for the people who run the servers.")
        with walls.crossing():
            return view(request, *args, **kwargs)

    return wrapper


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    results = checks()
    well = all(check.ok for check in results)
    body = {"status": "ok" if well else "failing", "checks": [asdict(check) for check in results]}
    return JsonResponse(body, status=200 if well else 503)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """This process answers; restarting it would help nobody whose database is away."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """It can serve pages. A store or a broker that is away is shown by them, not by silence."""
    check = health_checks.check("database")
    return HttpResponse(check.detail, status=200 if check.ok else 503, content_type="text/plain")


@operator
@require_safe
def readiness(request: HttpRequest) -> HttpResponse:
    groups = readiness_checks.groups()
    failed = sum(not check.ok for group in groups for check in group.checks)
    context = {"groups": groups, "failed": failed, "place": "ops"}
    return render(request, "ops/readiness.html", context)


@operator
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    context = {
        "alerts": Alert.objects.firing()[:50],
        "alarms": wiring.ALARMS,
        "lights": lights(),
        "checks": checks(),
        "panels": panels(),
        "schedules": schedules.entries(),
        "workers": Heartbeat.objects.order_by("-seen_at")[:20],
        "place": "ops",
    }
    name = "ops/dashboard.html" + ("#ops" if request.headers.get("HX-Request-Type") else "")
    return render(request, name, context)


@operator
@require_POST
def run_now(request: HttpRequest, name: str) -> HttpResponse:
    schedules.ask(name)
    messages.success(request, f"{name} was asked to run now.")
    return redirect("ops")


@require_safe
def measures(request: HttpRequest) -> HttpResponse:
    """Prometheus' text. With METRICS_TOKEN as bearer, or for a superuser."""
    given = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    scraper = bool(token) and constant_time_compare(given, f"Bearer {token}")
    if not scraper and not getattr(request.user, "is_superuser", False):
        return HttpResponse("Not for you.", status=401, content_type="text/plain")
    with walls.crossing():
        body, content_type = metrics.exposition()
    return HttpResponse(body, content_type=content_type)
