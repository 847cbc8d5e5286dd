"""What a customer's business needs of a service: stated by the customer, answered by the provider. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, assert_never

from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid

Priority = Literal["must", "should", "could"]
Verdict = Literal["accepted", "adjusted", "declined"]


@dataclass(frozen=True)
class Impact:
    """What it costs the customer while the need is unmet: `cost` a number as text, `per` an ISO 8601 duration."""

    cost: str
    currency: str
    per: str


@dataclass(frozen=True)
class Statement:
    """Words are by language (`en`, `id`). `success` is how the customer would know that the need is met."""

    service: str
    statement: dict[str, str]
    priority: Priority
    goal: dict[str, str] | None = None
    impact: Impact | None = None
    success: dict[str, str] | None = None


@dataclass(frozen=True)
class Answer:
    """`served_by` are ids of objectives and obligations; a `reason` says what is adjusted, or why it is declined."""

    verdict: Verdict
    served_by: tuple[str, ...]
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Need:
    """`agreement` is the one that shall serve it, which need not be written yet; `name` is its id in there.

    Stating it anew is another `revision`, and takes away the answer to the one before.
    """

    id: str
    agreement: str
    name: str
    provider: str
    customer: str
    stated: Statement
    revision: int = 1
    answer: Answer | None = None
    withdrawn_at: datetime | None = None

    @property
    def parties(self) -> tuple[str, str]:
        return self.provider, self.customer


def need_id(agreement: str, customer: str, name: str) -> str:
    """Names have no dots, so no customer's need is ever another's."""
    return f"{agreement}.{customer}.{name}"


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stated:
    id: str
    agreement: str
    name: str
    provider: str
    customer: str
    stated: Statement
    revision: int
    by: str
    at: datetime


@dataclass(frozen=True)
class Answered:
    answer: Answer


@dataclass(frozen=True)
class Withdrawn:
    reason: str | None
    by: str
    at: datetime


Event = Stated | Answered | Withdrawn
EVENTS: Final = (Stated, Answered, Withdrawn)


def apply(need: Need | None, event: Event) -> Need:
    if isinstance(event, Stated):
        return Need(
            event.id, event.agreement, event.name, event.provider, event.customer, event.stated, event.revision
        )  # fmt: skip
    if need is None:
        raise ValueError("a need begins with being stated")
    match event:
        case Answered(answer):
            return replace(need, answer=answer)
        case Withdrawn(at=at):
            return replace(need, withdrawn_at=at)
        case _:
            assert_never(event)


# -- decisions ---------------------------------------------------------------------------------------------------------


def state(
    need: Need | None, agreement: str, name: str, provider: str, customer: str, stated: Statement, by: str,
    now: datetime,
) -> Sequence[Event]:  # fmt: skip
    """State a need, state it anew, or take it up again after it was withdrawn. Raises Conflict for another provider."""
    if need is not None and need.provider != provider:
        raise Conflict(f"the need {name!r} was stated to {need.provider}; give the one to another provider its own id")
    if need is not None and need.stated == stated and need.withdrawn_at is None:
        return []
    revision = need.revision + 1 if need else 1
    id = need_id(agreement, customer, name)
    return [Stated(id, agreement, name, provider, customer, stated, revision, by, now)]


def answer(
    need: Need, party: str, verdict: Verdict, served_by: Sequence[str], reason: str | None, revision: int, by: str,
    now: datetime,
) -> Sequence[Event]:  # fmt: skip
    """The provider's answer to the need as it stands in that `revision`. Raises Forbidden, Conflict or Invalid."""
    if party != need.provider:
        raise Forbidden(f"the answer is due from {need.provider!r}, to whom the need was stated")
    if need.withdrawn_at is not None:
        raise Conflict(f"the need {need.name!r} was withdrawn; there is nothing to answer")
    if revision != need.revision:
        rule = f"the need was stated anew (revision {need.revision}); read it again before you answer"
        raise Conflict(rule, [FieldProblem("/revision", rule)])
    problems = _broken(verdict, served_by, reason)
    if problems:
        raise Invalid.of(problems)
    known = need.answer
    if known is not None and (known.verdict, known.served_by, known.reason) == (verdict, tuple(served_by), reason):
        return []
    return [Answered(Answer(verdict, tuple(served_by), reason, by, now))]


def _broken(verdict: Verdict, served_by: Sequence[str], reason: str | None) -> list[FieldProblem]:
    problems: list[FieldProblem] = []
    if verdict == "declined" and served_by:
        problems.append(FieldProblem("/served_by", "is empty where a need is declined: nothing serves it"))
    if verdict != "declined" and not served_by:
        problems.append(FieldProblem("/served_by", "names the objectives or obligations that serve the need"))
    if verdict != "accepted" and not reason:
        problems.append(FieldProblem("/reason", f"is required where a need is {verdict}"))
    return problems


def withdraw(need: Need, party: str, reason: str | None, by: str, now: datetime) -> Sequence[Event]:
    """The customer needs it no longer. Raises Forbidden."""
    if party != need.customer:
        raise Forbidden(f"only {need.customer!r}, whose need it is, may withdraw it")
    return [] if need.withdrawn_at is not None else [Withdrawn(reason, by, now)]
