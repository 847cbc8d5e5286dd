"""A party opens an incident itself: by which words, beside which other one, for how long, and whose it is not."""

from datetime import timedelta
from typing import Any

import pytest
from handled import NOW, Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_incidents import opening_api
from sepakat_incidents.openings import Openings
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.lasting import AgreementEnded

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(
    priorities={"matrix": {"high-high": "P1", "low-medium": "P2"}, "P1": {"escalation": "critical", "restore": "PT4H"},
                "P2": {"escalation": "critical"}},
)  # fmt: skip
LOST: dict[str, Any] = {
    "agreement": "toko-checkout", "service": "checkout", "title": "Orders are lost", "impact": "high",
    "urgency": "high", "description": "paid, and not in the list",
}  # fmt: skip


def openable(it: Handled) -> None:
    openings = Openings(it.episodes, it.wordings, it.clock)
    it.app.include_router(opening_api.router(openings, it.incidents, it.posts, it.clock))


async def ask(it: Handled, status: int, who: str = "toko-maju", key: str | None = None, **changes: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {name: each for name, each in {**LOST, **changes}.items() if each is not None}
    return await it.ask(who, "POST", "/v1/incidents", status, json=body, headers=headers)


async def test_what_people_find_is_one_incident_an_episode_and_ends_when_they_say(backend: Backend) -> None:
    async with opened(backend, TEXT, more=openable) as it:
        since = rfc3339(NOW - timedelta(minutes=40))
        first = await ask(it, 201, key="k1", impact_started_at=since)
        id = "toko-checkout.checkout.0001"
        assert (first["became"], first["id"], first["priority"], first["status"]) == ("opened", id, "P1", "open")
        assert (first["impact_started_at"], first["opened_at"]) == (since, rfc3339(NOW))
        restore = next(each for each in first["clocks"] if each["clock"] == "restore")
        assert restore["started_at"] == rfc3339(NOW), "limits count from the record, not from the impact"
        assert await ask(it, 201, key="k1", impact_started_at=since) == first, "sent again it is the same one"
        assert (await ask(it, 409, key="k1"))["status"] == 409

        # The other party has seen it too, and the probe after both: one incident.
        second = await ask(it, 200, "nusantara", title="The queue is full", impact="low", urgency="low")
        assert (second["became"], second["id"], second["causes"]) == ("attached", id, 2)
        assert await it.impaired() == id
        await it.mended()
        assert (await it.get(id))["status"] == "open", "a probe says nothing of lost orders"
        words = [each for each in await it.timeline(id) if each.get("title")]
        assert [(each["what"], each["title"], each["party"], each["description"]) for each in words] == [
            ("Opened", "Orders are lost", "toko-maju", "paid, and not in the list"),
            ("Attached", "The queue is full", "nusantara", "paid, and not in the list"),
        ]  # fmt: skip

        # A cause of its own has an incident of its own, with the priority that the matrix gives it.
        disk = await ask(it, 201, "nusantara", cause="disk", impact="low", urgency="medium")
        assert (disk["id"], disk["priority"], disk["became"]) == ("toko-checkout.checkout.disk.0001", "P2", "opened")
        assert (await it.post("nusantara", disk["id"], "merge", into=id))["merged_into"] == id
        late = await ask(it, 200, cause="disk", title="The disk again")
        assert (late["id"], late["became"]) == (id, "attached"), "of a duplicate it is the one that was kept"

        await it.post("nusantara", id, "acknowledge")
        await it.post("nusantara", id, "resolve", note="the orders are back")
        again = await ask(it, 201)
        assert (again["id"], again["became"]) == ("toko-checkout.checkout.0002", "opened")
        assert (await it.told(suffix="incident.opened.v1")).__len__() == 3


async def test_what_may_not_be_opened_is_refused_by_every_field(backend: Backend) -> None:
    async with opened(backend, TEXT, more=openable) as it:
        tomorrow = rfc3339(NOW + timedelta(days=1))
        refused = await ask(it, 422, service="search", cause="Disk", impact_started_at=tomorrow)
        assert [each["pointer"] for each in refused["errors"]] == ["/service", "/cause", "/impact_started_at"]
        refused = await ask(it, 422, title="a\nb", impact="huge", urgency=None)
        assert [each["pointer"] for each in refused["errors"]] == ["/title", "/impact", "/urgency"]
        await ask(it, 404, "stranger")
        await ask(it, 403, "operator")
        await it.key("reader", "toko-maju", "incidents:read")
        await ask(it, 403, "reader")
        await ask(it, 404, agreement="other")
        fact = AgreementEnded.model_construct(agreement="toko-checkout", ended_at=NOW)
        await it.wordings.on_ended(fact, it.cause())
        assert "ended at" in (await ask(it, 409))["detail"]
        assert (await it.ask("operator", "GET", "/v1/incidents"))["items"] == []


async def test_what_failed_after_it_was_recorded_is_recorded_once_when_it_is_sent_again(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(backend, TEXT, more=openable) as it:

        async def lost(*_: Any) -> None:
            raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(it.incidents, "tally", lost)
            await ask(it, 503, key="k")
        first = await ask(it, 201, key="k")
        id = "toko-checkout.checkout.0001"
        assert (first["id"], first["became"], first["causes"]) == (id, "opened", 1)

        # Of a duplicate, the one that was kept has it, before the duplicate itself tells where it went.
        disk = await ask(it, 201, "nusantara", cause="disk")
        await it.post("nusantara", disk["id"], "merge", into=id)
        execute, calls = it.incidents.execute, list[str]()

        async def at_last(line: str, *given: Any) -> Any:
            calls.append(line)
            if len(calls) == 3:
                raise ConnectionError
            return await execute(line, *given)

        with monkeypatch.context() as broken:
            broken.setattr(it.incidents, "execute", at_last)
            await ask(it, 503, key="k2", cause="disk")
        before = (await it.get(id))["causes"]
        late = await ask(it, 200, key="k2", cause="disk")
        assert (late["id"], late["became"], late["causes"]) == (id, "attached", before)
        assert (await it.timeline(disk["id"]))[-1]["what"] == "Forwarded"

        # It is another one with another body, or when the day is over.
        await it.db["idempotency"].delete_many({})
        assert (await ask(it, 200, key="k", title="Another problem"))["causes"] == before + 1
        await it.post("nusantara", id, "resolve", note="the orders are back")
        await it.db["idempotency"].delete_many({})
        assert (await ask(it, 201, key="k"))["id"] == id, "sent again within a day it is the same one"
        await it.db["idempotency"].delete_many({})
        it.clock.advance(timedelta(hours=26))
        assert (await ask(it, 201, key="k"))["id"] == "toko-checkout.checkout.0002"
