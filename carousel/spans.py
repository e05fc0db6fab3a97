"""OpenTelemetry, when `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector; else nothing at all.

The trace of a piece of work follows from its request id, so no message has to carry anything more:
web, worker and model call agree on it by themselves.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings

SECOND = 1000


@contextmanager
def span(name: str, request_id: str, **facts: object) -> Iterator[None]:
    """A stretch of work in the trace of `request_id`; within another span it is that one's part."""
    tracer = _tracer()
    if tracer is None:
        yield
        return
    attributes = {f"carousel.{key}": str(value) for key, value in facts.items() if value}
    with tracer.start_as_current_span(name, context=_above(request_id), attributes=attributes):
        yield


def trace_of(request_id: str) -> int:
    """The trace that holds everything done under this id: the id itself when it is 32 hex digits.

    Look it up in the collector as 32 hexadecimal digits.
    """
    try:
        number = int(request_id, 16) if len(request_id) == 32 else 0
    except ValueError:
        number = 0
    return number or int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:16])


def _above(request_id: str) -> Any:
    """None inside a span that is open here; else a parent that only the request id knows."""
    trace = import_module("opentelemetry.trace")
    if trace.get_current_span().get_span_context().is_valid or not request_id:
        return None
    number = trace_of(request_id)
    asked = trace.SpanContext(
        trace_id=number,
        span_id=number & (2**64 - 1) or 1,
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(asked))


@cache
def _tracer() -> Any:
    """Made at the first use, in the process that uses it: a fork would lose its sender."""
    if not settings.OTEL_ENDPOINT:
        return None
    sdk = import_module("opentelemetry.sdk.trace")
    export = import_module("opentelemetry.sdk.trace.export")
    otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    resource = import_module("opentelemetry.sdk.resources").Resource.create(
        {"service.name": "carousel", "deployment.environment": settings.ENVIRONMENT}
    )
    provider = sdk.TracerProvider(resource=resource)
    sender = otlp.OTLPSpanExporter(timeout=5)
    provider.add_span_processor(export.BatchSpanProcessor(sender, schedule_delay_millis=SECOND))
    return provider.get_tracer("carousel")
