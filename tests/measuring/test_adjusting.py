"""Exclusions and corrections: who may grant them, and what a verdict becomes by them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import MagicMock

import pytest
from keeping import Kept
from samples import agreement

from sepakat_metrics import adjustments, pausing, verdicts
from sepakat_metrics.adjustments import Adjustment, Asked
from sepakat_metrics.buckets import transition_of
from sepakat_metrics.corrections import Corrections
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.figures import credit_of
from sepakat_metrics.history import History
from sepakat_metrics.telling import About
from sepakat_metrics.terms import Adjustments, Terms
from sepakat_metrics.verdicts import Since, Verdict, VerdictNoted, VerdictTold
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts.fact import PeriodSpan, Title
from sepakat_shared.contracts.obligations import ObligationMet
from sepakat_shared.errors import Conflict, Forbidden, Invalid

NOVEMBER = to_ms(datetime(2026, 10, 31, 17, tzinfo=UTC))
DECEMBER = NOVEMBER + 30 * 86_400_000
HOUR = 3_600_000
CLOSED = DECEMBER + 24 * HOUR
NOW = from_ms(CLOSED)
AGREED = agreement()
DOWN_FOR_AN_HOUR = ((NOVEMBER, "up", 1_000_000), (NOVEMBER + HOUR, "down", 0), (NOVEMBER + 2 * HOUR, "up", 1_000_000))


def history(*states: tuple[int, str, int]) -> History:
    known = History()
    for at, state, weight in states:
        known.states.add(transition_of(Fact("nusantara/checkout-state", "/p", str(at), at, "state", state=state,
                                            weight=weight)))  # fmt: skip
    return known


def about(in_force: Adjustments | None = None) -> About:
    return About("toko-checkout", 1, Terms(AGREED, AGREED.objectives[0], None, in_force or Adjustments(), kind="state"))


def asked(**changes: Any) -> Asked:
    base: dict[str, Any] = {"agreement": "toko-checkout", "provider": "nusantara", "customer": "toko-maju",
                            "objectives": (), "kind": "exclusion", "reason": "force-majeure", "note": "a flood",
                            "start": from_ms(NOVEMBER + HOUR), "end": from_ms(NOVEMBER + 2 * HOUR)}  # fmt: skip
    return Asked(**{**base, **changes})


def granted(**changes: Any) -> Adjustment:
    [event] = adjustments.grant(None, "a1", asked(**changes), None, "op", NOW)
    return adjustments.apply(None, event)


def closed(known: History, in_force: Adjustments | None = None) -> Verdict:
    """The verdict as it stands when the period has been closed."""
    terms = about(in_force)
    figure = evaluate(terms.terms, known, CLOSED, (NOVEMBER, DECEMBER))
    verdict = None
    for event in verdicts.decide_verdict(None, terms, figure, Since(), "x"):
        verdict = verdicts.apply_verdict(verdict, event)
    assert verdict is not None
    return verdict


def corrected(verdict: Verdict, known: History, *in_force: Adjustment) -> tuple[Verdict, list[str], dict[str, Any]]:
    """The verdict afterwards, what was told, and the data of the first of it."""
    terms = about(adjustments.of_objective(in_force, "availability"))
    figure = evaluate(terms.terms, known, CLOSED + HOUR, (NOVEMBER, DECEMBER))
    events = verdicts.decide_correction(verdict, terms, figure, "exclusion a1 granted")
    told = [event.told for event in events if isinstance(event, VerdictTold)]
    for event in events:
        verdict = verdicts.apply_verdict(verdict, event)
    return verdict, [each.type for each in told], told[0].data if told else {}


@pytest.mark.parametrize(
    ("changes", "party"),
    [
        ({}, "toko-maju"),
        ({"kind": "downtime"}, "nusantara"),
        ({"kind": "events", "total": 5}, "nusantara"),
        ({"kind": "case-time", "ticket": "T-1", "seconds": 60}, "nusantara"),
        ({"kind": "case-time", "ticket": "T-1", "seconds": -60}, "toko-maju"),
    ],
)
def test_each_party_grants_what_is_to_the_good_of_the_other(changes: dict[str, Any], party: str) -> None:
    other = ({"toko-maju", "nusantara"} - {party}).pop()
    with pytest.raises(Forbidden, match=party):
        adjustments.grant(None, "a1", asked(**changes), other, "key", NOW)
    [event] = adjustments.grant(None, "a1", asked(**changes), party, "key", NOW)
    known = adjustments.apply(None, event)
    assert adjustments.grant(known, "a1", asked(**changes), party, "key", NOW) == []
    with pytest.raises(Forbidden, match=other):
        adjustments.withdraw(known, party, "key", NOW)
    [event] = adjustments.withdraw(known, other, "key", NOW)
    known = adjustments.apply(known, event)
    with pytest.raises(Conflict):
        adjustments.withdraw(known, other, "key", NOW)
    assert adjustments.of_objective([known], "availability") == Adjustments()
    assert adjustments.grant(known, "a1", asked(**changes), party, "key", NOW) != []


def test_an_outcome_is_granted_once_and_not_again_when_it_was_given_back_since() -> None:
    [event] = adjustments.grant_outcome(None, "a1", asked(dispute="d.0001"), "rina-key", NOW)
    known = adjustments.apply(None, event)
    [withdrawn] = adjustments.withdraw(known, "nusantara", "key", NOW)
    for later in (known, adjustments.apply(known, withdrawn)):
        assert adjustments.grant_outcome(later, "a1", asked(dispute="d.0001"), "rina-key", NOW) == []
    assert repr(asked(dispute="d.0001")) == repr(asked()), "ids follow from the words alone, as they always did"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"end": None}, "/end"),
        ({"start": None}, "/start"),
        ({"end": from_ms(NOVEMBER)}, "/end"),
        ({"kind": "events", "total": 0}, "/total"),
        ({"kind": "events", "good": 2, "total": 1}, "/total"),
        ({"kind": "case-time", "seconds": 60}, "/ticket"),
        ({"kind": "case-time", "ticket": "T-1"}, "/seconds"),
    ],
)
def test_what_is_incomplete_is_refused_by_its_field(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        adjustments.grant(None, "a1", asked(**changes), None, "op", NOW)
    assert [each.pointer for each in caught.value.problems] == [pointer]


def test_an_exclusion_retracts_the_breach_of_a_closed_period_and_both_figures_are_told() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    before = closed(known)
    assert (before.breached, before.closed) == (True, True)
    after, told, data = corrected(before, known, granted())
    assert told == ["sepakat.period.corrected.v1", "sepakat.objective.breach_retracted.v1"]
    assert (after.breached, after.closed) == (False, True)
    assert (data["attainment"], data["attainment_before"]) == ("100.0000", "99.8611")
    assert (data["met"], data["met_before"], data["state_before"]) == (True, False, "breached")
    assert corrected(after, known, granted())[1] == []
    assert (data["final"], corrected(replace(before, closed=False), known, granted())[2]["final"]) == (True, False)


def test_what_an_outcome_changes_names_its_dispute() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    terms = about(adjustments.of_objective([granted()], "availability"))
    figure = evaluate(terms.terms, known, CLOSED, (NOVEMBER, DECEMBER))
    told = verdicts.decide_correction(closed(known), terms, figure, "x", "d.0001")
    assert [each.told.data["dispute"] for each in told if isinstance(each, VerdictTold)] == ["d.0001"] * 2


def test_a_withdrawn_exclusion_brings_the_breach_back() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    exclusion = granted()
    without, _, _ = corrected(closed(known), known, exclusion)
    [withdrawn] = adjustments.withdraw(exclusion, "nusantara", "key", NOW)
    after, told, data = corrected(without, known, adjustments.apply(exclusion, withdrawn))
    assert told == ["sepakat.period.corrected.v1", "sepakat.objective.breached.v1"]
    assert (after.breached, data["attainment"]) == (True, "99.8611")


def test_down_time_that_was_missed_is_added_and_breaches_a_period_that_was_met() -> None:
    known = history((NOVEMBER, "up", 1_000_000))
    before = closed(known)
    assert before.breached is False
    after, told, data = corrected(before, known, granted(kind="downtime"))
    assert told == ["sepakat.period.corrected.v1", "sepakat.objective.breached.v1"]
    assert (after.breached, data["budget"]["consumed"]) == (True, "3600.0000")


def test_an_exclusion_elsewhere_changes_nothing_and_tells_nobody() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    assert corrected(closed(known), known, granted(objectives=("other",)))[1] == []


def test_overlapping_exclusions_are_taken_out_once() -> None:
    one, other = granted(), granted(start=from_ms(NOVEMBER + HOUR), end=from_ms(NOVEMBER + 3 * HOUR))
    figure = evaluate(
        about(adjustments.of_objective([one, other], "availability")).terms, history(*DOWN_FOR_AN_HOUR), CLOSED,
        (NOVEMBER, DECEMBER),
    )  # fmt: skip
    assert (figure.excluded, figure.lost) == (7200, 0)


def test_a_day_without_a_change_is_written_down_once_and_told_to_nobody() -> None:
    known, terms = history((NOVEMBER, "up", 1_000_000)), about()
    verdict, noted = None, 0
    for hours in range(1, 50):
        at = NOVEMBER + hours * HOUR
        figure = evaluate(terms.terms, known, at, (NOVEMBER, DECEMBER))
        for event in verdicts.decide_verdict(verdict, terms, figure, Since(), "x"):
            verdict = verdicts.apply_verdict(verdict, event)
            noted += isinstance(event, VerdictNoted)
    assert noted == 3
    assert verdict is not None
    assert verdict.known_at == from_ms(NOVEMBER) + timedelta(hours=49)


# -- credits that a dispute has ended in -------------------------------------------------------------------------------


def credit(percent: str = "7.5", **changes: Any) -> Adjustment:
    whole = {"start": from_ms(NOVEMBER), "end": from_ms(DECEMBER)}
    return granted(
        kind="credit", credit_percent=percent, dispute="d1", objectives=("availability",), **whole, **changes
    )


def test_an_agreed_credit_is_told_beside_what_the_figure_gives_and_changes_no_figure() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    verdict = closed(known)
    after, types, told = corrected(verdict, known, credit())
    assert types == ["sepakat.period.corrected.v1"]
    assert (told["credit_percent"], told["measured_credit_percent"], told["credit_percent_before"]) == (
        "7.5",
        "10",
        "10",
    )
    assert told["exact"] == told["exact_before"] and told["state"] == "breached"
    assert corrected(after, known, credit())[1] == [], "what was told is not told again"
    back, types, told = corrected(after, known)
    assert (types, told["credit_percent"], told["credit_percent_before"]) == (
        ["sepakat.period.corrected.v1"], "10", "7.5",
    )  # fmt: skip
    assert "measured_credit_percent" not in told and corrected(back, known)[1] == []


def test_the_last_agreed_credit_holds_for_its_own_period_and_no_other() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    first, second = credit(), credit("0")
    later = adjustments.apply(None, replace(second.granted, at=NOW + timedelta(hours=1)))
    in_force = adjustments.of_objective([later, first], "availability")
    terms = about(in_force).terms
    november = evaluate(terms, known, CLOSED, (NOVEMBER, DECEMBER))
    assert credit_of(AGREED, november) == {
        "percent": "0", "amount": "0", "currency": "IDR", "measured_percent": "10",
    }  # fmt: skip
    assert evaluate(terms, known, CLOSED, (NOVEMBER, DECEMBER - HOUR)).agreed_credit is None


def test_an_agreed_credit_is_not_a_partys_to_give_back_nor_to_grant_without_a_dispute() -> None:
    with pytest.raises(Forbidden, match="binds both"):
        adjustments.withdraw(credit(), "toko-maju", "budi", NOW)
    assert len(adjustments.withdraw(credit(), None, "operator", NOW)) == 1
    with pytest.raises(Invalid, match="outcome of a dispute"):
        granted(kind="credit", credit_percent="5")


def test_a_verdict_of_before_credits_were_remembered_is_not_corrected_for_nothing() -> None:
    known = history(*DOWN_FOR_AN_HOUR)
    verdict = closed(known)
    assert verdict.figure is not None
    old = replace(verdict, figure={name: each for name, each in verdict.figure.items() if name != "credit_percent"})
    assert corrected(old, known)[1] == []
    assert corrected(old, known, credit())[2]["credit_percent_before"] == "10"


def met_late(due: datetime, met: datetime) -> ObligationMet:
    return ObligationMet(
        occurrence="o1", agreement="toko-checkout", version=1, provider="nusantara", customer="toko-maju",
        obligation="contact", text=Title(en="Answer"), party="toko-maju", occasion="request", begins_at=due, due_at=due,
        status="met-late", pauses=("availability", "restore"), unmet=PeriodSpan(start=due, end=met), late=True, by="x",
        at=met,
    )  # fmt: skip


async def test_what_was_owed_anew_after_a_breach_was_retracted_is_excluded_a_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, corrections = Kept(monkeypatch, NOW), Corrections(MagicMock(), MagicMock(), MagicMock(), MagicMock(), "")
    first, second = NOVEMBER + HOUR, NOVEMBER + 5 * HOUR
    for due in (first, second, second, first):
        fact = met_late(from_ms(due), from_ms(due + HOUR))
        await corrections.grants.on_unmet(fact, MagicMock(source="/sepakat/agreements"))
    assert [each.asked.start for each in kept.of("adjustment")] == [from_ms(first), from_ms(second)]


def test_time_in_which_an_obligation_was_unmet_counts_for_no_case_and_no_outage_to_the_millisecond() -> None:
    paused = pausing.asked_by(met_late(from_ms(NOVEMBER + HOUR), from_ms(NOVEMBER + 2 * HOUR + 1)))
    assert paused is not None
    [event] = adjustments.grant_outcome(None, "a1", paused, "agreements", NOW)
    in_force = adjustments.of_objective([adjustments.apply(None, event)], "restore")
    case = {"id": "restore", "indicator": "nusantara/checkout-tickets", "measure": "per-case", "target": "95",
            "clock": {"from": "opened", "until": "restored"}, "threshold": {"atMost": "PT2H"},
            "window": {"calendar": "month"}}  # fmt: skip
    text, known = agreement(objectives=[case], needs=[]), History()
    for at, step in ((NOVEMBER, "opened"), (NOVEMBER + 3 * HOUR + 1, "restored")):
        known.add(Fact("nusantara/checkout-tickets", "/p", step, at, "ticket", ticket="T-1", step=step))
    met_by = [
        evaluate(Terms(text, text.objectives[0], None, each, kind="ticket"), known, CLOSED, (NOVEMBER, DECEMBER)).met
        for each in (Adjustments(), in_force)
    ]
    assert met_by == [False, True], "three hours of the clock without it, two hours exactly with it"
    figure = evaluate(about(in_force).terms, history(*DOWN_FOR_AN_HOUR), CLOSED, (NOVEMBER, DECEMBER))
    assert (figure.excluded * 1000, figure.lost) == (HOUR + 1, 0)
