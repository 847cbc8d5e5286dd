"""What other services told is kept for reviews once, and what is corrected takes the place of what it corrects."""

from datetime import timedelta
from typing import Any

from facts import NOW, dispute, incident, objective

from sepakat_agreements import contested, figure, handled
from sepakat_agreements.contested import Contested
from sepakat_agreements.figure import MOST_READINGS, Figure
from sepakat_agreements.handled import Handled
from sepakat_shared.contracts import compliance, disputes, incidents
from sepakat_shared.contracts.compliance import Budget
from sepakat_shared.contracts.disputes import DisputedFigure
from sepakat_shared.contracts.fact import Fact, Title
from sepakat_shared.contracts.incidents import ClockReading

MISSED: dict[str, Any] = {
    "at": NOW + timedelta(days=8), "attainment": "99.8990", "exact": "99899/100000", "met": False, "state": "breached",
    "coverage": "99.8000", "budget": Budget(total="2592", consumed="2618", remaining="-26", unit="seconds"),
}  # fmt: skip
MET: dict[str, Any] = {**MISSED, "attainment": "99.9500", "exact": "1999/2000", "met": True, "state": "met"}
BEFORE = {"attainment_before": "99.8990", "exact_before": "99899/100000", "met_before": False,
          "state_before": "breached"}  # fmt: skip


def figure_of(*facts: Fact) -> Figure | None:
    known: Figure | None = None
    for fact in facts:
        for event in figure.told(known, fact):  # type: ignore[arg-type]
            known = figure.apply(known, event)
    return known


def incident_of(*facts: Fact) -> Handled | None:
    known: Handled | None = None
    for fact in facts:
        for event in handled.told(known, fact):  # type: ignore[arg-type]
            known = handled.apply(known, event)
    return known


def dispute_of(*facts: Fact) -> Contested | None:
    known: Contested | None = None
    for fact in facts:
        for event in contested.told(known, fact):  # type: ignore[arg-type]
            known = contested.apply(known, event)
    return known


def test_a_period_that_runs_has_a_budget_and_no_figure() -> None:
    found = figure_of(objective(compliance.ObjectiveAtRisk, budget=MISSED["budget"]))
    assert found is not None and found.counts is None
    assert [(each.at, each.remaining) for each in found.readings] == [(NOW, "-26")]


def test_what_is_measured_stays_beside_what_was_agreed() -> None:
    closed, corrected = objective(compliance.PeriodClosed, **MISSED), objective(
        compliance.PeriodCorrected, **{**MET, **BEFORE, "dispute": "d.1", "at": NOW + timedelta(days=20)}
    )  # fmt: skip
    found = figure_of(closed, corrected)
    assert found is not None and found.measured is not None and found.agreed is not None
    assert (found.measured.met, found.agreed.met, found.dispute, found.corrections) == (False, True, "d.1", 1)
    assert found.counts == found.agreed
    assert found.readings[-1].at == found.end, "the budget of the whole period is read at its end"


def test_a_closed_period_that_is_told_again_changes_nothing() -> None:
    closed = objective(compliance.PeriodClosed, **MISSED)
    corrected = objective(compliance.PeriodCorrected, **{**MET, **BEFORE, "at": NOW + timedelta(days=20)})
    once = figure_of(closed, corrected)
    assert figure.told(figure_of(closed), closed) == []
    again = figure_of(closed, corrected, closed)
    assert once is not None and again is not None and again.counts == once.counts


def test_a_correction_that_comes_first_says_what_it_corrects() -> None:
    found = figure_of(objective(compliance.PeriodCorrected, **{**MET, **BEFORE, "at": NOW + timedelta(days=20)}))
    assert found is not None and found.measured is not None and found.agreed is not None
    assert (found.measured.attainment, found.measured.met) == ("99.8990", False)
    assert (found.agreed.attainment, found.agreed.met) == ("99.9500", True)


def test_a_correction_within_the_period_waits_for_its_end() -> None:
    running = objective(compliance.PeriodCorrected, **{**MET, **BEFORE, "at": NOW})
    found = figure_of(running)
    assert found is not None and found.counts is None
    found = figure_of(running, objective(compliance.PeriodClosed, **MET))
    assert found is not None and found.measured is not None and (found.measured.met, found.agreed) == (True, None)


def test_a_rolling_window_is_told_as_its_breaches_are() -> None:
    breach = objective(episode="toko/availability/3", **{**MISSED, "at": NOW})
    retracted = objective(compliance.BreachRetracted, episode="toko/availability/3", **{**MET, "at": NOW})
    found = figure_of(breach)
    assert found is not None and found.is_rolling and found.counts is not None and found.counts.met is False
    found = figure_of(breach, retracted)
    assert found is not None and found.counts is not None and found.counts.met is True
    within_a_month = figure_of(objective(**{**MISSED, "at": NOW}))
    assert within_a_month is not None and within_a_month.counts is None, "a breach of a month is provisional"


def test_the_last_readings_of_a_budget_are_kept() -> None:
    facts = [
        objective(
            compliance.ObjectiveAtRisk, at=NOW + timedelta(minutes=i),
            budget=Budget(total="100", consumed=str(i), remaining=str(100 - i), unit="events"),
        )
        for i in range(MOST_READINGS + 5)
    ]  # fmt: skip
    found = figure_of(*facts)
    assert found is not None and len(found.readings) == MOST_READINGS
    assert found.readings[-1].remaining == str(100 - MOST_READINGS - 4)


