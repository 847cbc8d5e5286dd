"""Back-tests over HTTP on a real database: asked for by either party, answered by an event."""

from datetime import timedelta
from typing import Any

import pytest
from agreeing import NOW, PATH, Agreeing, opened

from sepakat_agreements.backtest_store import Backtests
from sepakat_cli.backends import Backend
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.contracts.compliance import (
    BacktestCompleted,
    BacktestedObjective,
    BacktestedPeriod,
    BacktestFailed,
    Money,
)
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.messages import Envelope

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
DAY = timedelta(days=1)
STRICT = {"clause": "objectives/availability", "merge": {"target": "99.99"}}


async def drafted(world: Agreeing) -> None:
    await world.ask("nusantara", "PUT", PATH, 201, json=world.text())


async def asked_of_metrics(world: Agreeing) -> list[BacktestRequested]:
    told = [data for type, data in await world.told() if type == BacktestRequested.type]
    return [BacktestRequested.model_validate(each) for each in told]


def cause(fact: BacktestCompleted | BacktestFailed) -> Envelope:
    sequence = "00000002.000"
    return Envelope(f"{fact.backtest}:{sequence}", "/sepakat/metrics", fact.type, fact.backtest, None, b"", sequence)


def identity(asked: BacktestRequested) -> dict[str, Any]:
    return {"backtest": asked.backtest, "agreement": asked.agreement, "provider": asked.provider,
            "customer": asked.customer, "at": NOW + timedelta(minutes=1)}  # fmt: skip


async def test_a_proposal_is_held_against_the_past_and_both_parties_read_the_answer(backend: Backend) -> None:
    async with opened(backend) as world:
        await drafted(world)
        await world.post("toko-maju", "/proposals", changes=[STRICT])
        made = await world.post("nusantara", "/backtests", 202, proposal=1, objectives=["availability"])
        assert (made["state"], made["version"], made["proposal"], made["objectives"]) == ("requested", 1, 1, None)
        assert (made["start"], made["end"]) == (rfc3339(NOW - 365 * DAY), rfc3339(NOW))
        following = (await world.get("/proposals/1"))["following"]
        assert made["hash"] == following["hash"]

        [asked] = await asked_of_metrics(world)
        assert asked.text["objectives"][0]["target"] == "99.99"
        assert (asked.backtest, asked.objectives, asked.by) == (made["backtest"], ("availability",), "nusantara")

        period = BacktestedPeriod(
            start=NOW - 31 * DAY, end=NOW - DAY, attainment="99.9500", met=False, state="breached",
            permitted_loss="259.200", permitted_cost=Money(amount="2880000.00", currency="IDR"),
        )  # fmt: skip
        tried = BacktestedObjective(
            objective="availability", indicator="nusantara/checkout-state", target="99.99", periods=(period,)
        )
        fact = BacktestCompleted(**identity(asked), start=asked.start, end=asked.end, objectives=(tried,))
        backtests = Backtests(world.commits)
        await backtests.on_completed(fact, cause(fact))
        path = f"/backtests/{made['backtest']}"
        found = await world.get(path, "toko-maju")
        assert (found["state"], found["reason"], found["ended_at"]) == (
            "completed", None, rfc3339(NOW + timedelta(minutes=1))
        )  # fmt: skip
        assert found["objectives"] == [tried.model_dump(mode="json")]

        # The same event once more, and another answer of another instance: nothing changes.
        await backtests.on_completed(fact, cause(fact))
        failed = BacktestFailed(**identity(asked), reason="too late")
        await backtests.on_failed(failed, cause(failed))
        assert await world.get(path, "nusantara") == found
        assert len(await asked_of_metrics(world)) == 1
        for who, other in (("stranger", PATH), ("toko-maju", "/v1/agreements/another")):
            await world.ask(who, "GET", other + path, 404)
        await world.ask("operator", "GET", f"{PATH}/backtests/none", 404)


async def test_one_that_can_not_be_made_says_why(backend: Backend) -> None:
    async with opened(backend) as world:
        await drafted(world)
        made = await world.post("toko-maju", "/backtests", 202)
        [asked] = await asked_of_metrics(world)
        fact = BacktestFailed(**identity(asked), reason="/start: that comes to more than one event can tell")
        await Backtests(world.commits).on_failed(fact, cause(fact))
        found = await world.get(f"/backtests/{made['backtest']}")
        assert (found["state"], found["reason"], found["objectives"]) == ("failed", fact.reason, None)


async def test_an_answer_to_a_question_of_somebody_else_is_passed_over(backend: Backend) -> None:
    async with opened(backend) as world:
        fact = BacktestFailed(
            backtest="of-another", agreement="toko-checkout", provider="nusantara", customer="toko-maju", at=NOW,
            reason="no",
        )  # fmt: skip
        backtests = Backtests(world.commits)
        await backtests.on_failed(fact, cause(fact))
        assert await backtests.all.find("of-another") is None


async def test_a_request_is_refused_with_its_fields_and_answered_once(backend: Backend) -> None:
    async with opened(backend) as world:
        await drafted(world)
        refused = await world.post(
            "toko-maju", "/backtests", 422, objectives=["speed"], start=rfc3339(NOW), version=1
        )  # fmt: skip
        assert [each["pointer"] for each in refused["errors"]] == ["/start", "/objectives/0"]
        await world.post("stranger", "/backtests", 404)
        await world.key("writer", "toko-maju", "agreements:read", "agreements:write")
        assert "compliance:read" in (await world.post("writer", "/backtests", 403))["detail"]
        assert await asked_of_metrics(world) == []

        headers = {"Idempotency-Key": "once"}
        first, again = [
            await world.ask("toko-maju", "POST", f"{PATH}/backtests", 202, json={}, headers=headers) for _ in range(2)
        ]
        assert first == again
        assert [each.backtest for each in await asked_of_metrics(world)] == [first["backtest"]]
        answer = await world.http.post(
            f"{PATH}/backtests", json={}, headers={"Authorization": "Bearer spk_toko-maju"}
        )  # fmt: skip
        assert answer.headers["location"] == f"{PATH}/backtests/{answer.json()['backtest']}"
        await world.ask("toko-maju", "GET", answer.headers["location"])
