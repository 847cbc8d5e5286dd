"""The headers that routes honour are in each service's OpenAPI, so that its page can send them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from sepakat_agreements.app import build as build_agreements
from sepakat_agreements.settings import AgreementsSettings
from sepakat_incidents.app import build as build_incidents
from sepakat_incidents.settings import IncidentsSettings
from sepakat_metrics.app import build as build_metrics
from sepakat_metrics.settings import MetricsSettings
from sepakat_notifier.app import build as build_notifier
from sepakat_notifier.settings import NotifierSettings

NOWHERE = {"kafka": "127.0.0.1:9", "mongo": "mongodb://127.0.0.1:9", "notifier_secret_key": "0" * 32}


def declaring(document: dict[str, Any], header: str) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            for each in route.get("parameters", ()):
                if (each["in"], each["name"]) == ("header", header):
                    assert each["required"] is False and each["description"]
                    yield f"{method.upper()} {path}"


@pytest.mark.parametrize(
    ("build", "settings", "repeatable", "versioned"),
    [
        (build_agreements, AgreementsSettings, {"POST /v1/agreements/{id}/signatures", "POST /v1/needs"},
         {"PUT /v1/agreements/{id}", "PUT /v1/parties/{id}", "POST /v1/improvement-plans/{id}/agree",
          "POST /v1/obligations/{id}/accept"}),
        (build_metrics, MetricsSettings, {"POST /v1/adjustments"}, {"PUT /v1/indicators/{party}/{name}"}),
        (build_incidents, IncidentsSettings,
         {"POST /v1/incidents", "POST /v1/reports", "POST /v1/incidents/{id}/updates", "POST /v1/disputes"},
         {"PUT /v1/incidents/{id}/postmortem/draft", "DELETE /v1/rotations/{party}/{id}/overrides/{override}"}),
        (build_notifier, NotifierSettings, {"POST /v1/webhook-endpoints"}, {"PUT /v1/preferences/{party}/{contact}"}),
    ],
    ids=["agreements", "metrics", "incidents", "notifier"],
)  # fmt: skip
async def test_what_is_honoured_is_declared(
    build: Callable[[Any], FastAPI], settings: type[Any], repeatable: set[str], versioned: set[str]
) -> None:
    document = build(settings(**NOWHERE)).openapi()
    assert repeatable <= set(declaring(document, "Idempotency-Key"))
    assert versioned <= set(declaring(document, "If-Match"))
    for header in ("Idempotency-Key", "If-Match"):
        said = {
            f"{method.upper()} {path}"
            for path, methods in document["paths"].items()
            for method, route in methods.items()
            if header in route.get("description", "")
        }
        assert said <= set(declaring(document, header)), "what is said in words is declared"
