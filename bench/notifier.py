"""The notifier's deliveries for a bench: on a database of the backend's, towards the web server of `posting.py`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cluster import answering

from sepakat_cli.backends.base import free_port
from sepakat_notifier.channels.webhook import WebhookSender
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.endpoint import Added, Endpoint
from sepakat_notifier.endpoints import Endpoints, new_secret
from sepakat_notifier.health import Health
from sepakat_notifier.notification import Notification
from sepakat_notifier.planning import Planning, occasion_of
from sepakat_notifier.settings import NotifierSettings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Vault
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.messages import Envelope

SECRET = "a secret of thirty-two characters"
LOOPBACK = (ip_network("127.0.0.0/8"),)
DATA: dict[str, Any] = {
    "incident": "bench.shop.0001", "number": "SHOP-0001", "agreement": "bench", "provider": "bench",
    "customer": "buyer", "service": "shop", "priority": "P1", "title": {"en": "Shop is down", "id": "Toko mati"},
    "agreement_title": {"en": "Bench", "id": "Uji"}, "opened_at": "2026-11-24T09:00:00.000Z", "cause": "impairment",
    "cause_event": "e", "at": "2026-11-24T09:00:00.000Z",
}  # fmt: skip


@asynccontextmanager
async def receiving(data: Path) -> AsyncIterator[str]:
    """The web server; its address."""
    port = free_port()
    command = [sys.executable, str(Path(__file__).parent / "posting.py"), str(port)]
    async with answering(command, port, data / "posting.log", {}, "/seen") as url:
        yield url


class Notifier:
    """What the service is made of, as far as webhooks go, in this process."""

    def __init__(self, db: Any, **settings: Any) -> None:
        given = {"kafka": "-", "mongo": "mongodb://-", "notifier_secret_key": SECRET}
        given = given | settings
        self.settings = NotifierSettings.model_validate(given)
        clock, vault = SystemClock(), Vault(SECRET)
        commits = Commits(db, clock)
        commits.publish_with(self._made)
        self._ends = {f"sepakat.notification.{end}.v1" for end in ("delivered", "given_up", "suppressed")}
        self._ended = set[str]()
        self._one_ended = asyncio.Event()
        self.notifications, self.endpoints = Notifications(commits), Endpoints(commits)
        self.hooks = WebhookSender(self.endpoints, vault, LOOPBACK, self.settings.notifier_attempt_timeout, clock)
        health = Health(self.endpoints, self.settings.notifier_disable_after, clock)
        self.deliveries = Deliveries(self.notifications, {"webhook": self.hooks}, self.settings, clock, health)
        self._planning = Planning(self.notifications, self.deliveries)
        self._clock, self._vault = clock, vault

    async def prepare(self, endpoints: Sequence[tuple[str, str]]) -> None:
        """Make indexes, and register endpoints by id and URL."""
        await self.notifications.create_indexes()
        await self.endpoints.create_indexes()
        for id, url in endpoints:
            added = Endpoint(id, "buyer", url, (), self._vault.seal(new_secret()), self._clock.now())
            await self.endpoints.execute(id, lambda *_, of=added: [Added(of)], "bench")

    async def plan(self, event: str) -> None:
        """Tell every endpoint of one event, as the service's reaction does."""
        type, at = "sepakat.incident.opened.v1", self._clock.now()
        cause = Envelope(event, "/sepakat/incidents", type, "bench.shop.0001", rfc3339(at), json.dumps(DATA).encode())
        occasion, about = occasion_of(cause), ("bench.shop.0001", "incident")
        endpoints = await self.endpoints.for_event(("bench", "buyer"), type, at)
        await asyncio.gather(
            *[
                self._planning.plan("webhook", each.id, each.party, (each.party,), about, occasion, cause)
                for each in endpoints
            ]
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.deliveries.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _made(self, commit: dict[str, Any]) -> None:
        if any(message["type"] in self._ends for message in commit["messages"]):
            self._ended.add(commit["aggregate"])
            self._one_ended.set()

    async def until_ended(self, count: int) -> None:
        """Until so many messages have ended, in whatever way."""
        while len(self._ended) < count:
            self._one_ended.clear()
            await self._one_ended.wait()

    async def all(self) -> list[Notification]:
        """All of them, when what the commits say is in the states too; the deliveries must run, they see to that."""
        while await self.notifications.all.states.count_documents({"status": "pending"}):
            await asyncio.sleep(0.5)
        found = await self.notifications.all.states.find({}).to_list(None)
        return [self.notifications.all.read(each).state for each in found]
