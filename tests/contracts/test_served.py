"""Each service serves the AsyncAPI document, and a page of it that asks nobody else for anything."""

import re
from collections.abc import Callable
from typing import Any

import httpx
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
from sepakat_shared.contracts import asyncapi, catalogue

# Nobody listens there, and nobody is asked: the document needs no server.
NOWHERE = {"kafka": "127.0.0.1:9", "mongo": "mongodb://127.0.0.1:9", "notifier_secret_key": "0" * 32}


@pytest.mark.parametrize(
    ("build", "settings"),
    [
        (build_agreements, AgreementsSettings),
        (build_metrics, MetricsSettings),
        (build_incidents, IncidentsSettings),
        (build_notifier, NotifierSettings),
    ],
    ids=["agreements", "metrics", "incidents", "notifier"],
)
async def test_a_service_serves_the_document_and_a_page_without_foreign_assets(
    build: Callable[[Any], FastAPI], settings: type[Any]
) -> None:
    app = build(settings(**NOWHERE))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        document, page = await http.get("/asyncapi.json"), await http.get("/asyncapi")
    assert document.json() == asyncapi.document()
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|<script|@import|url\(", page.text)
    for event in catalogue.every_event():
        assert event.type in page.text
