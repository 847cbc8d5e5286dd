"""The HTTP door for metric events: CloudEvents one by one, as a batch, or as lines."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pymongo import DESCENDING

from sepakat_metrics import events
from sepakat_metrics.ingestion import Ingestion
from sepakat_metrics.parking import Parking
from sepakat_metrics.registry import Registry
from sepakat_shared.auth import Principal
from sepakat_shared.bus import Bus
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Malformed
from sepakat_shared.expiry import forget_old
from sepakat_shared.messages import NOT_JSON
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.telemetry import current_traceparent
from sepakat_shared.web import Asking

SINGLE, BATCH, LINES = "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"
_KEEP_REJECTIONS = timedelta(days=7)
_MOST_WAITING = 200
_MOST_BYTES = 1_000_000
"""Of one event: a record of the topic may have 1 MiB, its key and headers among it."""


class Door:
    """Checks each event as the consumer will, and publishes what is good on the topic of metric events."""

    def __init__(self, db: Database, bus: Bus, registry: Registry, ingestion: Ingestion, clock: Clock) -> None:
        self._rejections: Collection = db["rejections"]
        self._bus = bus
        self._registry = registry
        self._ingestion = ingestion
        self._clock = clock

    async def create_indexes(self) -> None:
        await self._rejections.create_index([("key", 1), ("at", DESCENDING)])
        await self._rejections.create_index("at")

    async def forget_old(self) -> None:
        """Drop rejections of long ago, until cancelled."""
        await forget_old(self._rejections, _KEEP_REJECTIONS, self._clock)

    async def take(self, raw: Any, asking: Principal, taken: set[tuple[str, str]]) -> dict[str, Any]:
        """What became of one event: accepted, duplicate, parked for an indicator, or rejected with the reason."""
        id = _text(raw, "id")
        try:
            body = _body(raw)
            fact = events.parse(raw)
            events.check_time(fact, self._clock.now())
            _may_feed(asking, fact)
            indicator = self._registry.indicators.get(fact.indicator)
            if indicator is not None:
                self._ingestion.intake.check(fact, indicator)
        except events.BadEvent as error:
            await self._rejections.insert_one(
                {"key": asking.id, "event": id, "reason": str(error), "at": self._clock.now()}
            )
            return {"id": id, "outcome": "rejected", "reason": str(error)}
        if (fact.source, fact.id) in taken or self._ingestion.seen(fact.indicator, fact.source, fact.id):
            return {"id": id, "outcome": "duplicate"}
        taken.add((fact.source, fact.id))
        await self._publish(raw, body, fact.indicator)
        if indicator is None:
            return {"id": id, "outcome": "parked", "indicator": fact.indicator}
        return {"id": id, "outcome": "accepted"}

    async def _publish(self, raw: dict[str, Any], body: bytes, indicator: str) -> None:
        if not self._bus.connected.is_set():
            raise ConnectionError("the broker is not reached yet")
        headers = {"content-type": SINGLE}
        traceparent = _text(raw, "traceparent") or current_traceparent()
        if traceparent:
            headers["traceparent"] = traceparent
        await self._bus.broker.publish(body, topic=topics.METRICS, key=indicator.encode(), headers=headers)

    async def rejected(self, asking: Principal, limit: int) -> list[Document]:
        """The latest rejections of that key's events."""
        found = self._rejections.find({"key": asking.id}, {"_id": 0, "key": 0}).sort("at", DESCENDING)
        return await found.limit(limit).to_list(None)


def _may_feed(asking: Principal, fact: events.Fact) -> None:
    if asking.is_operator:
        return
    party = _party(fact.indicator)
    if asking.party != party:
        raise events.BadEvent("data.indicator", f"this key acts for {asking.party!r}, not for {party!r}")
    if asking.sources and fact.source not in asking.sources:
        raise events.BadEvent("source", f"this key may not publish as {fact.source!r}")


def _party(indicator: str) -> str:
    return indicator.partition("/")[0]


def _text(raw: Any, name: str) -> str | None:
    """Of what somebody sent; letters that are none are replaced."""
    value = raw.get(name) if isinstance(raw, dict) else None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _body(raw: Any) -> bytes:
    """As it is published. Raises BadEvent for what is no JSON, though it was read as such, and for what no record has
    room for: it would be as large whenever it is sent."""
    try:
        body = json.dumps(raw, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except NOT_JSON as error:
        raise events.BadEvent("body", f"is not JSON: {error}") from error
    if len(body) > _MOST_BYTES:
        raise events.BadEvent("data", f"the event has {len(body)} bytes, at most {_MOST_BYTES} are taken: send several")
    return body


def _events_in(body: bytes, content_type: str) -> Iterator[Any]:
    """The events of a body; a line that is no JSON is given as text, to be rejected alone. Raises Malformed."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == LINES:
        for line in body.splitlines():
            if line.strip():
                yield _json_or_text(line)
        return
    try:
        parsed = json.loads(body)
    except NOT_JSON as error:
        raise Malformed.whole(f"the body is not JSON: {error}") from error
    if kind == BATCH and not isinstance(parsed, list):
        raise Malformed.whole(f"a body of {BATCH} is a list of events")
    if kind not in (SINGLE, BATCH):
        raise Malformed.at("/header/content-type", f"send {SINGLE}, {BATCH} or {LINES}")
    yield from parsed if isinstance(parsed, list) else [parsed]


def _json_or_text(line: bytes) -> Any:
    try:
        return json.loads(line)
    except NOT_JSON:
        return line.decode("utf-8", "replace")


def router(door: Door, parking: Parking) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["events"])

    @routes.post("/events", status_code=202)
    async def post_events(request: Request, asking: Asking) -> JSONResponse:
        """Hand in metric events; each gets its own answer. 422 when none was taken."""
        asking.require("events:write")
        taken: set[tuple[str, str]] = set()
        given = _events_in(await request.body(), request.headers.get("content-type", ""))
        results = [await door.take(raw, asking, taken) for raw in given]
        counts = {name: sum(r["outcome"] == name for r in results) for name in _OUTCOMES}
        status = 422 if results and counts["rejected"] == len(results) else 202
        return JSONResponse({"results": results, **counts}, status)

    @routes.get("/events/rejected")
    async def get_rejected(asking: Asking) -> dict[str, Any]:
        """Why events handed in with this key were not taken, the latest first."""
        asking.require("events:write")
        items = await door.rejected(asking, 100)
        return {"items": [{**each, "at": rfc3339(each["at"])} for each in items]}

    @routes.get("/events/parked")
    async def get_parked(asking: Asking) -> dict[str, Any]:
        """The indicators that nobody has registered and that events wait for: how many, since when, kept until when."""
        asking.require("events:write")
        items = await parking.waiting(lambda name: asking.is_operator or _party(name) == asking.party, _MOST_WAITING)
        return {
            "items": [
                {"indicator": each.indicator, "events": each.events, "first": rfc3339(each.first),
                 "last": rfc3339(each.last), "kept_until": rfc3339(each.kept_until)}
                for each in items
            ]
        }  # fmt: skip

    return routes


_OUTCOMES = ("accepted", "duplicate", "parked", "rejected")
