"""What of a review's decision a text has already, or an open proposal about it would bring. Pure.

Several decisions may want the same: what one of them has done is no mistake of the others.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sepakat_agreements.agreement import Status, Version
from sepakat_agreements.clauses import Change, clauses, merged
from sepakat_agreements.proposal import Proposal
from sepakat_agreements.review import Amendment
from sepakat_agreements.suggesting import decided
from sepakat_shared.errors import Conflict, FieldProblem


def has_all(version: Version, wanted: Amendment) -> bool:
    """Whether that text says already what is wanted, by the day that is wanted, or an open proposal about it would.

    Raises Conflict, with the field and both days, where both have signed that it begins later: no version that
    follows could begin before that one.
    """
    if any(each.is_open and is_of(version, each, wanted) for each in version.proposals):
        return True
    said = [each for each in decided(wanted.changes) if each.clause != "amendment"]
    if not all(_is_done(version, each.clause, each.body) for each in said):
        return False
    day, begins = _day_of(wanted), _begins(version)
    if day is None or (begins is not None and begins <= day):
        return True
    if version.status is Status.DRAFT or begins is None:
        return False
    at = "/amendment/effectiveFrom"
    known = f"version {version.version} says this already, from {begins} on and not from {day} on"
    rule = f"{known}; decide for that day or a later one"
    raise Conflict(f"{at}: {rule}", [FieldProblem(at, rule)])


def is_of(version: Version, proposal: Proposal, wanted: Amendment) -> bool:
    """Whether it proposes what was decided, whichever text what follows from that was worked out by.

    It need not retire what the text has no more: another decision has.
    """
    said, whole = decided(proposal.changes), decided(wanted.changes)
    known = clauses(version.text)
    return bool(said) and said == [each for each in whole if each in said or not _is_gone(known, each)]


def _day_of(wanted: Amendment) -> date | None:
    """From which day on it was decided; None where the decision leaves that to the signatures."""
    named = [each.body.get("effectiveFrom") for each in wanted.changes if each.clause == "amendment"]
    return date.fromisoformat(named[-1]) if named and named[-1] else None


def _begins(version: Version) -> date | None:
    """The day in the term's time zone; None while it depends on when both will have signed."""
    begins = version.effective_from
    return None if begins is None else begins.astimezone(ZoneInfo(str(version.text["term"]["timeZone"]))).date()


def _is_gone(known: Any, change: Change) -> bool:
    return change.content == "null" and change.clause not in known


def _is_done(version: Version, clause: str, merge: Any) -> bool:
    present = clauses(version.text).get(clause)
    return present is None if merge is None else present is not None and bool(merged(present, merge) == present)
