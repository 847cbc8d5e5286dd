"""A public form for reports about one service: a party makes its link, and may take it back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sepakat_incidents.incident import About
from sepakat_shared.errors import FieldProblem, Gone, Invalid, NotFound
from sepakat_shared.words import line_problem

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class Form:
    """`party` has made it; `per_hour` reports are taken by it at most. `label` is for the party's own eyes."""

    id: str
    about: About
    zone: str
    party: str
    label: str
    created_at: datetime
    expires_at: datetime
    per_hour: int
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> None:
        """Raises Gone."""
        if self.revoked_at is not None:
            raise Gone("this form is closed; whoever gave you its address has another way to reach them")
        if self.expires_at <= now:
            raise Gone("this form has expired; whoever gave you its address has a new one")


@dataclass(frozen=True)
class Created:
    form: Form
    by: str


@dataclass(frozen=True)
class Revoked:
    by: str
    at: datetime


Event = Created | Revoked


def apply(form: Form | None, event: Event) -> Form:
    if isinstance(event, Created):
        return event.form
    if form is None:
        raise ValueError("a form is made before it is taken back")
    return replace(form, revoked_at=event.at)


def create(known: Form | None, form: Form, by: str) -> Sequence[Event]:
    """Raises Invalid with the field."""
    if known is not None:
        return []
    span = form.expires_at - form.created_at
    if not timedelta(0) < span <= LONGEST:
        rule = f"must be in the future, within {LONGEST.days} days"
        raise Invalid.at("/expires_at", rule)
    if form.label and (problem := line_problem(form.label, 200)):
        raise Invalid(f"/label: {problem}", [FieldProblem("/label", problem)])
    return [Created(form, by)]


def revoke(form: Form | None, by: str, now: datetime) -> Sequence[Event]:
    """Take it back; again, nothing happens. Raises NotFound."""
    if form is None:
        raise NotFound("there is no such form of yours")
    return [] if form.revoked_at is not None else [Revoked(by, now)]
