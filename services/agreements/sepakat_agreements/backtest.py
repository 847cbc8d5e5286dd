"""A back-test: what a text would have come to over recorded history, asked of `metrics` once and answered once. Pure.

Nothing is measured here. The question carries the whole text, so that the answer is of exactly that one, whatever the
parties do to it meanwhile.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sepakat_agreements import negotiation
from sepakat_agreements.agreement import Agreement, Version
from sepakat_shared.contracts import texts
from sepakat_shared.errors import FieldProblem, Invalid

_LOOKS_BACK: Final = timedelta(days=365)
"""Where nothing is said of when the history begins."""


@dataclass(frozen=True)
class Wish:
    """What a party wants to know; None is what the text that is negotiated, a year, and now stand for.

    `objectives` are ids, all of the text where there are none. `proposal` is the number of an open one about the
    version: its changes are tried as if they had been accepted.
    """

    version: int | None = None
    proposal: int | None = None
    objectives: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Asked:
    """`text` is JSON, and `hash` that of its canonical form. History is looked at in `[start, end)`."""

    agreement: str
    provider: str
    customer: str
    version: int
    proposal: int | None
    hash: str
    text: str
    objectives: tuple[str, ...]
    start: datetime
    end: datetime
    by: str


@dataclass(frozen=True)
class Requested:
    id: str
    asked: Asked
    at: datetime


@dataclass(frozen=True)
class Completed:
    """`told` is the answer as it came, packed: thousands of periods are hashed and stored with it."""

    told: str
    at: datetime


@dataclass(frozen=True)
class Failed:
    reason: str
    at: datetime


Event = Requested | Completed | Failed


@dataclass(frozen=True)
class Backtest:
    id: str
    asked: Asked
    at: datetime
    ended_at: datetime | None = None
    told: str | None = None
    reason: str | None = None

    @property
    def state(self) -> Literal["requested", "completed", "failed"]:
        if self.ended_at is None:
            return "requested"
        return "completed" if self.told is not None else "failed"


def apply(backtest: Backtest | None, event: Event) -> Backtest:
    if isinstance(event, Requested):
        return Backtest(event.id, event.asked, event.at)
    if backtest is None:
        raise ValueError("a back-test is requested before it ends")
    # The text is in the first commit, and of no use to anybody who reads what came of it.
    over = replace(backtest, asked=replace(backtest.asked, text=""), ended_at=event.at)
    return replace(over, told=event.told) if isinstance(event, Completed) else replace(over, reason=event.reason)


def request(backtest: Backtest | None, id: str, asked: Asked, now: datetime) -> Sequence[Event]:
    return [] if backtest is not None else [Requested(id, asked, now)]


def end(backtest: Backtest | None, outcome: Completed | Failed) -> Sequence[Event]:
    """The first answer counts; one to a question that was not asked here is nobody's."""
    return [outcome] if backtest is not None and backtest.ended_at is None else []


def ask(agreement: Agreement, wish: Wish, by: str, now: datetime) -> Asked:
    """The question that a wish comes to. What is not recorded yet is not looked at: it ends now at the latest.

    Raises Invalid with each field and its rule, and Conflict where the proposal no longer fits to the text.
    """
    problems: list[FieldProblem] = []
    end = min(wish.end or now, now)
    start = wish.start or end - _LOOKS_BACK
    if start >= end:
        problems.append(FieldProblem("/start", "must be before `end`, and in the past: history is looked at"))
    version = _version(agreement, wish, problems)
    text = None if version is None else _text(version, wish, problems)
    if text is not None:
        problems += _unknown(text, wish.objectives)
    if problems or version is None or text is None:
        raise Invalid.of(problems)
    return Asked(
        agreement.id, version.provider, version.customer, version.version, wish.proposal, _hash(version, wish, text),
        json.dumps(text, ensure_ascii=False), tuple(dict.fromkeys(wish.objectives)), start, end, by,
    )  # fmt: skip


def _version(agreement: Agreement, wish: Wish, problems: list[FieldProblem]) -> Version | None:
    if wish.version is None:
        return agreement.open or agreement.current
    found = agreement.get(wish.version)
    if found is None:
        rule = f"{agreement.id} has no version {wish.version}; its last one is {agreement.last.version}"
        problems.append(FieldProblem("/version", rule))
    return found


def _text(version: Version, wish: Wish, problems: list[FieldProblem]) -> dict[str, Any] | None:
    """The version's text; with a proposal the one that accepting it would make."""
    if wish.proposal is None:
        return version.text
    found = next((each for each in version.proposals if each.number == wish.proposal), None)
    if found is None:
        rule = f"there is no proposal {wish.proposal} about version {version.version}"
        problems.append(FieldProblem("/proposal", rule))
        return None
    if not found.is_open:
        rule = f"proposal {found.number} is closed ({found.outcome}): name an open one, or none"
        problems.append(FieldProblem("/proposal", rule))
        return None
    return texts.as_text(negotiation.following(version, found))


def _unknown(text: dict[str, Any], objectives: Sequence[str]) -> list[FieldProblem]:
    known = {each["id"] for each in text.get("objectives", ())}
    return [
        FieldProblem(f"/objectives/{i}", f"{id!r} is not an objective of that text")
        for i, id in enumerate(objectives)
        if id not in known
    ]


def _hash(version: Version, wish: Wish, text: dict[str, Any]) -> str:
    return version.hash if wish.proposal is None else texts.text_hash(texts.Agreement.model_validate(text))
