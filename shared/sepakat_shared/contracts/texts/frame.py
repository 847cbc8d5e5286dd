"""The frame of an agreement: between whom, from when until when, about what, and for how much."""

from datetime import date
from typing import Literal

from pydantic import Field

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts.values import CalendarSpan, Currency, Duration, Exact, Id, Text, TimeZone


class Languages(Text):
    authoritative: Literal["en", "id"]
    also: tuple[Literal["en", "id"], ...] = ()


class Parties(Text):
    provider: Id
    customer: Id


class Signatory(Text):
    party: Id
    contact: Id
    key: str


class Renewal(Text):
    """The term goes on `for` so long, as long as the first one where nothing is said, unless a party gives notice."""

    notice: Duration
    for_: CalendarSpan | None = Field(None, alias="for")


class TerminationNotice(Text):
    """How long before the last day's end notice of termination is to be given."""

    notice: Duration


class Term(Text):
    """From the first instant of `from` to the last of `until` (inclusive), in `timeZone`.

    Without `renewal` the agreement expires then.
    """

    from_: date = Field(alias="from")
    until: date
    time_zone: TimeZone
    renewal: Renewal | None = None
    termination: TerminationNotice | None = None


class Charge(Text):
    id: Id
    amount: Exact
    currency: Currency


class ServiceDescription(Text):
    id: Id
    description: Title


class Amendment(Text):
    """How this version follows the one before: from the first instant of the day `effectiveFrom` in the term's time
    zone, or from the last signature on where that is not given; for each changed objective with its next period, or at
    once.
    """

    effective_from: date | None = None
    takes_effect: Literal["next-period", "at-once"] = "next-period"


class Underpinning(Text):
    """An `agreement` of the provider with a supplier of its own, on which these `objectives` rest (all, where none is
    named), `by` these objectives of that one (all of the same kind, where none is named).
    """

    agreement: Id
    objectives: tuple[Id, ...] | None = Field(None, min_length=1)
    by: tuple[Id, ...] | None = Field(None, min_length=1)
