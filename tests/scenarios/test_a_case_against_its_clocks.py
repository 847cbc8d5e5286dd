"""A P1 against its clocks: what is foretold, what a pause takes out, what another priority changes, what is told."""

from typing import Any

import pytest
from handled import Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_shared.contracts import topics

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(
    priorities={
        "P1": {"firstResponse": "PT20M", "restore": "PT4H", "updateEvery": "PT2H", "escalation": "critical"},
        "P2": {"restore": "PT8H", "escalation": "critical"},
    }
)  # fmt: skip
SPAN = {"reason": "waiting-for-customer", "start": "2026-11-24T09:30:00Z", "end": "2026-11-24T10:00:00Z"}


async def told(it: Handled, topic: str) -> list[dict[str, Any]]:
    """The messages on that topic, in the order of their commits."""
    commits = await it.commits.collection.find({}).sort("n", 1).to_list(None)
    return [each for commit in commits for each in commit["messages"] if each["topic"] == topic]


def restoration(incident: dict[str, Any]) -> tuple[str, float, str | None]:
    clock = next(each for each in incident["clocks"] if each["clock"] == "restore")
    return clock["state"], clock["elapsed_seconds"] / 60, clock["due_at"] and clock["due_at"][11:16]


async def test_a_case_against_its_clocks(backend: Backend) -> None:
    async with opened(backend, TEXT) as it:
        id = await it.impaired()
        for _ in range(4):
            await it.after(minutes=5)
        # Nobody has answered within twenty minutes: foretold, then missed.
        await it.after(minutes=1)
        await it.post("nusantara", id, "acknowledge")
        await it.after(minutes=39)
        paused = await it.post("nusantara", id, "pause", reason="waiting-for-customer")
        assert restoration(paused) == ("paused", 60, None)
        await it.after(minutes=90)
        # The customer's word ends the waiting. An hour is used, and half of the limit comes an hour later.
        assert restoration(await it.post("toko-maju", id, "updates", 201, note="shop 12")) == ("running", 60, "14:30")
        await it.after(minutes=60)
        request = (await it.post("nusantara", id, "pause-requests", 201, **SPAN))["pause_requests"][0]["id"]
        agreed = await it.post("toko-maju", id, f"pause-requests/{request}/answer", granted=True)
        assert restoration(agreed) == ("running", 90, "15:00"), "what nobody wrote down counts when both say so"
        milder = await it.post("toko-maju", id, "priority", priority="P2", reason="only the old shop")
        assert restoration(milder) == ("running", 90, "19:00")
        await it.post("toko-maju", id, "priority", priority="P1", reason="all shops")
        await it.after(minutes=130)
        await it.mended()
        # 220 of 240 minutes: restored in time.
        assert restoration(await it.get(id)) == ("met", 220, "15:00")

        facts = await told(it, topics.INCIDENTS)
        of_clocks = [each for each in facts if each["type"].startswith("sepakat.clock.") and each["data"].get("clock")]
        clocks = [
            (each["type"].split(".")[2], each["data"]["clock"], each["data"].get("percent")) for each in of_clocks
        ]
        first = [(what, percent) for what, clock, percent in clocks if clock == "first-response"]
        assert first == [("started", None), ("forecast", 50), ("forecast", 75), ("forecast", 90), ("missed", None)]
        foretold = [percent for what, clock, percent in clocks if (what, clock) == ("forecast", "restore")]
        assert foretold == [50, 50, 75, 90], "half of it came again after the pause; what is late comes in order"
        assert ("met", "restore", None) in clocks
        tickets = [each["data"] for each in await told(it, topics.METRICS)]
        assert {each["indicator"] for each in tickets} == {"nusantara/checkout-tickets"}
        assert [each["fact"] for each in tickets] == [
            "opened", "responded", "paused", "resumed", "paused", "resumed", "prioritised", "prioritised", "restored",
            "resolved",
        ]  # fmt: skip
