"""How good the prices are, and the prices that nobody has looked at."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from carousel.web import Request, member, page
from pricing import automatic, experiments, nightly
from pricing.models import Decision, Import, Lesson

BASELINES = {
    "category": "Median of the category",
    "brand_category": "Median of brand and category",
    "overall": "Median of everything",
}


@member
@require_GET
def accuracy(request: Request) -> HttpResponse:
    """The backtest of this shop's own sales, against rules of thumb."""
    lesson = Lesson.objects.filter(tenant=request.tenant, is_current=True).first()
    figures = lesson.figures if lesson else {}
    baselines = figures.get("baselines", {})
    context = {
        "place": "accuracy",
        "lesson": lesson,
        "figures": figures,
        "baselines": [(BASELINES[name], baselines.get(name)) for name in BASELINES],
        "beaten": _beaten(figures),
        "worse": nightly.has_drifted(figures),
        "arms": experiments.arms(request.tenant),
        "audits": Decision.objects.filter(
            tenant=request.tenant, to_audit=True, audited_at=None
        ).select_related("product")[:50],
        "imports": Import.objects.filter(tenant=request.tenant)[:10],
    }
    return page(request, "pricing/accuracy.html", "accuracy", context)


def _beaten(figures: dict[str, object]) -> list[str]:
    """Rules of thumb that did at least as well as the engine: the page must say so."""
    own, others = figures.get("mdape"), figures.get("baselines") or {}
    if not isinstance(own, float) or not isinstance(others, dict):
        return []
    return [BASELINES[name].lower() for name, off in others.items() if off and off <= own]


@member
@require_POST
def audit(request: Request, pk: UUID) -> HttpResponse:
    decision = get_object_or_404(Decision, tenant=request.tenant, pk=pk, to_audit=True)
    automatic.audit(decision, request.user, ok=request.POST.get("ok") == "1")
    return redirect("accuracy")
