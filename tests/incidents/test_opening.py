"""What a party says as it opens an incident itself, and what becomes of that: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from samples import agreement

from sepakat_incidents import folding, merging, opening, reopening, triage
from sepakat_incidents import line as domain
from sepakat_incidents.events import Attached, Opened, Passed, Raised
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Line, Status, Trigger
from sepakat_incidents.opening import Opening
from sepakat_incidents.publish import of_line
from sepakat_incidents.record import Triaged

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)
ABOUT = About("toko-checkout", "checkout", "nusantara", "toko-maju")
ID = "toko-checkout.checkout"
TERM = agreement().term
GIVEN: dict[str, Any] = {
    "agreement": "toko-checkout", "service": "checkout", "title": "Orders  are lost", "description": "since\nnine",
    "impact": "high", "urgency": "low",
}  # fmt: skip


def given(**changes: Any) -> Opening:
    return Opening(**GIVEN | changes)


def begun(line: Line | None, trigger: Trigger, priority: str = "P3") -> list[Any]:
    return list(domain.begin(line, ID, ABOUT, trigger, Handling(priority), NOW))


def after(line: Line | None, events: Any) -> Line:
    result = reduce(folding.apply, events, line)
    assert isinstance(result, Line)
    return result


def opened(**changes: Any) -> Line:
    return after(None, begun(None, opening.trigger(given(**changes), "api/1", "toko-maju", NOW)))


def alerts(n: int) -> Trigger:
    return Trigger("alert", "alerts:x", f"a{n}", NOW, {"en": "Down", "id": "Down"})


def test_every_field_that_breaks_a_rule_is_named_at_once() -> None:
    wrong = given(
        title="two\nlines", description="x" * 4001, cause="Disk 1", impact_started_at=NOW + timedelta(seconds=1)
    )
    found = {each.pointer: each.rule for each in opening.problems(wrong, TERM, NOW)}
    assert list(found) == ["/title", "/description", "/cause", "/impact_started_at"]
    assert "4000" in found["/description"] and "future" in found["/impact_started_at"]
    assert list(opening.problems(given(impact_started_at=NOW, cause="disk-1"), TERM, NOW)) == []


def test_the_impact_began_within_the_agreement_and_not_long_before_it_is_opened() -> None:
    def rule(since: datetime, now: datetime = NOW) -> str:
        found = list(opening.problems(given(impact_started_at=since), TERM, now))
        assert [each.pointer for each in found] in ([], ["/impact_started_at"])
        return "".join(each.rule for each in found)

    assert rule(NOW - 7 * DAY) == ""
    assert "7 days ago" in rule(NOW - 7 * DAY - timedelta(milliseconds=1))
    begins, soon = datetime(2025, 12, 31, 17, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    assert rule(begins, soon) == "", "the first of January in Jakarta"
    assert "2025-12-31T17:00:00" in rule(begins - timedelta(milliseconds=1), soon)
    assert "agreement begins" in rule(datetime(1970, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "gpj\u202eexe"])
def test_a_title_is_one_line_that_shows_what_it_is(title: str) -> None:
    assert [each.pointer for each in opening.problems(given(title=title), TERM, NOW)] == ["/title"]


def test_what_a_party_opens_has_its_words_and_began_when_the_party_says() -> None:
    line = opened(impact_started_at=NOW - timedelta(hours=1))
    incident = line.incident
    assert incident is not None
    assert (incident.title["en"], incident.impact, incident.urgency) == ("Orders are lost", "high", "low")
    assert (incident.opened_at, incident.impact_started_at) == (NOW, NOW - timedelta(hours=1))
    event = Opened(incident, opening.trigger(given(), "api/1", "toko-maju", NOW))
    fact = next(each.data for each in of_line(event, line) if each.type == "sepakat.incident.opened.v1")
    assert fact is not None
    # Readers of before know four causes; whose words they are is a field of its own.
    assert (fact["cause"], fact["party"], fact["description"]) == ("report", "toko-maju", "since\nnine")


def test_only_a_person_ends_what_a_person_opened() -> None:
    line = opened()
    line = after(line, begun(line, Trigger("impairment", "impairment:p", "e2", NOW, {"en": "Checkout is down"})))
    passed = list(domain.passed(line, "impairment:p", NOW, NOW, DAY))
    assert passed == [Passed("impairment:p", NOW)]
    line = after(line, passed)
    line = after(line, domain.resolve(line, f"{ID}.0001", "rina", "restored from the log", NOW, DAY))
    assert line.incident is not None
    assert (line.incident.status, line.incident.waiting) == (Status.RESOLVED, ())


def test_only_a_person_ends_it_also_after_a_person_has_opened_it_again() -> None:
    line = opened()
    line = after(line, domain.resolve(line, f"{ID}.0001", "rina", None, NOW, DAY))
    again = reopening.reopen(line, f"{ID}.0001", "budi", "toko-maju", "orders are lost again", DAY, NOW)
    line = after(line, again)
    line = after(line, begun(line, Trigger("impairment", "impairment:p", "e2", NOW, {"en": "Checkout is down"})))
    line = after(line, domain.passed(line, "impairment:p", NOW, NOW, DAY))
    assert line.incident is not None and line.incident.is_open, "a probe says nothing of lost orders"
    line = after(line, domain.resolve(line, f"{ID}.0001", "rina", None, NOW, DAY))
    assert line.incident is not None and line.incident.status is Status.RESOLVED


def test_what_was_opened_again_for_a_duplicate_alone_is_over_with_that() -> None:
    line = opened()
    line = after(line, domain.resolve(line, f"{ID}.0001", "rina", None, NOW, DAY))
    about = replace(ABOUT, cause="disk")
    disk = Trigger("impairment", "impairment:disk", "e3", NOW, {"en": "The disk is full"})
    duplicate = after(None, domain.begin(None, f"{ID}.disk", about, disk, Handling("P3"), NOW)).incident
    assert duplicate is not None
    line = after(line, merging.absorb(line, duplicate, Handling("P3"), "budi", NOW))
    assert line.incident is not None and line.incident.is_open
    line = after(line, domain.passed(line, "impairment:disk", NOW, NOW, DAY))
    assert line.incident is not None and line.incident.status is Status.RESOLVED


def test_what_joins_is_on_the_timeline_raises_the_priority_and_keeps_nothing_open() -> None:
    line = after(None, begun(None, Trigger("impairment", "impairment:p", "e1", NOW, {"en": "Checkout is down"}), "P2"))
    assert [type(e) for e in begun(line, opening.trigger(given(), "api/1", "toko-maju", NOW))] == [Attached]
    events = begun(line, opening.trigger(given(), "api/1", "toko-maju", NOW), "P1")
    assert [type(each) for each in events] == [Attached, Raised]
    line = after(line, events)
    assert line.incident is not None and line.incident.waiting == ("impairment:p",)


def test_what_joins_moves_no_impact_for_that_is_the_responsibles_to_correct() -> None:
    line = after(None, begun(None, Trigger("impairment", "impairment:p", "e1", NOW, {"en": "Checkout is down"})))
    said = opening.trigger(given(impact_started_at=NOW - 3 * DAY), "api/1", "toko-maju", NOW)
    events = begun(line, said)
    assert events == [Attached(said, NOW)], "the time that was said is on the timeline"
    incident = after(line, events).incident
    assert incident is not None and incident.impact_started_at == NOW
    measured = Trigger("impairment", "impairment:q", "e2", NOW - DAY, {"en": "Search is down"})
    incident = after(line, begun(line, measured)).incident
    assert incident is not None and incident.impact_started_at == NOW - DAY


def test_neither_does_what_a_party_opened_when_it_is_merged_into_another_one() -> None:
    kept = after(None, begun(None, Trigger("impairment", "impairment:p", "e1", NOW, {"en": "Checkout is down"})))
    duplicate = opened(impact_started_at=NOW - 3 * DAY, cause="disk").incident
    assert duplicate is not None
    duplicate = replace(duplicate, id="toko-checkout.checkout.disk.0001")
    incident = after(kept, merging.absorb(kept, duplicate, Handling("P3"), "budi", NOW)).incident
    assert incident is not None and (incident.merged, incident.impact_started_at) == ((duplicate.id,), NOW)


def test_alerts_may_be_graver_than_who_opened_it_has_thought_until_somebody_sorts_it() -> None:
    line = opened()
    line = after(line, begun(line, alerts(1), "P4"))
    assert [type(each) for each in begun(line, alerts(2), "P1")] == [Raised]

    def how(*_degrees: object) -> Handling:
        return Handling("P3")

    sorted_ = triage.triage(line, f"{ID}.0001", triage.Sorting("high", "low"), how, "budi", "toko-maju", NOW)
    assert [type(each) for each in sorted_] == [Triaged]
    assert begun(after(line, sorted_), alerts(2), "P1") == []
