"""The document over HTTP on a real database: for the parties, in their language, with the names that are known."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sepakat_agreements import api, document_api
from sepakat_agreements.need_store import Needs
from sepakat_agreements.party_store import Parties
from sepakat_agreements.store import Agreements
from sepakat_cli.backends import Backend
from sepakat_shared import mongo, web
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import KEY, KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.agreements import KeyIssued
from sepakat_shared.idempotency import IdempotentPosts
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
STREAM = (Path(__file__).parents[1] / "texts" / "corpus" / "good" / "checkout.yaml").read_text().split("\n---\n")
AGREEMENT = STREAM[3]
PARTY: dict[str, Any] = {
    "metadata": {"id": "nusantara-cloud"}, "name": "PT Nusantara Cloud", "address": "Sukabumi",
    "contacts": [{"id": "rina", "name": "Rina", "title": "Service owner", "email": "rina@nusantara.example"}],
}  # fmt: skip


@asynccontextmanager
async def asked(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    db, clock = client[f"document_{uuid.uuid4().hex[:8]}"], ManualClock(NOW)
    commits = Commits(db, clock)
    keys, posts = KnownKeys(db, clock), IdempotentPosts(db)
    agreements, parties = Agreements(commits), Parties(commits)
    scopes = ("agreements:read", "agreements:write")
    for party in ("nusantara-cloud", "toko-maju", "stranger"):
        await keys.on_issued(KeyIssued(key=party, digest=digest(f"spk_{party}"), party=party, scopes=scopes))
    app = web.application("agreements", "", keys, 100_000)
    app.include_router(api.router(agreements, parties, Needs(commits), Aggregates(commits, KEY), commits, posts, clock))
    app.include_router(document_api.router(agreements, parties))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agreements") as http:
        yield http
    await mongo.close_client(client)


def key(party: str) -> dict[str, str]:
    return {"Authorization": f"Bearer spk_{party}"}


async def test_each_party_reads_the_document_and_nobody_else_learns_that_it_is_there(backend: Backend) -> None:
    async with asked(backend) as http:
        provider = key("nusantara-cloud")
        assert (await http.put("/v1/parties/nusantara-cloud", json=PARTY, headers=provider)).status_code == 201
        written = await http.put("/v1/agreements/toko-checkout-2026", content=AGREEMENT, headers=provider)
        assert written.status_code == 201, written.text
        path = "/v1/agreements/toko-checkout-2026/document"

        paper = await http.get(path, headers=key("toko-maju"))
        assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
        assert paper.content.startswith(b"%PDF-1.7")
        assert 'filename="toko-checkout-2026-id.pdf"' in paper.headers["content-disposition"], "the authoritative one"

        page = await http.get(path, params={"format": "html", "lang": "en"}, headers=provider)
        assert '<html lang="en">' in page.text
        assert "Rina (Service owner)" in page.text and "toko-checkout-2026, version 1" in page.text
        assert written.json()["hash"] in page.text
        first = await http.get(path, params={"format": "html", "lang": "en", "version": 1}, headers=provider)
        assert first.text == page.text
        assert (await http.get(path, params={"version": 2}, headers=provider)).status_code == 404
        assert "rina@nusantara.example" not in page.text, "a document is passed on; addresses are not in it"
        assert "default-src 'none'" in page.headers["content-security-policy"]

        assert (await http.get(path, headers=key("stranger"))).status_code == 404
        assert (await http.get(path, params={"lang": "fr"}, headers=provider)).status_code == 422


async def test_a_text_that_breaks_rules_is_refused_with_all_of_them(backend: Backend) -> None:
    async with asked(backend) as http:
        bad = AGREEMENT.replace("until: 2026-12-31", "until: 2025-12-31").replace("forum: BANI", "forun: BANI")
        answer = await http.put("/v1/agreements/toko-checkout-2026", content=bad, headers=key("nusantara-cloud"))
        assert answer.status_code == 422
        pointers = {each["pointer"] for each in answer.json()["errors"]}
        assert {"/term/until", "/disputes/forun", "/review/first"} <= pointers
