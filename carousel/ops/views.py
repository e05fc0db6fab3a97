"""What machines ask of us: are you well?"""

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from carousel.ops.health import checks


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    results = checks()
    well = all(check.ok for check in results)
    body = {"status": "ok" if well else "failing", "checks": [asdict(check) for check in results]}
    return JsonResponse(body, status=200 if well else 503)
