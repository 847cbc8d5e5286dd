"""A party opens an incident itself: what it may say, and the cause that follows from that. Pure.

It is one cause among others of its line: the first one opens an incident, and later ones join that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sepakat_incidents.alerts import ID, ID_RULE
from sepakat_incidents.earliest import EARLIEST, begins
from sepakat_incidents.incident import Trigger
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.matrix import Degree
from sepakat_shared.contracts.texts import Term
from sepakat_shared.errors import FieldProblem
from sepakat_shared.words import line_problem, text_problem

LONGEST_TITLE, LONGEST_DESCRIPTION = 200, 4000
"""Characters. A title is one line; a description may have several, and is on the timeline."""


@dataclass(frozen=True)
class Opening:
    """`cause` tells lines of one service apart, as alerts name it; `impact_started_at` is None for now."""

    agreement: str
    service: str
    title: str
    description: str
    impact: Degree
    urgency: Degree
    impact_started_at: datetime | None = None
    cause: str | None = None


_FUTURE: Final = "must not be in the future: what is still to come is announced as maintenance"


def problems(opening: Opening, term: Term, now: datetime) -> Iterator[FieldProblem]:
    """Every field that breaks a rule, with the rule; `term` is the agreement's."""
    found = {
        "/title": line_problem(opening.title, LONGEST_TITLE),
        "/description": text_problem(opening.description, LONGEST_DESCRIPTION),
        "/cause": ID_RULE if opening.cause is not None and not ID.fullmatch(opening.cause) else None,
        "/impact_started_at": _impact_problem(opening.impact_started_at, term, now),
    }
    for pointer, rule in found.items():
        if rule is not None:
            yield FieldProblem(pointer, rule)


def _impact_problem(since: datetime | None, term: Term, now: datetime) -> str | None:
    if since is None:
        return None
    if since > now:
        return _FUTURE
    if since < (first := begins(term)):
        return f"must not be before the agreement begins, at {rfc3339(first)}"
    if since < now - EARLIEST:
        return f"must not be more than {EARLIEST.days} days ago; the responsible party may correct it to before that"
    return None


def trigger(opening: Opening, event: str, party: str, now: datetime) -> Trigger:
    """The cause that it is; `event` tells it from others."""
    title = " ".join(opening.title.split())
    return Trigger(
        "api", f"api:{event}", event, opening.impact_started_at or now, {"en": title, "id": title}, party=party,
        description=opening.description, impact=opening.impact, urgency=opening.urgency,
    )  # fmt: skip
