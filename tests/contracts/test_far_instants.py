"""Every instant that a request may give, in every service: one beyond all calendars is refused, with its pointer."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from sepakat_agreements.app import build as build_agreements
from sepakat_agreements.settings import AgreementsSettings
from sepakat_incidents.alert_api import AlertIn
from sepakat_incidents.app import build as build_incidents
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.app import build as build_metrics
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.app import build as build_notifier
from sepakat_notifier.settings import NotifierSettings
from sepakat_shared import web
from sepakat_shared.auth import Principal

# Nobody listens there, and nobody is asked: what is wrong is seen before anything is read.
NOWHERE = {"kafka": "127.0.0.1:9", "mongo": "mongodb://127.0.0.1:9", "notifier_secret_key": "0" * 32}
FAR = ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")
Place = tuple[str | int, ...]
"""Where in a body: names, and 0 for the first of a list."""


def instants(schema: Any, document: dict[str, Any], seen: tuple[str, ...] = ()) -> Iterator[Place]:
    """Where a value of that schema has instants."""
    reference = schema.get("$ref")
    if reference is not None:
        if reference in seen:
            return
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
        seen = (*seen, reference)
    if schema.get("format") == "date-time":
        yield ()
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from instants(each, document, seen)
    for name, each in schema.get("properties", {}).items():
        for place in instants(each, document, seen):
            yield (name, *place)
    if "items" in schema:
        for place in instants(schema["items"], document, seen):
            yield (0, *place)


def body_with(place: Place, instant: str) -> Any:
    """Nothing but that instant: what else is missing is told beside it."""
    if not place:
        return instant
    inner = body_with(place[1:], instant)
    return [inner] if place[0] == 0 else {place[0]: inner}


def requests(document: dict[str, Any], instant: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Method, path, the pointer that is to be named, and the rest, for each instant of each route."""
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            address, parameters = path, route.get("parameters", ())
            for each in parameters:
                if each["in"] == "path":
                    # Some have patterns: what does not suit them is told beside the instant.
                    whole = each["schema"].get("type") == "integer"
                    address = address.replace("{" + each["name"] + "}", "1" if whole else "x")
            for each in parameters:
                if each["in"] == "query" and list(instants(each["schema"], document)):
                    yield method, address, f"/query/{each['name']}", {"params": {each["name"]: instant}}
            for content in route.get("requestBody", {}).get("content", {}).values():
                for place in dict.fromkeys(instants(content["schema"], document)):
                    pointer = "".join(f"/{each}" for each in place)
                    yield method, address, pointer, {"json": body_with(place, instant)}


@pytest.mark.parametrize(
    ("build", "settings", "least"),
    [
        (build_agreements, AgreementsSettings, 9),
        (build_metrics, MetricsSettings, 5),
        (build_incidents, IncidentsSettings, 12),
        (build_notifier, NotifierSettings, 3),
    ],
    ids=["agreements", "metrics", "incidents", "notifier"],
)
@pytest.mark.parametrize("instant", FAR)
async def test_an_instant_beyond_calendars_is_refused_wherever_a_request_gives_one(
    build: Callable[[Any], FastAPI], settings: type[Any], least: int, instant: str
) -> None:
    app = build(settings(**NOWHERE))
    anybody = Principal("operator", None, frozenset({"operator"}), frozenset())
    app.dependency_overrides[web.principal] = lambda: anybody
    asked = list(requests(app.openapi(), instant))
    assert len(asked) >= least, "instants of this service are found"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        for method, path, pointer, more in asked:
            answer = await http.request(method, path, **more)
            assert answer.status_code == 422, (method, path, pointer, answer.text)
            told = {each["pointer"]: each["detail"] for each in answer.json()["errors"]}
            assert "must be of the years 1970 to 8999" in told.get(pointer, ""), (method, path, pointer, told)


def test_an_alert_has_no_end_in_the_first_year_and_nothing_in_the_last() -> None:
    """Alertmanager says with Go's zero time that an alert goes on."""
    alert = {"status": "firing", "labels": {}, "startsAt": "2026-03-10T00:00:00Z", "fingerprint": "f"}
    AlertIn.model_validate({**alert, "endsAt": FAR[1]})
    for name, far in (("endsAt", FAR[0]), ("startsAt", FAR[0]), ("startsAt", FAR[1])):
        with pytest.raises(ValueError, match=r"calendars|since when it is firing"):
            AlertIn.model_validate({**alert, name: far})
