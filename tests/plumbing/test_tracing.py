"""What of a request is told to whoever collects traces."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sepakat_shared.web import trace_requests

SECRET = "s3cr3t"


async def spans_of(path: str) -> str:
    """All that is exported of one request, as JSON."""
    exported, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exported))
    app, routes = FastAPI(), APIRouter(prefix="/v1")

    async def answer() -> None:
        pass

    routes.add_api_route("/calendars/{token}.ics", answer)
    routes.add_api_route("/agreements/{id}", answer)
    app.include_router(routes)
    for route in ("/r/{token}", "/u/{token}/again", "/status/{token}.{kind}"):
        app.add_api_route(route, answer, methods=["GET", "POST"])
    trace_requests(app, tracers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agreements") as client:
        await client.get(path)
    spans = exported.get_finished_spans()
    assert spans
    return "".join(each.to_json() for each in spans)


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/calendars/{SECRET}.ics", f"/r/{SECRET}", f"/r/{SECRET}?next={SECRET}", f"/u/{SECRET}/again",
        f"/status/{SECRET}.atom", f"/r/{SECRET}/", f"/r/{SECRET}/more", f"/v1/calendars/{SECRET}",
    ],
)  # fmt: skip
async def test_the_token_of_a_link_without_a_key_is_in_no_span(path: str) -> None:
    assert SECRET not in await spans_of(path)


async def test_what_a_key_is_needed_for_is_told_by_its_address() -> None:
    assert "/v1/agreements/toko-checkout" in await spans_of("/v1/agreements/toko-checkout")
