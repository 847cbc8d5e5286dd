"""A whole cluster with the world around it: parties that agree, publishers that send, people who get mails."""

import json
import secrets
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo import AsyncMongoClient
from samples import agreement_dict

from sepakat_cli.backends import Backend
from sepakat_cli.demo import desk as desks
from sepakat_cli.demo.desk import Desk
from sepakat_cli.demo.telling import until
from sepakat_cli.launcher import SERVICES, Launcher
from sepakat_cli.preparing import prepare
from sepakat_shared import signatures

OPERATOR = "spk_operator_of_a_test"
INDICATOR = "nusantara/checkout-state"
CONTACTS = {"nusantara": ("rina", "oncall"), "toko-maju": ("budi",)}
SIGNATORIES = {"nusantara": "rina", "toko-maju": "budi"}


def zone() -> str:
    """A time zone in which the year has not just begun, and does not end within the next hours."""
    now = datetime.now(UTC)
    days_on, hours_back = now + timedelta(hours=12), now - timedelta(hours=4)
    return "UTC" if hours_back.year == now.year == days_on.year else "Pacific/Honolulu"


def event(id: str, state: str, at: datetime, indicator: str = INDICATOR, **changes: Any) -> dict[str, Any]:
    base = {"specversion": "1.0", "id": f"{indicator}/{id}", "source": "/probe", "type": "sepakat.metric.state.v1",
            "time": at.isoformat(), "data": {"indicator": indicator, "state": state}}  # fmt: skip
    return {**base, **changes}


