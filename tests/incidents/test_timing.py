"""The clocks of an incident from its opening to its end, as stories with a clock that the test owns."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from samples import agreement
from story import DAY, OPENED, Story

from sepakat_incidents import answers, deadlines, pauses
from sepakat_incidents import line as domain
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.events import Stopped, Timed
from sepakat_incidents.handling import Handling, handling, measuring
from sepakat_shared.contracts.texts import Agreement
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound

WAITING = "waiting-for-customer"
CLOCKS = (
    Terms("first-response", 900, None, (WAITING,)),
    Terms("restore", 4 * 3600, None, (WAITING,)),
    Terms("update", 1800, None, (WAITING,)),
)


def story(*clocks: Terms) -> Story:
    return Story(Handling("P1", clocks=clocks, version=1))


def test_a_breach_is_foreseen_at_fifty_seventy_five_and_ninety_percent_and_told_once() -> None:
    told = story(CLOCKS[1]).at("14:00")
    assert told.marks() == [
        ("10:00", "restore", 50), ("11:00", "restore", 75), ("11:36", "restore", 90), ("12:00", "restore", "missed"),
    ]  # fmt: skip
    assert told.types().count("clock.forecast") == 3
    assert deadlines.due_at(told.incident) is None


def test_after_hours_of_downtime_every_mark_is_told_at_once_and_in_order() -> None:
    told = story(*CLOCKS).late("11:40")
    assert [(each, mark) for _, each, mark in told.marks()] == [
        ("first-response", 50), ("first-response", 75), ("first-response", 90), ("first-response", "missed"),
        ("update", "missed"), ("restore", 50), ("restore", 75), ("restore", 90),
    ]  # fmt: skip
    assert deadlines.fire(told.line, told.clock.now()) == []


def test_what_stops_a_clock_says_whether_it_was_in_time() -> None:
    told = story(*CLOCKS).at("08:10").do(answers.acknowledge, "rina", "nusantara")
    assert told.events[-1] == Stopped("first-response", told.clock.now(), True, told.clock.now())
    assert told.types()[-1] == "clock.met"
    told.at("13:00").resolve()
    verdicts = [(each.measures, each.met) for each in told.events if isinstance(each, Stopped)]
    assert verdicts == [("first-response", True), ("restore", False), ("update", False)]
    assert told.types().count("clock.missed") == 2, "the restoration, and the note that never came"


def test_a_note_begins_the_cadence_anew_and_a_note_of_the_other_party_does_not() -> None:
    told = story(CLOCKS[2]).at("08:20").do(answers.update, "rina", "nusantara", "restarting")
    told.at("08:45").do(answers.update, "budi", "toko-maju", "still nothing")
    assert told.at("08:49").marks() == []
    assert told.at("12:00").marks() == [("08:50", "update", "missed")], "a silence is told once"
    told.do(answers.update, "rina", "nusantara", "restarted").at("13:00")
    assert told.marks() == [("08:50", "update", "missed"), ("12:30", "update", "missed")]
    assert [fact for fact, _ in told.tickets()] == ["opened", "updated", "updated"]


def test_a_silence_is_told_once_and_then_with_the_escalation() -> None:
    how = Handling("P1", Ladder((Rung(("oncall",), 3600), Rung(("rina",), 3600)), lasts_seconds=7200), CLOCKS[2:], 1)
    told = Story(how).at("08:10").do(answers.acknowledge, "oncall", "nusantara").at("10:15")
    silent = [(each.data or {}).get("silent_since") for each in told.told if each.type.endswith("escalated.v1")]
    assert silent == [None, "2026-11-24T08:00:00.000Z"], "told at first, and again when the acknowledgement lapsed"
    assert told.marks() == [("08:30", "update", "missed")]
    # Whoever takes it up then has the whole time for the first note.
    told.do(answers.acknowledge, "rina", "nusantara").at("11:00")
    assert told.marks() == [("08:30", "update", "missed"), ("10:45", "update", "missed")]


def test_waiting_for_the_customer_stops_the_clocks_until_the_customer_answers() -> None:
    told = story(*CLOCKS[1:]).at("08:20").do(pauses.pause, WAITING, "rina")
    assert deadlines.due_at(told.incident) is None
    told.at("10:20").do(answers.update, "budi", "toko-maju", "the card is 4111…")
    assert [each for each in told.types() if each != "metric.ticket"][-2:] == ["incident.updated", "clock.resumed"]
    assert [mark for mark in told.at("14:01").marks() if mark[1] == "restore"] == [
        ("12:00", "restore", 50), ("13:00", "restore", 75), ("13:36", "restore", 90), ("14:00", "restore", "missed"),
    ]  # fmt: skip
    assert told.tickets()[1:3] == [("paused", "08:20"), ("resumed", "10:20")]


def test_a_pause_has_an_agreed_reason_and_is_not_begun_twice() -> None:
    told = story(*CLOCKS)
    with pytest.raises(Invalid) as refused:
        told.do(pauses.pause, "lunch", "rina")
    assert refused.value.problems[0].pointer == "/reason" and WAITING in refused.value.problems[0].rule
    told.do(pauses.pause, WAITING, "rina").do(pauses.pause, WAITING, "rina")
    assert told.types().count("clock.paused") == 1
    told.do(pauses.resume, "rina").do(pauses.resume, "rina")
    assert told.types().count("clock.resumed") == 1
    assert told.incident.pause is None


def asked(told: Story, start: str, end: str, party: str = "nusantara") -> Story:
    span = tuple(datetime.fromisoformat(f"2026-11-24T{each}:00+00:00") for each in (start, end))
    return told.do(pauses.request, party, WAITING, span, "we waited for the log", "rina")


def test_a_pause_in_the_past_counts_when_the_other_party_consents_and_takes_a_miss_back() -> None:
    told = asked(story(CLOCKS[1]).at("12:30"), "09:00", "11:00")
    assert told.incident.clocks[0].missed_at is not None
    with pytest.raises(Forbidden):
        told.do(pauses.answer, "1", "nusantara", True, "rina")
    told.do(pauses.answer, "1", "toko-maju", True, "budi")
    clock = told.incident.clocks[0]
    assert (clock.missed_at, clock.told) == (None, 50)
    assert told.tickets()[-2:] == [("paused", "09:00"), ("resumed", "11:00")]
    assert told.types()[-1] == "clock.retimed"
    assert told.at("15:00").marks()[-1] == ("14:00", "restore", "missed")
    with pytest.raises(NotFound):
        told.do(pauses.answer, "1", "toko-maju", True, "budi")


def test_a_refused_pause_changes_no_clock() -> None:
    told = asked(story(CLOCKS[1]).at("12:30"), "09:00", "11:00")
    before = told.incident.clocks
    told.do(pauses.answer, "1", "toko-maju", False, "budi")
    assert (told.incident.clocks, told.incident.pauses, told.incident.requests) == (before, (), ())


@pytest.mark.parametrize(
    ("start", "end", "pointer"),
    [
        ("07:00", "09:00", "/start"),
        ("09:00", "13:00", "/end"),
        ("11:00", "10:00", "/end"),
        ("08:10", "09:00", "/start"),
    ],
)
def test_a_pause_that_cannot_have_been_is_not_even_asked_for(start: str, end: str, pointer: str) -> None:
    told = (
        story(*CLOCKS).at("08:20").do(pauses.pause, WAITING, "rina").at("08:40").do(pauses.resume, "rina").at("12:30")
    )
    with pytest.raises(Invalid) as refused:
        asked(told, start, end)
    assert refused.value.problems[0].pointer == pointer


def test_nothing_of_a_closed_incident_can_be_paused_or_told() -> None:
    told = story(*CLOCKS).at("09:00").resolve(timedelta(0))
    told.fire()
    assert (told.incident.status.value, deadlines.due_at(told.incident)) == ("closed", None)
    for command in (
        lambda: told.do(pauses.pause, WAITING, "rina"),
        lambda: told.do(answers.update, "rina", "nusantara", "late"),
        lambda: told.do(answers.acknowledge, "rina", "nusantara"),
        lambda: asked(told, "08:10", "08:20"),
    ):
        with pytest.raises(Conflict):
            command()


# -- what the text says ------------------------------------------------------------------------------------------------

TICKETS: dict[str, Any] = {
    "indicator": "nusantara/checkout-tickets", "measure": "per-case", "target": "95", "window": {"calendar": "quarter"},
}  # fmt: skip


def text(**changes: Any) -> Agreement:
    objectives = agreement().model_dump(mode="json", by_alias=True, exclude_none=True)["objectives"]
    clock = {"from": "opened", "until": "restored", "calendar": "office", "pauseWhile": ["waiting-for-parts"]}
    measured = {
        **TICKETS,
        "id": "p1-restore",
        "clock": clock,
        "where": {"priority": "P1"},
        "threshold": {"atMost": "PT4H"},
    }
    milder = {**measured, "id": "p2-restore", "where": {"priority": "P2"}, "threshold": {"atMost": "PT8H"}}
    office = {"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"}}
    return agreement(objectives=[*objectives, measured, milder], calendars=[office], **changes)


def test_limits_are_the_prioritys_or_those_of_the_objectives_that_measure_tickets() -> None:
    priorities = {"P1": {"firstResponse": "PT15M", "updateEvery": "PT30M"}, "P2": {"restore": "PT6H", "pauseWhile": []}}
    first = handling(text(priorities=priorities), 3, "checkout", "P1")
    assert [(each.measures, each.limit_seconds, each.objective) for each in first.clocks] == [
        ("first-response", 900, None), ("restore", 14_400, "p1-restore"), ("update", 1800, None),
    ]  # fmt: skip
    assert first.clocks[0].calendar is None and first.clocks[0].pause_while == (WAITING,)
    assert first.clocks[1].calendar is not None and first.clocks[1].pause_while == ("waiting-for-parts",)
    second = handling(text(priorities=priorities), 3, "checkout", "P2")
    assert [(each.limit_seconds, each.pause_while) for each in second.clocks] == [(21_600, ())]
    assert handling(text(priorities=priorities), 3, "another", "P1").clocks[1:] == first.clocks[2:]


def test_a_clock_counts_in_every_objective_that_measures_it_and_in_no_other() -> None:
    assert measuring(text(), "checkout", "restore") == ("p1-restore", "p2-restore")
    assert measuring(text(), "checkout", "resolve") == () == measuring(text(), "another", "restore")


def test_another_priority_counts_from_the_opening_and_only_the_other_party_may_make_it_milder() -> None:
    told = story(*CLOCKS[:2]).at("09:00")
    milder = Handling("P2", clocks=(Terms("restore", 8 * 3600), Terms("resolve", 86_400)), version=1)
    with pytest.raises(Forbidden):
        told.do(answers.prioritise, milder, "rina", "nusantara", "it is late")
    told.do(answers.prioritise, milder, "budi", "toko-maju", "only the old shop")
    assert [each.measures for each in told.incident.clocks] == ["restore", "resolve"]
    assert told.incident.clocks[0].started_at == OPENED
    assert told.types()[-1] == "clock.retimed"
    assert next(mark for mark in told.at("16:30").marks() if mark[1] == "restore") == ("12:00", "restore", 50)
    graver = Handling("P1", clocks=CLOCKS[:2], version=1)
    told.do(answers.prioritise, graver, "rina", "nusantara", "campaign")
    assert told.incident.priority == "P1"


def test_an_incident_that_opened_before_its_text_came_is_timed_from_its_opening() -> None:
    told = Story(Handling("P1"))
    told.at("08:30")
    told.take(domain.plan(told.line, Handling("P1", clocks=CLOCKS, version=2), told.clock.now()))
    assert isinstance(told.events[-1], Timed) and told.incident.version == 2
    told.fire()
    assert deadlines.due_at(told.incident) == OPENED + timedelta(minutes=60, milliseconds=1), (
        "the next note, from now on"
    )
    assert told.marks()[:4] == [
        ("08:30", "first-response", 50), ("08:30", "first-response", 75), ("08:30", "first-response", 90),
        ("08:30", "first-response", "missed"),
    ]  # fmt: skip


def test_a_clock_that_is_put_back_ends_nothing_before_it_began_and_makes_good_no_miss() -> None:
    late = Story(Handling("P1", clocks=(Terms("first-response", 600), Terms("restore", 3600)), version=1)).at("09:30")
    began, missed = late.incident.impact_started_at, late.clock.now() - timedelta(minutes=30)
    late.clock.set(began - timedelta(days=3))
    late.do(answers.acknowledge, "rina", "nusantara").do(answers.update, "rina", "nusantara", "restarted").resolve()
    known = late.incident
    assert known.acknowledged_at is not None and known.impact_ended_at is not None and known.resolved_at is not None
    assert began <= missed <= known.acknowledged_at <= known.impact_ended_at <= known.resolved_at
    assert [(each.measures, each.met) for each in late.events if isinstance(each, Stopped)] == [
        ("first-response", False), ("restore", False),
    ]  # fmt: skip
    assert all(at >= "08:00" for _, at in late.tickets())


def test_what_ends_by_measurement_before_its_impact_began_ends_as_it_began() -> None:
    early = Story(Handling("P1", version=1)).at("08:30")
    early.take(domain.passed(early.line, "impairment:x", OPENED - timedelta(hours=1), early.clock.now(), DAY))
    assert early.incident.impact_ended_at == early.incident.impact_started_at
