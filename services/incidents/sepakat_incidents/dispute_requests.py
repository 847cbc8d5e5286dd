"""What callers may send about disputes, and what it means. Pure."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from sepakat_incidents.dispute import Evidence, Statement
from sepakat_incidents.remedy import Adjustment, Bounds, Remedy
from sepakat_shared.web import Named, RequestedInstant
from sepakat_shared.words import Said, Words


def _a_share(percent: str) -> str:
    if Decimal(percent) > 100:
        raise PydanticCustomError("share", "must be 100 at most")
    return percent


Share = Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,6})?$"), AfterValidator(_a_share)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AdjustmentIn(_Sent):
    """One change of what was measured, for what is disputed alone; which fields it needs follows from its kind."""

    kind: Literal["exclusion", "downtime", "events", "case-time"]
    start: RequestedInstant | None = Field(None, description="exclusion, downtime: from here; events: when they were")
    end: RequestedInstant | None = None
    good: int = Field(0, ge=0, description="events: how many good ones to add")
    total: int = Field(0, ge=0, le=2**53, description="events: how many to add in all")
    ticket: Annotated[str, Said(200, lines=False, needed=False)] = Field(
        "", description="case-time: the ticket; of an incident's clock, the incident"
    )
    seconds: int = Field(0, description="case-time: seconds to add to the ticket's clocks; less than 0 takes away")


class RemedyIn(_Sent):
    """What is asked, offered or granted."""

    adjustments: list[AdjustmentIn] = Field([], max_length=100)
    credit_percent: Share | None = Field(None, description="of the charge, for a dispute about a credit")
    terms: Words | None = Field(None, description="in words, for what is no figure")

    def remedy(self, bounds: Bounds) -> Remedy:
        """As it is kept: for the objective that is disputed, or for the incident's ticket in those of its clock."""
        objectives = bounds.objectives if bounds.objective is None else (bounds.objective,)
        adjustments = tuple(
            Adjustment(**{**vars(each), "objectives": objectives, "ticket": each.ticket or _ticket(each, bounds)})
            for each in self.adjustments
        )
        return Remedy(adjustments, self.credit_percent, self.terms)


def _ticket(adjustment: AdjustmentIn, bounds: Bounds) -> str:
    return bounds.ticket or "" if adjustment.kind == "case-time" else ""


class EvidenceIn(_Sent):
    """`hash` is that of a file, or the `hash` of an evidence pack, so that both parties look at the same one."""

    description: Annotated[str, Said(400)]
    url: Annotated[str, Said(2000, lines=False)] | None = Field(None, pattern=r"^https?://\S+$")
    hash: str | None = Field(None, pattern=r"^sha256:[0-9a-f]{64}$")


class StatementIn(_Sent):
    statement: Words
    evidence: list[EvidenceIn] = Field([], max_length=50)

    def said(self) -> Statement:
        return Statement(self.statement, tuple(Evidence(**vars(each)) for each in self.evidence))


class SubjectIn(_Sent):
    """What is disputed; which fields it needs follows from its kind."""

    kind: Literal["verdict", "clock", "credit", "clause"]
    objective: Named | None = Field(None, description="verdict, credit: its objective")
    period: RequestedInstant | None = Field(None, description="an instant within the period; else the last one told")
    incident: Named | None = Field(None, description="clock: the incident's id")
    clock: Literal["response", "restoration", "resolution", "impact"] | None = None
    clause: Named | None = Field(None, description="section/id, as objectives/availability, or a section")


class RaiseIn(StatementIn):
    """A dispute to raise. `agreement` may be left out for an incident's clock."""

    agreement: Named | None = None
    subject: SubjectIn
    asked: RemedyIn


class AnswerIn(StatementIn):
    """An answer; with an `offer` for a part of what is asked, without it a refusal."""

    offer: RemedyIn | None = None


class CounterIn(StatementIn):
    offer: RemedyIn


class AcceptIn(_Sent):
    """The number of the other party's offer, so that nobody accepts what has just been changed."""

    offer: int = Field(ge=1)


class WithdrawIn(_Sent):
    statement: Words | None = None


class DecideIn(_Sent):
    """What the mediator or the forum decided; a part needs a `remedy`, what is upheld is what was asked without one."""

    result: Literal["upheld", "partly", "rejected"]
    remedy: RemedyIn | None = None
    statement: Words
