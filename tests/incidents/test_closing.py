"""A record is closed for a reason, and what nobody has answered by then says that it lapsed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest

from sepakat_incidents import answers, deadlines, folding, merging, pauses
from sepakat_incidents import line as domain
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Ladder
from sepakat_incidents.events import Closed, Event, PauseLapsed
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Incident, Line, Trigger
from sepakat_incidents.publish import of_line
from sepakat_shared.errors import Conflict

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ABOUT = About("toko-checkout", "checkout", "nusantara", "toko-maju")
LINE, ID = "toko-checkout.checkout", "toko-checkout.checkout.0001"
WAITING = "waiting-for-customer"
HOW = Handling("P1", Ladder(()), (Terms("restore", 4 * 3600, None, (WAITING,)),), 1)


def begin(line: Line | None, event: str, now: datetime) -> Sequence[Event]:
    cause = Trigger("impairment", f"impairment:{event}", event, now, {"en": "Checkout is down"})
    return domain.begin(line, LINE, ABOUT, cause, HOW, now)


def after(line: Line | None, events: Sequence[Event]) -> Line:
    result = reduce(folding.apply, events, line)
    assert result is not None
    return result


def asked_and_resolved() -> Line:
    """A party has asked that clocks stood still, nobody has answered, and the incident is over."""
    line = after(None, begin(None, "e1", NOW))
    span = NOW + HOUR, NOW + 2 * HOUR
    line = after(line, pauses.request(line, ID, "nusantara", WAITING, span, None, "rina", NOW + 3 * HOUR))
    return after(line, domain.resolve(line, ID, "rina", None, NOW + 3 * HOUR, DAY))


def told(events: Sequence[Event]) -> tuple[PauseLapsed, Closed]:
    lapsed, closed, *_ = events
    assert isinstance(lapsed, PauseLapsed) and isinstance(closed, Closed)
    return lapsed, closed


def test_what_a_later_incident_closes_says_which_and_that_the_request_lapsed() -> None:
    line = asked_and_resolved()
    events = begin(line, "e2", NOW + 4 * HOUR)
    lapsed, closed = told(events)
    assert (closed.because, closed.by, closed.followed_by) == ("followed", "sepakat", "toko-checkout.checkout.0002")
    assert lapsed.request.party == "nusantara"
    assert "lapsed" in lapsed.words["en"] and "gugur" in lapsed.words["id"]
    assert [
        (each.type, each.data["because"], each.data["party"]) for each in of_line(lapsed, after(line, [lapsed]))
    ] == [("sepakat.incident.pause_lapsed.v1", "closed", "nusantara")]
    (fact,) = [each for each in of_line(closed, after(line, events[:2])) if each.type.endswith("closed.v1")]
    assert fact.data is not None and fact.data["followed_by"] == closed.followed_by
    line = after(line, events)
    before = line.past[ID]
    assert before.requests == () and before.pauses == ()
    with pytest.raises(Conflict, match="have lapsed; what was measured can be disputed"):
        pauses.answer(line, ID, "1", "toko-maju", True, "budi", NOW + 5 * HOUR)


def test_so_does_what_time_closes_and_what_somebody_closes() -> None:
    line = asked_and_resolved()
    _, closed = told(deadlines.fire(line, NOW + 3 * HOUR + DAY))
    assert (closed.because, closed.by) == ("time-passed", "sepakat")
    _, closed = told(domain.close(line, ID, "budi", NOW + 4 * HOUR))
    assert (closed.because, closed.by) == ("asked", "budi")


def test_until_then_it_can_be_answered_and_counts() -> None:
    line = asked_and_resolved()
    line = after(line, pauses.answer(line, ID, "1", "toko-maju", True, "budi", NOW + 4 * HOUR))
    assert line.incident is not None and len(line.incident.pauses) == 1
    (closed,) = deadlines.fire(line, NOW + 3 * HOUR + DAY)
    assert isinstance(closed, Closed)


def test_what_is_merged_says_so_too() -> None:
    line = after(None, begin(None, "e1", NOW))
    span = NOW + HOUR, NOW + 2 * HOUR
    line = after(line, pauses.request(line, ID, "nusantara", WAITING, span, None, "rina", NOW + 3 * HOUR))
    assert line.incident is not None
    into: Incident = replace(line.incident, id="toko-checkout.search.0001", opened_at=NOW - HOUR)
    lapsed, _ = merging.merge(line, ID, into, "rina", None, NOW + 3 * HOUR)
    assert isinstance(lapsed, PauseLapsed) and "merged" in lapsed.words["en"]
    [fact] = of_line(lapsed, after(line, [lapsed]))
    assert fact.data is not None and fact.data["because"] == "merged"
    assert answers.update(line, ID, "rina", "nusantara", "still down", NOW + 3 * HOUR)
