"""A line keeps the last of its incidents, an incident the first and the last of its causes: neither grows for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest

from sepakat_incidents import folding, merging
from sepakat_incidents import line as domain
from sepakat_incidents.events import Leaving, LetGo, Noted
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import KEPT_CAUSES, KEPT_PAST, About, Line, Trigger, find
from sepakat_shared.errors import Conflict

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)
ID = "toko.checkout"
ABOUT = About("toko", "checkout", "nusantara", "toko-maju")


def after(line: Line | None, events: object) -> Line:
    result = reduce(folding.apply, events, line)  # type: ignore[arg-type]
    assert isinstance(result, Line)
    return result


def begun(line: Line | None, n: int) -> Line:
    """An incident more, which is over before the next."""
    trigger = Trigger("breach", f"breach:{n}", f"e{n}", NOW + n * DAY, {"en": "Missed"})
    opened = after(line, domain.begin(line, ID, ABOUT, trigger, Handling("P2"), NOW + n * DAY))
    assert opened.incident is not None
    return after(opened, domain.resolve(opened, opened.incident.id, "rina", None, NOW + n * DAY, DAY))


def of(count: int) -> Line:
    line: Line | None = None
    for n in range(1, count + 1):
        line = begun(line, n)
    assert line is not None
    return line


def test_a_line_has_so_many_past_incidents_in_hand_and_lets_go_of_those_that_are_kept_elsewhere() -> None:
    line = of(KEPT_PAST + 3)
    assert len(line.past) == KEPT_PAST and list(line.leaving) == [f"{ID}.0001", f"{ID}.0002"]
    [gone] = domain.let_go(line, {f"{ID}.0001"}, NOW)
    assert gone == LetGo((f"{ID}.0001",), NOW)
    left = after(line, [gone])
    assert list(left.leaving) == [f"{ID}.0002"] and left.past == line.past and left.episodes == line.episodes
    assert domain.let_go(left, {f"{ID}.0001"}, NOW) == [], "again, nothing happens"


def test_what_so_many_have_followed_is_changed_no_more_and_noted_still() -> None:
    line = of(KEPT_PAST + 2)
    first, other = line.leaving[f"{ID}.0001"], line.past[f"{ID}.0002"]
    for known in (line, after(line, domain.let_go(line, {first.id}, NOW))):
        with pytest.raises(Conflict, match=r"50 incidents have followed toko\.checkout\.0001"):
            find(known, first.id)
        with pytest.raises(Conflict, match="have followed"):
            merging.link(known, first.id, "related", other, "rina", NOW)
        assert domain.note(known, first.id, "disputed", "d.0001", NOW) == [Noted(first.id, "disputed", "d.0001", NOW)]
        assert domain.note(known, f"{ID}.0099", "x", None, NOW) == domain.note(known, "toko.api.0001", "x", None, NOW)
        # A breach that was none after all is on the timeline of what it opened, wherever that is kept.
        [noted] = domain.retracted(known, "e1", "excluded", None, NOW, DAY, first)
        assert isinstance(noted, Noted) and noted.incident == first.id
        assert after(known, [noted]) == known
    with pytest.raises(Conflict, match="there is no incident"):
        find(line, f"{ID}.0099")


def test_a_line_that_an_earlier_version_wrote_lets_go_of_all_it_has_too_much() -> None:
    one = of(1).incident
    assert one is not None
    past = {f"{ID}.{n:04d}": replace(one, id=f"{ID}.{n:04d}", opened_at=NOW + n * DAY) for n in range(1, 201)}
    old = Line(ABOUT, 201, replace(one, id=f"{ID}.0201"), past)
    trigger = Trigger("breach", "breach:x", "e999", NOW + 300 * DAY, {"en": "Missed"})
    events = domain.begin(old, ID, ABOUT, trigger, Handling("P2"), NOW + 300 * DAY)
    [leaving] = [each for each in events if isinstance(each, Leaving)]
    assert len(leaving.incidents) == 151 and leaving.incidents[0] == f"{ID}.0001"
    assert len(after(old, events).past) == KEPT_PAST


def test_an_incident_names_what_opened_it_and_its_last_causes_and_counts_all_of_them() -> None:
    trigger = Trigger("impairment", "impairment:x", "e0", NOW, {"en": "Down"})
    line = after(None, domain.begin(None, ID, ABOUT, trigger, Handling("P1"), NOW))
    for n in range(1, KEPT_CAUSES + 11):
        more = Trigger("risk", "risk:x", f"e{n}", NOW, {"en": "At risk"})
        line = after(line, domain.begin(line, ID, ABOUT, more, Handling("P2"), NOW))
    assert line.incident is not None
    causes = line.incident.causes
    assert len(causes) == KEPT_CAUSES and causes[0] == "e0" and causes[-1] == f"e{KEPT_CAUSES + 10}"
    assert line.incident.cause_count == KEPT_CAUSES + 11
    assert line.incident.waiting == ("impairment:x", "risk:x"), "what is waited for is named once"
    again = Trigger("risk", "risk:x", causes[-1], NOW, {"en": "At risk"})
    assert domain.begin(line, ID, ABOUT, again, Handling("P2"), NOW) == []