def test_how_fast_an_incident_was_taken_up_and_over() -> None:
    found = incident_of(
        incident(incidents.IncidentOpened),
        incident(incidents.IncidentEscalated, at=NOW),
        incident(incidents.IncidentAcknowledged, stops_ladder=False, at=NOW + timedelta(minutes=2)),
        incident(incidents.IncidentAcknowledged, at=NOW + timedelta(minutes=4)),
        incident(incidents.IncidentAcknowledged, at=NOW + timedelta(minutes=50)),
        incident(incidents.ClockMissed, at=NOW + timedelta(hours=1)),
        incident(incidents.ClockMissed, at=NOW + timedelta(hours=1)),
        incident(
            incidents.IncidentResolved, at=NOW + timedelta(minutes=90), impact_ended_at=NOW + timedelta(minutes=80)
        ),
    )
    assert found is not None
    assert (found.to_acknowledge, found.to_restore) == (240.0, 4800.0)
    assert (found.level, found.escalations, found.missed, found.is_open) == (1, 1, ("restore",), False)
    assert found.began_at == NOW - timedelta(minutes=2), "it belongs to the beginning of its impact"


def test_what_is_corrected_of_an_incident_takes_the_place_of_what_it_was() -> None:
    ended = [incident(incidents.IncidentOpened), incident(incidents.IncidentResolved, impact_ended_at=NOW)]
    corrected = incident(
        incidents.ImpactCorrected, impact_started_at=NOW - timedelta(hours=1), impact_ended_at=NOW + timedelta(hours=1)
    )
    found = incident_of(*ended, corrected, incident(incidents.IncidentRaised, priority="P1", title=Title(en="Worse")))
    assert found is not None and found.to_restore == 3600.0
    assert (found.priority, found.title) == ("P1", {"en": "Worse"})
    reopened = incident_of(*ended, incident(incidents.IncidentReopened))
    assert reopened is not None and (reopened.is_open, reopened.to_restore, reopened.reopened) == (True, None, 1)
    merged = incident_of(*ended, incident(incidents.IncidentMerged))
    assert merged is not None and merged.merged_into == "toko.search.0007"


def test_a_dispute_is_kept_with_its_outcome_and_both_figures() -> None:
    raised = dispute(disputes.DisputeRaised)
    found = dispute_of(
        raised, dispute(disputes.DisputeSettled, at=NOW + timedelta(days=3)),
        dispute(disputes.DisputeRecalculated, measured=DisputedFigure(attainment="99.8990")),
    )  # fmt: skip
    assert found is not None
    assert (found.state, found.result, found.how, found.ended_at) == (
        "settled", "partly", "mediator", NOW + timedelta(days=3)
    )  # fmt: skip
    assert (found.measured, found.agreed) == ("99.8990 %", "99.9900 %")
    gone = dispute_of(raised, dispute(disputes.DisputeWithdrawn))
    assert gone is not None and (gone.state, gone.result) == ("withdrawn", None)
    in_seconds = DisputedFigure(value="1500", unit="ms")
    latency = dispute_of(raised, dispute(disputes.DisputeRecalculated, agreed=in_seconds))
    assert latency is not None and latency.agreed == "1500 ms"
    assert contested.told(dispute_of(raised), raised) == []


def reading(clock: str, elapsed: str, *, met: bool | None) -> ClockReading:
    return ClockReading(clock=clock, limit_seconds="14400.000", elapsed_seconds=elapsed, met=met)


def test_a_miss_that_was_taken_back_with_new_times_counts_no_more() -> None:
    missed = [incident(incidents.IncidentOpened), *(incident(incidents.ClockMissed, clock=each) for each in
              ("restore", "resolve", "first-response"))]  # fmt: skip
    retimed = incident(incidents.ClocksRetimed, clocks=(
        reading("restore", "14400.000", met=None), reading("resolve", "20000.000", met=None),
        reading("first-response", "20000.000", met=False),
    ))  # fmt: skip
    found = incident_of(*missed, retimed)
    assert found is not None and found.missed == ("resolve", "first-response")
    stopped = incident(incidents.ClocksRetimed, clocks=(reading("resolve", "9000.000", met=True),))
    found = incident_of(*missed, retimed, stopped)
    assert found is not None and found.missed == ("first-response",)
    assert incidents.ClocksRetimed in handled.FACTS


def test_a_note_that_came_too_late_stays_so_when_the_next_one_is_timed_anew() -> None:
    missed = [incident(incidents.IncidentOpened), incident(incidents.ClockMissed, clock="update")]
    retimed = incident(incidents.ClocksRetimed, clocks=(reading("update", "60.000", met=None),))
    silent = incident_of(*missed, retimed)
    assert silent is not None and silent.missed == (), "it is that note which is not late any more"
    came = incident(incidents.IncidentUpdated)
    for facts in ([*missed, came], [*missed, came, missed[1]]):
        found = incident_of(*facts, retimed)
        assert found is not None and found.missed == ("update",)
