"""Asks a capability's models in order until one answers, and writes down every try.

`Retry` (throttled, timed out, unreadable) moves on to the next model; `GiveUp` (the question itself
is wrong) stops. When all of them failed for now, so does the question.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from carousel import tracing, wiring
from carousel.errors import GiveUp, Retry
from carousel.models import Tenant
from imaging.inference import prices, routing
from imaging.inference.answers import Answer
from imaging.inference.models import ModelCall

Provider = Callable[[object], Answer]

LOCAL = "imaging.inference.local.VERSIONS"
BEDROCK = "imaging.inference.bedrock.provider"


@dataclass(frozen=True)
class Made:
    """An answer and who gave it. `by_fallback`: not the first choice; `locally`: no cloud."""

    value: object
    model: str
    version: str
    by_fallback: bool
    locally: bool
    ms: int


def ask(
    capability: str, question: object, tenant: Tenant, subject_id: UUID | None, only: str = ""
) -> Made:
    """The first answer of the chain for this subject; `only` names one provider to ask instead.

    Raises GiveUp, or Retry when every provider failed for now.
    """
    chain = chain_of(capability, tenant)
    names = (only,) if only else routing.route(chain, capability, str(subject_id))
    failures = []
    for position, name in enumerate(names):
        call = ModelCall(
            tenant=tenant,
            capability=capability,
            subject_id=subject_id,
            request_id=tracing.current(),
            position=position,
            arm=name if any(len(place) > 1 for place in chain) else "",
            **_identity(name, capability),
        )
        try:
            with tracing.stage(f"model {capability}", provider=name, subject=subject_id):
                return _tried(call, capability, name, question)
        except Retry as error:
            failures.append(f"{name}: {error}")
    raise Retry("; ".join(failures) or f"Nobody is there to {capability}.")


def chain_of(capability: str, tenant: Tenant | None = None) -> routing.Chain:
    """The shop's own choice, else the house's."""
    own = {str(name): chain for name, chain in tenant.options.models.items()} if tenant else {}
    return routing.parse(own.get(capability) or settings.INFERENCE[capability])


def goes_outside(capability: str) -> bool:
    """Whether somebody may be asked who has to be sent the picture. The local answers and a shop's
    own encoder use the cut-out's pixels; a shop chooses among the house's models."""
    return "bedrock/" in settings.INFERENCE[capability]


def _tried(call: ModelCall, capability: str, name: str, question: object) -> Made:
    started = time.monotonic()
    try:
        answer = _provider(capability, name)(question)
    except (Retry, GiveUp) as error:
        retry = isinstance(error, Retry)
        call.outcome = ModelCall.Outcome.RETRY if retry else ModelCall.Outcome.GAVE_UP
        call.error = str(error)[:2000]
        _written(call, started)
        raise
    call.outcome = ModelCall.Outcome.OK
    call.tokens_in, call.tokens_out = answer.tokens_in, answer.tokens_out
    call.cost_micro_usd = prices.cost(
        call.model,
        answer.tokens_in,
        answer.tokens_out,
        answer.images,
        prices.known(settings.MODEL_PRICES),
    )
    _written(call, started)
    return Made(answer.value, call.model, call.version, call.position > 0, call.local, call.ms)


def _written(call: ModelCall, started: float) -> None:
    call.ms = round((time.monotonic() - started) * 1000)
    call.save()


def _identity(name: str, capability: str) -> dict[str, object]:
    """What a ModelCall says about who was asked."""
    provider, _, model = name.partition("/")
    if provider == "local":
        return {
            "provider": "local",
            "model": f"local-{capability}",
            "version": model,
            "local": True,
        }
    return {"provider": provider, "model": model, "version": model.rpartition("-")[2]}


def _provider(capability: str, name: str) -> Provider:
    kind, _, model = name.partition("/")
    if named := wiring.PROVIDERS.get(capability, {}).get(kind):
        maker: Callable[[str], Provider] = import_string(named)
        return maker(model)
    if kind == "local":
        versions: dict[str, dict[str, Provider]] = import_string(LOCAL)
        if model not in versions.get(capability, {}):
            raise GiveUp(f"There is no local version {model!r} to {capability}.")
        return versions[capability][model]
    if kind == "bedrock":
        make: Callable[[str, str], Provider] = import_string(BEDROCK)
        return make(capability, model)
    raise GiveUp(f"{kind!r} is no provider.")
