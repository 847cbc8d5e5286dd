"""What the parties do to a text until both sign it: propose, comment, counter, accept, reject, withdraw. Pure.

A deadline that has passed counts before anything that comes after it, whether or not a timer has noticed yet. Accepting
names the hash of the text that would follow, so nobody accepts what has just become something else.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Final, Literal

from sepakat_agreements.agreement import Agreement, Closed, Commented, Drafted, Event, Proposed, Reminded, Version
from sepakat_agreements.clauses import Change, changed
from sepakat_agreements.difference import differences
from sepakat_agreements.folding import apply
from sepakat_agreements.proposal import Comment, Proposal, reminders
from sepakat_agreements.starting import effective_from
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, FieldProblem, Forbidden, Invalid, NotFound

MOST_PROPOSALS: Final = 200
MOST_COMMENTS: Final = 200
"""Of one party about one version: neither can leave the other without room."""
MOST_BYTES_OF_ONE: Final = 256 * 1024
MOST_BYTES_OF_ALL: Final = 2 * 1024 * 1024
"""Of a proposal, and of all that one party makes about one version, each with what it would change."""


def propose(
    agreement: Agreement, party: str, changes: Sequence[Change], reason: str | None, deadline: datetime, by: str,
    now: datetime, counters: int | None = None,
) -> Sequence[Event]:  # fmt: skip
    """Propose changes of clauses to the other party, to be answered before `deadline`; instead of its `counters`.

    Raises Forbidden, Conflict, NotFound, or Invalid with each field and its rule.
    """
    overdue, version = _caught_up(agreement, party, now)
    if deadline <= now:
        raise Invalid.at("/answer_by", "must be in the future")
    answered: list[Event] = []
    if counters is not None:
        theirs = _awaiting(version, counters, party, "counter")
        answered = [Closed(version.version, theirs.number, "countered", now, party, by)]
    text = texts.as_text(changed(version.text, changes))
    moved = tuple(differences(version.text, text))
    if not moved:
        raise Invalid.at("/changes", "change nothing of the text as it stands")
    number = len(version.proposals) + 1
    proposal = Proposal(
        number, party, version.hash, tuple(changes), moved, reason, by, now, deadline, reminders(now, deadline),
        counters,
    )  # fmt: skip
    _check_room(version, proposal)
    return [*overdue, *answered, Proposed(version.version, proposal)]


def accept(agreement: Agreement, party: str, number: int, text_hash: str, by: str, now: datetime) -> Sequence[Event]:
    """Let the other party's proposal become part of the text: that voids every signature given so far.

    `text_hash` is of the text that follows. Raises Forbidden, NotFound, or Conflict when another one would follow now.
    """
    known = _repeated(agreement, number, party, "accepted")
    if known:
        return []
    overdue, version = _caught_up(agreement, party, now)
    proposal = _awaiting(version, number, party, "accept")
    text = following(version, proposal)
    hashed = texts.text_hash(text)
    if hashed != text_hash:
        rule = f"the text would be {hashed} now; read the proposal again before you accept it"
        raise Conflict(rule, [FieldProblem("/hash", rule)])
    written = texts.as_text(text)
    return [
        *overdue,
        Closed(version.version, number, "accepted", now, party, by),
        Drafted(agreement.id, version.version, written, hashed, effective_from(written, version.version)),
    ]


def reject(
    agreement: Agreement, party: str, number: int, reason: str | None, by: str, now: datetime
) -> Sequence[Event]:
    """Say no to the other party's proposal. Raises Forbidden, NotFound or Conflict."""
    if _repeated(agreement, number, party, "rejected"):
        return []
    overdue, version = _caught_up(agreement, party, now)
    _awaiting(version, number, party, "reject")
    return [*overdue, Closed(version.version, number, "rejected", now, party, by, reason)]


def withdraw(
    agreement: Agreement, party: str, number: int, reason: str | None, by: str, now: datetime
) -> Sequence[Event]:
    """Take back one's own proposal. Raises Forbidden, NotFound or Conflict."""
    if _repeated(agreement, number, party, "withdrawn"):
        return []
    overdue, version = _caught_up(agreement, party, now)
    if _open(version, number).party != party:
        raise Forbidden(f"proposal {number} is the other party's; reject it, or make a counter-proposal")
    return [*overdue, Closed(version.version, number, "withdrawn", now, party, by, reason)]


