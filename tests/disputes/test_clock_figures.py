"""What is on record of an incident's clock, and what an outcome makes of it: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sepakat_incidents import clock_figures, record, reopening
from sepakat_incidents.clocks import Clock, Terms
from sepakat_incidents.dispute_requests import RemedyIn
from sepakat_incidents.escalation import Ladder
from sepakat_incidents.incident import About, AgreedTime, Incident, Line
from sepakat_incidents.remedy import NOTHING, Adjustment, Bounds, Remedy
from sepakat_incidents.showing import shown

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ID = "toko.checkout.0001"
RESTORE = Clock(Terms("restore", 14_400, None), NOW)
INCIDENT = Incident(
    ID, "CHECKOUT-0001", About("toko", "checkout", "nusantara", "toko-maju"), "P1", {"en": "Down"}, NOW,
    NOW - timedelta(minutes=10), Ladder(), clocks=(RESTORE,),
)  # fmt: skip


def later(**passed: float) -> datetime:
    return NOW + timedelta(**passed)


def of(seconds: int, ticket: str = ID) -> Remedy:
    return Remedy((Adjustment("case-time", ticket=ticket, seconds=seconds),))


def test_a_figure_is_what_the_clock_says_when_it_is_disputed() -> None:
    running = clock_figures.figure(INCIDENT, "restoration", later(hours=1, milliseconds=5))
    assert running == {"value": "3600.005", "unit": "s", "target": "14400", "met": True, "state": "running"}
    stopped = replace(INCIDENT, clocks=(replace(RESTORE, stopped_at=later(hours=5)),), impact_ended_at=later(hours=5))
    assert clock_figures.figure(stopped, "restoration", later(days=3)) == {
        "value": "18000", "unit": "s", "target": "14400", "met": False, "state": "missed",
    }  # fmt: skip
    assert clock_figures.figure(stopped, "impact", later(days=3)) == {"value": "18600", "unit": "s", "state": "over"}
    assert clock_figures.figure(stopped, "response", later(days=3)) is None, "no limit was agreed for it"


def test_a_figure_has_in_it_what_earlier_disputes_have_made_of_the_clock() -> None:
    agreed = (AgreedTime("restore", -5400, "d-1", "D-1"), AgreedTime("resolve", 9, "d-3", "D-3"))
    again = replace(INCIDENT, clocks=(replace(RESTORE, stopped_at=later(hours=5)),), agreed=agreed)
    measured = clock_figures.figure(again, "restoration", later(days=3))
    assert measured == {"value": "12600", "unit": "s", "target": "14400", "met": True, "state": "met"}
    settled = clock_figures.agreed(measured, of(600), ID)
    assert settled is not None
    both = replace(again, agreed=(*agreed, AgreedTime("restore", 600, "d-2", "D-2")))
    [clock] = shown(both, later(days=3))["clocks"]
    assert (float(settled["value"]), settled["met"]) == (clock["agreed"]["elapsed_seconds"], clock["agreed"]["met"])


def test_what_still_runs_has_no_figure_yet_that_an_outcome_could_change() -> None:
    assert clock_figures.runs(INCIDENT, "restoration") and clock_figures.runs(INCIDENT, "impact")
    assert not clock_figures.runs(INCIDENT, "response"), "no limit was agreed for it"
    stopped = replace(INCIDENT, clocks=(replace(RESTORE, stopped_at=later(hours=5)),), impact_ended_at=later(hours=5))
    assert not clock_figures.runs(stopped, "restoration") and not clock_figures.runs(stopped, "impact")


def test_what_is_asked_about_a_clock_is_for_the_objectives_in_which_that_counts() -> None:
    sent = RemedyIn.model_validate({"adjustments": [{"kind": "case-time", "seconds": -60}]})
    for objectives in ((), ("p1-restore", "p2-restore")):
        [kept] = sent.remedy(Bounds(ticket=ID, objectives=objectives)).adjustments
        assert (kept.ticket, kept.objectives) == (ID, objectives)


@pytest.mark.parametrize(
    ("seconds", "value", "met", "state"),
    [(-3600, "14400", True, "met"), (-3599, "14401", False, "missed"), (-99_999, "0", True, "met"),
     (60, "18060", False, "missed")],
)  # fmt: skip
def test_an_outcome_adds_time_or_takes_it_away_and_the_limit_is_kept_to_the_second(
    seconds: int, value: str, met: bool, state: str
) -> None:
    measured = {"value": "18000", "unit": "s", "target": "14400", "met": False, "state": "missed"}
    agreed = clock_figures.agreed(measured, of(seconds), ID)
    assert agreed == {**measured, "value": value, "met": met, "state": state}
    assert clock_figures.agreed(measured, NOTHING, ID) == measured, "a dispute that is rejected changes nothing"
    assert clock_figures.agreed(measured, of(seconds, "another"), ID) == measured
    assert clock_figures.agreed({"value": "60", "unit": "s", "state": "over"}, of(30), ID) == {
        "value": "90", "unit": "s", "state": "over",
    }  # fmt: skip
    assert clock_figures.agreed(None, of(seconds), ID) is None


def test_the_clock_keeps_its_record_and_shows_what_all_disputes_come_to() -> None:
    line = Line(INCIDENT.about, 1, replace(INCIDENT, clocks=(replace(RESTORE, stopped_at=later(hours=5)),)))
    for number, seconds in (("D-1", -5400), ("D-2", 600)):
        [event] = reopening.agree_time(line, ID, AgreedTime("restore", seconds, number.lower(), number), NOW)
        assert isinstance(event, record.TimeAgreed)
        line = record.apply(line, event)
    assert line.incident is not None
    [clock] = shown(line.incident, later(days=3))["clocks"]
    assert (clock["state"], clock["elapsed_seconds"]) == ("missed", 18_000.0)
    assert clock["agreed"] == {"elapsed_seconds": 13_200.0, "met": True, "dispute": "d-2", "number": "D-2"}
    assert reopening.agree_time(line, ID, AgreedTime("restore", 0, "d", "D"), NOW) == []
    assert reopening.agree_time(line, "toko.checkout.0002", AgreedTime("restore", 1, "d", "D"), NOW) == []
