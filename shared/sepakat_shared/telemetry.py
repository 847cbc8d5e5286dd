"""OpenTelemetry, set up once a process: traces to OTLP where an endpoint is named, metrics to `/metrics`, JSON logs."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_w3c = TraceContextTextMapPropagator()
tracer = trace.get_tracer("sepakat")
meter = metrics.get_meter("sepakat")


def set_up(service: str, log_level: str) -> None:
    """Install providers and log format for this process. Traces leave only where OTEL_EXPORTER_OTLP_* say so."""
    resource = Resource.create({"service.name": service, "service.namespace": "sepakat"})
    provider = TracerProvider(resource=resource)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        # It brings Protobuf and a web client along: without an endpoint, no process waits for their import.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=500))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()]))

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(service))
    logging.basicConfig(level=log_level, handlers=[handler], force=True)
    for chatty in ("aiokafka", "faststream", "uvicorn.access", "pymongo", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the span that is running, to be stored or sent along."""
    carrier: dict[str, str] = {}
    _w3c.inject(carrier)
    return carrier.get("traceparent")


def context_of(traceparent: str | None) -> Context:
    return _w3c.extract({"traceparent": traceparent} if traceparent else {})


@contextmanager
def continued(name: str, traceparent: str | None, kind: SpanKind, attributes: Mapping[str, str]) -> Iterator[Span]:
    """A span that goes on with the trace of `traceparent`, wherever that was stored in between."""
    with tracer.start_as_current_span(
        name, context=context_of(traceparent), kind=kind, attributes=dict(attributes)
    ) as span:
        yield span


class _JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
        if record.exc_info:
            line["exception"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)