def comment(agreement: Agreement, party: str, number: int, text: str, by: str, now: datetime) -> Sequence[Event]:
    """Say something about a proposal of either party. Raises Forbidden, NotFound or Conflict."""
    overdue, version = _caught_up(agreement, party, now)
    _open(version, number)
    said = sum(each.party == party for other in version.proposals for each in other.comments)
    if said >= MOST_COMMENTS:
        raise Conflict(f"{party} has commented {said} times on version {version.version}, which is the most")
    return [*overdue, Commented(version.version, number, Comment(party, text, by, now))]


def following(version: Version, proposal: Proposal) -> texts.Agreement:
    """The text that accepting would make. Raises Conflict where the changes no longer fit to the text as it stands."""
    try:
        return changed(version.text, proposal.changes)
    except Invalid as error:
        rule = f"proposal {proposal.number} does not fit to the text as it stands now: {error.detail}"
        raise Conflict(rule) from error


def overtaken(version: Version, now: datetime) -> Sequence[Event]:
    """Both have signed: what was still proposed is not part of it."""
    return [Closed(version.version, each.number, "overtaken", now) for each in version.open_proposals]


def fire(agreement: Agreement, now: datetime) -> Sequence[Event]:
    """What the passing of time does: a reminder, or the end of a proposal that nobody answered."""
    version = agreement.open
    if version is None:
        return []
    events: list[Event] = []
    for each in version.open_proposals:
        if each.deadline <= now:
            events.append(Closed(version.version, each.number, "lapsed", now))
        elif any(at <= now for at in each.reminders):
            left = tuple(at for at in each.reminders if at > now)
            events.append(Reminded(version.version, each.number, left, now))
    return events


def _caught_up(agreement: Agreement, party: str, now: datetime) -> tuple[Sequence[Event], Version]:
    """What has lapsed by now, and the text that is negotiated after that. Raises Conflict or Forbidden."""
    if agreement.open is None:
        raise Conflict("both parties have signed this text; it never changes; begin an amendment of it")
    if party not in agreement.parties:
        raise Forbidden(f"{party!r} has no part in this agreement")
    lapsed = [each for each in fire(agreement, now) if isinstance(each, Closed)]
    after: Agreement = reduce(apply, lapsed, agreement)
    if after.open is None:
        raise ValueError("a proposal that lapses leaves the text open")
    return lapsed, after.open


def _check_room(version: Version, proposal: Proposal) -> None:
    """Raises Conflict where the party has proposed too often or too much, Invalid where this one alone is too long."""
    if proposal.size > MOST_BYTES_OF_ONE:
        raise Invalid.at(
            "/changes", f"are longer than {MOST_BYTES_OF_ONE // 1024} KiB with what they change; propose less"
        )
    own = [each for each in version.proposals if each.party == proposal.party]
    if len(own) >= MOST_PROPOSALS:
        raise Conflict(f"{proposal.party} has made {len(own)} proposals about this version, which is the most")
    if sum(each.size for each in own) + proposal.size > MOST_BYTES_OF_ALL:
        most = f"{MOST_BYTES_OF_ALL // (1024 * 1024)} MiB"
        raise Conflict(f"all that {proposal.party} proposes about one version may have {most} at most")


def _find(version: Version, number: int) -> Proposal:
    found = next((each for each in version.proposals if each.number == number), None)
    if found is None:
        raise NotFound(f"there is no proposal {number} about version {version.version}")
    return found


def _open(version: Version, number: int) -> Proposal:
    found = _find(version, number)
    if not found.is_open:
        raise Conflict(f"proposal {number} is {found.outcome}; nothing changes it any more")
    return found


def _awaiting(version: Version, number: int, party: str, act: Literal["accept", "reject", "counter"]) -> Proposal:
    found = _open(version, number)
    if found.party == party:
        raise Forbidden(f"proposal {number} is your own; the other party may {act} it, and you may withdraw it")
    return found


def _repeated(agreement: Agreement, number: int, party: str, outcome: str) -> bool:
    """Whether that was done before, by the same party: then it changes nothing."""
    version = agreement.open
    found = version.proposals if version else ()
    return any((each.number, each.outcome, each.closed_party) == (number, outcome, party) for each in found)