@cache
def trusted() -> ssl.SSLContext:
    """Read once: a client that reads the authorities by itself takes 20 ms of a processor, and most ask only once."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class World:
    """A cluster, and the agreement and the indicator that are meant where a test names none."""

    cluster: Launcher
    desk: Desk
    agreement: str = "toko-checkout"
    indicator: str = INDICATOR

    def named(self, name: str) -> "World":
        """The same cluster, for a test that has an agreement and an indicator of that name to itself."""
        return replace(self, agreement=f"toko-{name}", indicator=f"nusantara/{name}-state")

    def event(self, id: str, state: str, at: datetime, **changes: Any) -> dict[str, Any]:
        return event(id, state, at, self.indicator, **changes)

    def api(self, service: str, key: str | None = OPERATOR) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(base_url=self.cluster.urls[service], headers=headers, timeout=60, verify=trusted())

    async def get(self, service: str, path: str, **params: Any) -> Any:
        """The body of an answer, or None while the service is away or not ready for it."""
        try:
            async with self.api(service) as http:
                answer = await http.get(path, params=params)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    async def items(self, service: str, path: str, **params: Any) -> list[dict[str, Any]]:
        body = await self.get(service, path, **params)
        return body["items"] if body else []

    async def post(self, service: str, path: str, key: str, **body: Any) -> Any:
        """The body of an answer, or None while the service is away."""
        try:
            async with self.api(service, key) as http:
                answer = await http.post(path, json=body)
        except httpx.TransportError:
            return None
        assert answer.is_success or answer.status_code == 503, answer.text
        return answer.json() if answer.is_success else None

    # -- agreeing -----------------------------------------------------------------------------------------------------

    async def register(self, indicator: str | None = None, **changes: Any) -> None:
        indicator = indicator or self.indicator
        body = {"apiVersion": "sepakat/v1", "kind": "Indicator", "metadata": {"id": indicator}, "kindOfEvents": "state"}
        async with self.api("metrics") as http:
            answer = await http.put(f"/v1/indicators/{indicator}", json={**body, **changes})
            assert answer.status_code in (200, 201), answer.text

    async def agree(
        self, id: str | None = None, indicator: str | None = None, target: str = "99.999",
        window: dict[str, str] | None = None, more: Sequence[dict[str, Any]] = (), **changes: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """An agreement in force, on service `checkout`: objective `availability`, and `more`; `changes` replace or add
        parts of the text. Returns it.
        """
        id, indicator = id or self.agreement, indicator or self.indicator
        keys = {party: Ed25519PrivateKey.generate() for party in SIGNATORIES}
        today = datetime.now(UTC).date()
        term = {"from": str(today - timedelta(days=2)), "until": str(today + timedelta(days=2)), "timeZone": zone()}
        raw = agreement_dict(
            metadata={"id": id, "title": {"en": "Checkout platform", "id": "Platform checkout"}},
            signatories=[
                {"party": party, "contact": contact, "key": signatures.public_key(keys[party])}
                for party, contact in SIGNATORIES.items()
            ],
            **{"term": term, **changes},
        )
        raw["objectives"][0] |= {"target": target, "indicator": indicator, "window": window or {"rolling": "PT1H"}}
        raw["objectives"] += more
        async with self.api("agreements") as http:
            for party, contacts in CONTACTS.items():
                await self._party(http, party, contacts)
            drafted = await http.put(f"/v1/agreements/{id}", content=json.dumps(raw))
            assert drafted.status_code == 201, drafted.text
            hashed = drafted.json()["hash"]
            for party, contact in SIGNATORIES.items():
                signed = {"party": party, "contact": contact, "hash": hashed,
                          "signature": signatures.sign(keys[party], hashed)}  # fmt: skip
                answer = await http.post(f"/v1/agreements/{id}/signatures", json=signed)
                assert answer.status_code == 201, answer.text
            assert answer.json()["status"] == "active"
        return raw

    async def _party(self, http: httpx.AsyncClient, party: str, contacts: Sequence[str]) -> None:
        if (await http.get(f"/v1/parties/{party}")).status_code == 200:
            return
        named = [{"id": each, "name": each.title(), "email": f"{each}@{party}.example"} for each in contacts]
        body = {"metadata": {"id": party}, "name": party.title(), "contacts": named}
        assert (await http.put(f"/v1/parties/{party}", json=body)).status_code == 201

    async def subscribe(self, party: str = "toko-maju") -> None:
        """Have the desk's receiver told of everything that concerns `party`."""
        given = {"party": party, "url": f"{self.desk.url}/hook"}

        async def post() -> str | None:
            async with self.api("notifier") as http:
                answer = await http.post("/v1/webhook-endpoints", json=given)
            return answer.json()["secret"] if answer.is_success else None

        self.desk.secret = await until("the webhook endpoint", post)

    async def key_of(self, party: str, *scopes: str) -> str:
        """A new API key of a party, known to every service already."""
        wanted = {"id": f"{party}-{secrets.token_hex(4)}", "party": party, "roles": ["customer"], "scopes": scopes}
        async with self.api("agreements") as http:
            secret: str = (await http.post("/v1/keys", json=wanted)).json()["secret"]

        async def known_to(service: str) -> bool:
            async with self.api(service, secret) as http:
                return (await http.get("/v1/operations/whoami")).status_code == 200

        for service in self.cluster.urls:
            await until(f"the key to be known to {service}", partial(known_to, service))
        return secret

    # -- sending and seeing -------------------------------------------------------------------------------------------

    async def send(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        async with self.api("metrics") as http:
            answer = await http.post(
                "/v1/events", content=json.dumps(events), headers={"content-type": "application/cloudevents-batch+json"}
            )
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def deliver(self, *events: dict[str, Any]) -> None:
        """As a careful publisher does it: again until there is an answer that all were taken."""

        async def taken() -> bool:
            try:
                results = await self.send(*events)
            except (httpx.TransportError, KeyError):
                return False
            return {each["outcome"] for each in results} <= {"accepted", "duplicate"}

        await until("the events to be taken", taken, within=90)

    async def figure(self, agreement: str | None = None) -> dict[str, Any] | None:
        items = await self.items("metrics", "/v1/status", agreement=agreement or self.agreement)
        return items[0] if items else None

    async def incidents(self, agreement: str | None = None) -> list[dict[str, Any]]:
        return await self.items("incidents", "/v1/incidents", agreement=agreement or self.agreement)

    async def told(self, service: str = "metrics", agreement: str | None = None) -> list[str]:
        """The types of the events about an agreement that a service is known to have published, in order of time,
        without what is only measured.
        """
        async with AsyncMongoClient[dict[str, Any]](self.cluster.backend.mongo) as client:
            found = client[f"sepakat_{service}"]["commits"].find({"published": True})
            commits = await found.sort("committed_at", 1).to_list()
        of = agreement or self.agreement
        messages = [message for commit in commits for message in commit["messages"]]
        types = [each["type"] for each in messages if (each["data"] or {}).get("agreement") == of]
        return [each for each in types if not each.startswith("sepakat.metric.")]

    async def all_told(self, service: str = "metrics", agreement: str | None = None) -> list[str]:
        """As `told`, once nothing waits to be published, or to be noted as such: after a fault that takes a while."""

        async def nothing_waits() -> bool:
            async with AsyncMongoClient[dict[str, Any]](self.cluster.backend.mongo) as client:
                return await client[f"sepakat_{service}"]["commits"].find_one({"published": False}) is None

        await until(f"everything that {service} tells", nothing_waits, within=60)
        return await self.told(service, agreement)

    async def taken_in(self) -> None:
        """Wait until every service has heard, of every topic, what was told by now and what followed from that."""
        quiet = 0

        async def nothing_waits() -> bool:
            nonlocal quiet
            lags = [await self.get(service, "/v1/operations/lag") for service in self.cluster.urls]
            # Twice: what left one service's hands may have been on its way to another's.
            quiet = quiet + 1 if all(lag and not lag["consumer"] and not lag["unpublished"] for lag in lags) else 0
            return quiet == 2

        await until("every service to have heard of everything", nothing_waits, within=120)


@asynccontextmanager
async def opened(backend: Backend, data: Path, services: Sequence[str] = SERVICES) -> AsyncIterator[World]:
    """`backend` is cold: the launcher starts it."""

    async def prepared(kafka: str, mongo: str) -> None:
        await prepare(kafka, mongo, OPERATOR)

    with desks.opened(data / "inbox") as desk:
        env = {
            "SEPAKAT_NOTIFIER_SECRET_KEY": "a secret of thirty-two characters",
            "SEPAKAT_NOTIFIER_SMTP_HOST": "127.0.0.1",
            "SEPAKAT_NOTIFIER_SMTP_PORT": str(desk.smtp_port),
            "SEPAKAT_NOTIFIER_ALLOW_NETWORKS": "127.0.0.0/8",
        }
        async with Launcher(backend, data, services=services, env=env, prepare=prepared) as cluster:
            await cluster.until_known(OPERATOR)
            yield World(cluster, desk)
