"""Back-tests in the database: asked for over Kafka, and what came of it kept as it is told there."""

import asyncio
import base64
import json
import secrets
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sepakat_agreements import backtest as domain
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.backtest import Asked, Backtest, Completed, Event, Failed, Requested, Wish, apply
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import compliance, topics
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope, Message
from sepakat_shared.reacting import Reaction


def _fields(backtest: Backtest) -> Mapping[str, Any]:
    asked = backtest.asked
    return {"parties": [asked.provider, asked.customer], "agreement": asked.agreement}


def _messages(event: Event, _backtest: Backtest) -> Sequence[Message]:
    return [Message.of(topics.AGREEMENTS, event.asked.agreement, _fact(event))] if isinstance(event, Requested) else []


def _fact(event: Requested) -> BacktestRequested:
    asked = event.asked
    return BacktestRequested(
        backtest=event.id, agreement=asked.agreement, provider=asked.provider, customer=asked.customer,
        text=json.loads(asked.text), objectives=asked.objectives, start=asked.start, end=asked.end, by=asked.by,
        at=event.at,
    )  # fmt: skip


BACKTEST: Kind[Backtest, Event] = Kind("backtest", Backtest, (Requested, Completed, Failed), apply, _fields, _messages)


class Backtests:
    """The back-tests of all agreements; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, BACKTEST)

    def reactions(self) -> list[Reaction]:
        return [
            Reaction(topics.COMPLIANCE, compliance.BacktestCompleted, self.on_completed),
            Reaction(topics.COMPLIANCE, compliance.BacktestFailed, self.on_failed),
        ]

    async def request(self, agreement: Agreement, wish: Wish, by: str, now: datetime) -> Backtest:
        """Raises Invalid and Conflict."""
        id, asked = secrets.token_hex(10), domain.ask(agreement, wish, by, now)
        await self.all.execute(id, lambda known, at: domain.request(known, id, asked, at), by=by)
        return (await self.all.get(id)).state

    async def visible(self, agreement: str, id: str, asking: Principal) -> Backtest:
        """Raises NotFound also for what concerns others."""
        loaded = await self.all.find(id)
        if loaded is None or not _concerns(loaded.state.asked, agreement, asking):
            raise NotFound(f"there is no back-test {id!r} of {agreement!r} that is yours")
        return loaded.state

    # -- what `metrics` answers ---------------------------------------------------------------------------------------

    async def on_completed(self, fact: compliance.BacktestCompleted, cause: Envelope) -> None:
        told = await asyncio.to_thread(_packed, fact)
        await self._end(fact.backtest, Completed(told, fact.at), cause)

    async def on_failed(self, fact: compliance.BacktestFailed, cause: Envelope) -> None:
        await self._end(fact.backtest, Failed(fact.reason, fact.at), cause)

    async def _end(self, id: str, outcome: Completed | Failed, cause: Envelope) -> None:
        await self.all.execute(id, lambda known, _now: domain.end(known, outcome), by="metrics", cause=cause)


def _concerns(asked: Asked, agreement: str, asking: Principal) -> bool:
    return asked.agreement == agreement and asking.sees((asked.provider, asked.customer))


def _packed(fact: compliance.BacktestCompleted) -> str:
    return base64.b64encode(zlib.compress(json.dumps(fact.as_json()).encode())).decode()


def told(backtest: Backtest) -> compliance.BacktestCompleted | None:
    """The answer as it came; None while there is none, or where it failed."""
    if backtest.told is None:
        return None
    return compliance.BacktestCompleted.model_validate_json(zlib.decompress(base64.b64decode(backtest.told)))
