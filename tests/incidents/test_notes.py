"""What disputes and retracted breaches leave on an incident's timeline, and when one is over by that."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from sepakat_incidents import folding
from sepakat_incidents import line as domain
from sepakat_incidents.events import Noted, Resolved
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Line, Status, Trigger
from sepakat_incidents.publish import of_line

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)
ABOUT = About("toko", "checkout", "nusantara", "toko-maju")
ID = "toko.checkout"


def cause(line: Line | None, kind: str, event: str) -> Line:
    trigger = Trigger(kind, f"{kind}:x", event, NOW, {"en": "x"})  # type: ignore[arg-type]
    events = domain.begin(line, ID, ABOUT, trigger, Handling("P1"), NOW)
    return reduce(folding.apply, events, line)  # type: ignore[arg-type, return-value]


def test_a_retracted_breach_ends_the_incident_that_it_alone_had_opened() -> None:
    line = cause(None, "breach", "e1")
    events = domain.retracted(line, "e1", "exclusion a1 granted", "d.0001", NOW, DAY)
    assert events == [
        Noted(f"{ID}.0001", "breach retracted: exclusion a1 granted", "d.0001", NOW),
        Resolved("sepakat", NOW, NOW, NOW + DAY),
    ]
    after = reduce(folding.apply, events, line)
    assert after.incident is not None and after.incident.status is Status.RESOLVED


def test_one_that_something_else_joined_goes_on() -> None:
    line = cause(cause(None, "impairment", "e1"), "breach", "e2")
    assert [type(each) for each in domain.retracted(line, "e2", "x", None, NOW, DAY)] == [Noted]
    assert domain.retracted(line, "e9", "x", None, NOW, DAY) == domain.retracted(None, "e1", "x", None, NOW, DAY) == []


def test_a_note_may_be_about_an_earlier_incident_and_changes_nothing() -> None:
    line = cause(None, "breach", "e1")
    line = reduce(folding.apply, domain.resolve(line, f"{ID}.0001", "rina", None, NOW, DAY), line)
    line = cause(line, "breach", "e2")
    for id in (f"{ID}.0001", f"{ID}.0002"):
        [noted] = domain.note(line, id, "disputed", "d.0001", NOW)
        assert folding.apply(line, noted) == line
        assert list(of_line(noted, line)) == [], "the dispute has told it"
    assert domain.note(line, f"{ID}.0003", "disputed", None, NOW) == []
