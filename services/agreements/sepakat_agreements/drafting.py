"""What of a review's decision a text has already, or an open proposal about it would bring. Pure.

Several decisions may want the same: what one of them has done is no mistake of the others.
"""

from typing import Any

from sepakat_agreements.agreement import Version
from sepakat_agreements.clauses import Change, clauses, merged
from sepakat_agreements.proposal import Proposal
from sepakat_agreements.review import Amendment
from sepakat_agreements.suggesting import decided


def has_all(version: Version, wanted: Amendment) -> bool:
    """Whether that text says already what is wanted, or an open proposal about it would."""
    said = [each for each in decided(wanted.changes) if each.clause != "amendment"]
    return any(each.is_open and is_of(version, each, wanted) for each in version.proposals) or all(
        _is_done(version, each.clause, each.body) for each in said
    )


def is_of(version: Version, proposal: Proposal, wanted: Amendment) -> bool:
    """Whether it proposes what was decided, whichever text what follows from that was worked out by.

    It need not retire what the text has no more: another decision has.
    """
    said, whole = decided(proposal.changes), decided(wanted.changes)
    known = clauses(version.text)
    return bool(said) and said == [each for each in whole if each in said or not _is_gone(known, each)]


def _is_gone(known: Any, change: Change) -> bool:
    return change.content == "null" and change.clause not in known


def _is_done(version: Version, clause: str, merge: Any) -> bool:
    present = clauses(version.text).get(clause)
    return present is None if merge is None else present is not None and bool(merged(present, merge) == present)
