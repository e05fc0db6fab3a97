"""One request id, one trace: from the header through message, step and model call."""

import json
import logging
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import numpy as np
import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from carousel import spans, tracing
from imaging.inference import chains
from imaging.inference.answers import Look
from imaging.inference.models import ModelCall
from imaging.jobs import pipeline, runner
from tests.makers import make_photo

ASKED = "shop-front-12345"


@pytest.fixture
def collector(settings, monkeypatch):
    """A collector of traces on this machine; yields the spans that it got."""
    got: list[ExportTraceServiceRequest] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    settings.OTEL_ENDPOINT = address
    spans._tracer.cache_clear()
    yield got
    spans._tracer.cache_clear()
    server.shutdown()
    thread.join()
    server.server_close()


def sent(got: list[ExportTraceServiceRequest]) -> list[tuple[str, str]]:
    """(trace, name) of every span, once the sender has sent what it had."""
    spans._tracer().span_processor.force_flush()
    return [
        (span.trace_id.hex(), span.name)
        for request in got
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


@pytest.mark.django_db
def test_one_trace_finds_every_stage(client, collector, services):
    photo = make_photo(cutout_model="u2netp")
    client.get("/sign-in/", headers={"X-Request-ID": ASKED})
    with tracing.traced(ASKED):
        pipeline.start(photo.tenant, "analysis", photo.pk, photo.batch)

    runner.drain(limit=1)

    trace = f"{spans.trace_of(ASKED):032x}"
    assert (trace, "GET") in sent(collector)
    assert (trace, "step classify") in sent(collector)


def test_an_id_of_32_digits_is_its_trace():
    assert spans.trace_of("0af7651916cd43dd8448eb211c80319c") == 0x0AF7651916CD43DD8448EB211C80319C


def test_without_a_collector_nothing_is_made():
    spans._tracer.cache_clear()
    with tracing.stage("work"):
        pass

    assert spans._tracer() is None


def test_a_log_line_is_json_with_the_ids_of_what_is_done(settings):
    handler = logging.Handler()
    formatter = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.JSONRenderer(),
        foreign_pre_chain=settings.LOGGING["formatters"]["json"]["foreign_pre_chain"],
    )
    handler.setFormatter(formatter)
    record = logging.LogRecord("imaging", logging.INFO, "f", 1, "done", None, None)

    with tracing.traced(ASKED, tenant="t", job="j", photo="p"):
        line = json.loads(handler.format(record))

    facts = {name: line[name] for name in ("request_id", "tenant", "job", "photo", "event")}
    assert facts == {
        "request_id": ASKED, "tenant": "t", "job": "j", "photo": "p", "event": "done",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_call_of_a_model_knows_who_asked():
    photo = make_photo()
    look = Look(picture=b"", cutout=np.full((64, 64, 4), 200, np.uint8))
    with tracing.traced(ASKED):
        chains.ask("embed", look, photo.tenant, photo.pk)

    assert ModelCall.objects.get().request_id == ASKED
