"""The story: a shop is promised to be open, is really taken down, and everything that was agreed for that happens."""

import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from opentelemetry.trace import Tracer

from sepakat_cli.backends.base import free_port
from sepakat_cli.children import Child
from sepakat_cli.demo import texts
from sepakat_cli.demo.desk import Desk, Hook, Mail
from sepakat_cli.demo.probe import Probe
from sepakat_cli.demo.telling import StoryFailed, Teller, first, until
from sepakat_cli.launcher import Launcher
from sepakat_shared import signatures

_LINK = re.compile(r"https?://\S+/a/\S+")
_BASKETS = 50
"""How many are bought before the shop is taken down."""
_BREACHED = "sepakat.objective.breached.v1"
_MISSED = "Target tidak terpenuhi: Ketersediaan per hari"


class Story:
    """One run. Every step waits for what it tells of; nothing is told that was not seen."""

    def __init__(
        self, cluster: Launcher, desk: Desk, teller: Teller, key: str, tracer: Tracer, data: Path, by_itself: bool
    ) -> None:
        self._cluster = cluster
        self._desk = desk
        self._teller = teller
        self._tracer = tracer
        self._data = data
        self._by_itself = by_itself
        headers = {"Authorization": f"Bearer {key}"}
        self._http = {
            name: httpx.AsyncClient(base_url=url, headers=headers, timeout=15) for name, url in cluster.urls.items()
        }
        self.agreement = ""
        self._shop_port = free_port()
        self._shop: Child | None = None
        self.shop_url = f"http://127.0.0.1:{self._shop_port}"

    async def play(self) -> dict[str, Any]:
        """From the signed agreement to the recovered service. Raises StoryFailed at the first step not seen."""
        await self._agree()
        async with self._shop_and_probe() as probe:
            await self._open(probe)
            await self._take_down(probe)
            incident = await self._incident()
            breach = await self._breach()
            await self._acknowledge(incident)
            await self._recover(incident)
            result = await self._result(incident, breach)
            if not self._by_itself:
                self._where_to_look()
                await asyncio.Event().wait()
        return result

    async def close(self) -> None:
        for client in self._http.values():
            await client.aclose()

    # -- the agreement ------------------------------------------------------------------------------------------------

    async def _agree(self) -> None:
        http = self._http["agreements"]
        earlier = (await _json(await http.get("/v1/agreements", params={"limit": 200})))["items"]
        run = len(earlier) + 1
        if earlier:
            self._teller.say(f"           {len(earlier)} agreement(s) of earlier runs are still here")
        self.agreement = f"toko-shop-{run}"
        self._state, self._latency = f"{texts.STATE}-{run}", f"{texts.LATENCY}-{run}"
        for id, party in texts.PARTIES.items():
            if (await http.get(f"/v1/parties/{id}")).status_code == httpx.codes.NOT_FOUND:
                await _json(await http.put(f"/v1/parties/{id}", json=party))
        for wanted, indicator in texts.indicators(self._state, self._latency).items():
            await _json(await self._http["metrics"].put(f"/v1/indicators/{wanted}", json=indicator))
        self._publisher = await self._key(f"probe-{run}", texts.PROVIDER, "publisher", ["events:write"])
        customer = await self._key(
            f"toko-{run}", texts.CUSTOMER, "customer",
            ["notifications:read", "notifications:write", "incidents:read", "compliance:read"],
        )  # fmt: skip
        await self._sign(http)
        await self._subscribe(customer)

    async def _key(self, id: str, party: str, role: str, scopes: list[str]) -> str:
        given = {"id": id, "party": party, "roles": [role], "scopes": scopes}
        return str((await _json(await self._http["agreements"].post("/v1/keys", json=given)))["secret"])

    async def _sign(self, http: httpx.AsyncClient) -> None:
        keys = {party: Ed25519PrivateKey.generate() for party in texts.SIGNATORIES}
        text = texts.agreement(
            self.agreement, self._state, self._latency, {p: signatures.public_key(k) for p, k in keys.items()}
        )
        drafted = await _json(await http.put(f"/v1/agreements/{self.agreement}", content=json.dumps(text)))
        for party, contact in texts.SIGNATORIES.items():
            signed = {"party": party, "contact": contact, "hash": drafted["hash"],
                      "signature": signatures.sign(keys[party], drafted["hash"])}  # fmt: skip
            answer = await _json(await http.post(f"/v1/agreements/{self.agreement}/signatures", json=signed))
        self._teller.step(f"agreement {self.agreement} signed by both and {answer['status']}: {drafted['hash'][:23]}…")

    async def _subscribe(self, key: str) -> None:
        """The customer's own system wants to be told; the notifier must have heard of its key first."""
        given = {"party": texts.CUSTOMER, "url": f"{self._desk.url}/hook"}
        headers = {"Authorization": f"Bearer {key}"}

        async def post() -> Any:
            answer = await self._http["notifier"].post("/v1/webhook-endpoints", json=given, headers=headers)
            return None if answer.status_code == httpx.codes.UNAUTHORIZED else await _json(answer)

        added = await until("the customer's key at the notifier", post)
        self._desk.secret = added["secret"]
        # Where earlier runs listened, nobody answers any more.
        http = self._http["notifier"]
        for each in (await _json(await http.get("/v1/webhook-endpoints", headers=headers)))["items"]:
            if each["id"] != added["id"]:
                (await http.delete(f"/v1/webhook-endpoints/{each['id']}", headers=headers)).raise_for_status()
        self._teller.step("the customer's system listens for signed webhooks")

    # -- the shop -----------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _shop_and_probe(self) -> AsyncIterator[Probe]:
        self._start_shop()
        await until("the shop's door to open", self._door_open)
        probe = Probe(
            self.shop_url, self._cluster.urls["metrics"], self._publisher, self._state, self._latency,
            self._cluster.backend.kafka, self._tracer,
        )  # fmt: skip
        await until("the publisher's key at metrics", self._publisher_known)
        tasks = [asyncio.create_task(probe.run()), asyncio.create_task(self._show(probe))]
        try:
            yield probe
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._shop is not None:
                self._shop.stop()

    async def _publisher_known(self) -> bool:
        headers = {"Authorization": f"Bearer {self._publisher}"}
        return (await self._http["metrics"].get("/v1/operations/whoami", headers=headers)).is_success

    async def _door_open(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=2) as visitor:
                return (await visitor.get(f"{self.shop_url}/health")).is_success
        except httpx.TransportError:
            return False  # its process is starting

    def _start_shop(self) -> None:
        command = [sys.executable, "-m", "sepakat_cli.demo.shop", str(self._shop_port)]
        self._shop = Child(command, self._data / "logs" / "shop.log")

    async def _show(self, probe: Probe) -> None:
        while self._teller.live:
            figure = await self._figure()
            waiting = ", ".join(f"{name} {lag}" for name, lag in (await self._lags()).items())
            measured = f"{figure['attainment']} % of {figure['target']} %" if figure else "not measured yet"
            self._teller.now(
                f"shop {probe.state or 'starting'} · {probe.bought} baskets · {probe.sent} events · {measured} · "
                f"waiting: {waiting}"
            )
            await asyncio.sleep(0.5)

    async def _open(self, probe: Probe) -> None:
        async def measured() -> Any:
            figure = await self._figure()
            return figure if figure and figure["attainment"] is not None and probe.bought >= _BASKETS else None

        figure = await until("the first figure", measured)
        self._teller.step(
            f"the shop at {self.shop_url} is open and measured: {figure['attainment']} %, target {figure['target']} %, "
            f"budget {float(figure['budget']['total']):.2f} s"
        )

    async def _take_down(self, probe: Probe) -> None:
        if self._shop is None:
            raise RuntimeError("the shop is taken down before it was started")
        self._teller.zero = time.monotonic()
        self._shop.kill()
        self._teller.step(f"the shop's process is killed after {probe.bought} baskets")

    # -- what was agreed for that -------------------------------------------------------------------------------------

    async def _incident(self) -> str:
        async def opened() -> Any:
            return next(iter(await self._incidents()), None)

        incident = await until("an incident", opened)
        # In the agreement's first language, as the timeline shows it.
        self._teller.step(f"incident {incident['number']} opened by itself: {incident['title']['en']}")
        await self._mail("the mail to level 1", "oncall@", "Please take this up")
        return str(incident["id"])

    async def _breach(self) -> tuple[Hook, Mail]:
        hook: Hook = await until("the webhook about the breach", first(self._desk.hooks, self._is_breach))
        data = hook.event["data"]
        lags = await self._lags()
        self._teller.step(
            f"target missed: {data['attainment']} % of {data['target']} %; webhook verified", hook.trace, lags
        )
        mail = await self._mail("the mail about the breach", "budi@", _MISSED)
        await self._came("the provider's mail about the breach", "rina@", _MISSED)
        return hook, mail

    def _is_ours(self, mail: Mail) -> bool:
        """An earlier run that was interrupted may have left an outage behind, of which people hear now."""
        return str(mail.message["References"]).startswith(f"<{self.agreement}.")

    def _is_breach(self, hook: Hook) -> bool:
        if not hook.verified or hook.event["type"] != _BREACHED:
            return False
        about = hook.event["data"]
        return bool((about["agreement"], about["objective"]) == (self.agreement, "availability-day"))

    async def _came(self, what: str, to: str, subject: str) -> Mail:
        def fits(mail: Mail) -> bool:
            return mail.to.startswith(to) and subject in mail.subject and self._is_ours(mail)

        mail: Mail = await until(what, first(self._desk.mails, fits))
        return mail

    async def _mail(self, what: str, to: str, subject: str) -> Mail:
        mail = await self._came(what, to, subject)
        self._teller.step(f"mail to {mail.to}: {mail.subject}", mail.message["X-Sepakat-Trace"])
        return mail

    async def _acknowledge(self, incident: str) -> None:
        mail = await self._mail("the mail to level 2", "rina@", "Mohon ditangani")
        found = _LINK.search(mail.body("plain"))
        if found is None:
            raise RuntimeError("the mail has no acknowledge link")

        async def acknowledged() -> bool:
            return (await self._one(incident))["acknowledged_at"] is not None

        if not self._by_itself:
            self._teller.say(f"           open {found[0]}\n           and press the button; in 60 s the demo does it")
            with contextlib.suppress(StoryFailed):
                await until("a person", acknowledged, within=60)
        if not await acknowledged():
            await self._press(found[0], incident)
        taken = await until("the acknowledgement", lambda: self._taken(incident))
        self._teller.step(f"acknowledged from the mail by {taken}: nobody else is called")

    async def _press(self, link: str, incident: str) -> None:
        async with httpx.AsyncClient(timeout=15) as browser:
            page = await browser.get(link)
            page.raise_for_status()
            if (await self._one(incident))["acknowledged_at"] is not None:
                raise RuntimeError("looking at the page has acknowledged the incident")
            (await browser.post(link)).raise_for_status()

    async def _taken(self, incident: str) -> str | None:
        by: str | None = (await self._one(incident))["acknowledged_by"]
        return by

    async def _recover(self, incident: str) -> None:
        self._start_shop()
        self._teller.step("the shop is started again")

        async def resolved() -> bool:
            return bool((await self._one(incident))["status"] == "resolved")

        await until("the incident to resolve", resolved)
        self._teller.step("the incident is resolved", lags=await self._lags())
        await self._mail("the mail about the end", "budi@", "Selesai")
        await self._came("the provider's mail about the end", "rina@", "Selesai")

    # -- what came of it ----------------------------------------------------------------------------------------------

    async def _result(self, incident: str, breach: tuple[Hook, Mail]) -> dict[str, Any]:
        hook, mail = breach
        spent = datetime.fromisoformat(hook.event["data"]["at"])
        timeline = (await _json(await self._http["incidents"].get(f"/v1/incidents/{incident}/timeline")))["items"]
        figure = await until("the figure", self._figure)
        trace = str(mail.message["X-Sepakat-Trace"])
        services = ["agreements", "metrics", "incidents", "notifier"]

        async def spans() -> int | None:
            # Services send their spans within half a second; the mail's own is the last of them.
            seen = len(self._desk.spans.get(trace, ()))
            return seen if seen >= len(services) else None

        result = {
            "breaches": len({each.event["id"] for each in self._desk.hooks if self._is_breach(each)}),
            "incidents": len(await self._incidents()),
            "escalation_levels": [each["level"] for each in timeline if each["what"] == "Escalated"],
            "mails": [{"to": each.to, "subject": each.subject} for each in self._desk.mails if self._is_ours(each)],
            "webhooks_verified": sum(each.verified for each in self._desk.hooks),
            "acknowledged": any(each["what"] == "Acknowledged" for each in timeline),
            "recovered": any(each["what"] == "Resolved" for each in timeline),
            "attainment": figure["attainment"],
            "breach_to_mail_ms": round((mail.at - spent).total_seconds() * 1000),
            "breach_to_webhook_ms": round((hook.at - spent).total_seconds() * 1000),
            "trace_spans": await until("the trace", spans),
            "services": services,
        }
        self._teller.step(
            f"availability {figure['attainment']} % of {figure['target']} %: {figure['budget']['consumed']} s lost; "
            f"{result['trace_spans']} spans from the probe to the mail", trace,
        )  # fmt: skip
        return result

    def _where_to_look(self) -> None:
        urls = self._cluster.urls
        self._teller.say("\n           where to look:")
        for name, url in urls.items():
            self._teller.say(f"             {name:<11} {url}/docs")
        self._teller.say(f"             events      {urls['agreements']}/asyncapi")
        self._teller.say(f"             inbox       {self._desk.url}/\n             the shop    {self.shop_url}/docs")
        self._teller.say(
            "             status      sepakat status      (in another terminal of this directory)\n"
            "           Ctrl-C ends everything; the next start finds this data"
        )

    # -- asking -------------------------------------------------------------------------------------------------------

    async def _figure(self) -> Mapping[str, Any] | None:
        items = (await _json(await self._http["metrics"].get("/v1/status", params={"agreement": self.agreement})))[
            "items"
        ]
        return next((each for each in items if each["objective"] == "availability-day"), None)

    async def _incidents(self) -> list[dict[str, Any]]:
        answer = await self._http["incidents"].get("/v1/incidents", params={"agreement": self.agreement})
        items: list[dict[str, Any]] = (await _json(answer))["items"]
        return items

    async def _one(self, id: str) -> dict[str, Any]:
        return await _json(await self._http["incidents"].get(f"/v1/incidents/{id}"))

    async def _lags(self) -> dict[str, int]:
        answers = {name: await _json(await http.get("/v1/operations/lag")) for name, http in self._http.items()}
        return {name: answer["consumer"] + answer["unpublished"] for name, answer in answers.items()}


async def _json(answer: httpx.Response) -> dict[str, Any]:
    """The body of an answer that went well. Raises RuntimeError with the problem's detail."""
    if not answer.is_success:
        raise RuntimeError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
