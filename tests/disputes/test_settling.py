"""What the parties, a mediator and time do to a dispute, told one by one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from disputes.cases import (
    ASKED,
    CUSTOMER,
    DAY,
    NOW,
    PART,
    PROCEDURE,
    PROVIDER,
    WORDS,
    about,
    after,
    answered,
    at,
    down,
    excluded,
    raised,
)

from sepakat_incidents import settling as domain
from sepakat_incidents.dispute import (
    Answered,
    Defaulted,
    Dispute,
    Outcome,
    Referred,
    Reminded,
    Settled,
    Status,
    Subject,
)
from sepakat_incidents.dispute_facts import of_dispute
from sepakat_incidents.procedure import Procedure, Step
from sepakat_incidents.remedy import NOTHING, Adjustment, Bounds, Remedy, exceeds
from sepakat_shared.errors import Conflict, Forbidden, Invalid


def deadline(dispute: Dispute) -> Any:
    assert dispute.turn is not None
    return dispute.turn.deadline


def passed(dispute: Dispute) -> Dispute:
    """The dispute after the time of its present step."""
    return after(dispute, domain.fire(dispute, deadline(dispute)))


# -- whose turn it is --------------------------------------------------------------------------------------------------


def test_a_customers_dispute_awaits_the_providers_answer() -> None:
    dispute = raised()
    assert (dispute.status, dispute.awaited) == (Status.ANSWER, (PROVIDER,))
    assert deadline(dispute) == NOW.replace(hour=17) + 5 * DAY, "midnight in Jakarta, five days later"


def test_a_providers_dispute_goes_to_both_at_once_for_nobody_answers_itself() -> None:
    dispute = raised(PROVIDER, excluded(at(10), at(11)))
    assert (dispute.status, dispute.awaited) == (Status.SETTLE, (PROVIDER, CUSTOMER))
    with pytest.raises(Conflict, match="awaits no answer"):
        domain.answer(dispute, PROVIDER, WORDS, None, "rina", NOW)
    with pytest.raises(Forbidden, match="nobody answers itself"):
        domain.answer(raised(), CUSTOMER, WORDS, None, "budi", NOW)


def test_an_agreement_without_steps_sends_it_to_the_forum() -> None:
    events = domain.raise_(
        None, "d", "D", about(), Procedure("P30D", "UTC", forum="BANI"), ASKED, WORDS, None, "budi", NOW
    )
    assert events[1:] == [Referred("BANI", NOW)]
    assert (after(None, events).status, after(None, events).due_at) == (Status.FORUM, None)


def test_a_second_raise_of_the_same_round_finds_the_first() -> None:
    with pytest.raises(Conflict, match="a moment ago"):
        domain.raise_(raised(), "d.0001", "D-1", about(PROVIDER), PROCEDURE, ASKED, WORDS, None, "rina", NOW)


# -- agreeing ----------------------------------------------------------------------------------------------------------


def test_to_accept_what_is_asked_upholds_it() -> None:
    events = domain.accept(raised(), PROVIDER, 1, "rina", NOW)
    assert events == [Settled(Outcome("upheld", "agreement", ASKED, NOW, "rina", PROVIDER))]
    settled = after(raised(), events)
    assert (settled.status, settled.due_at, settled.turn) == (Status.SETTLED, None, None)
    assert domain.accept(settled, PROVIDER, 1, "rina", NOW) == [], "the second acceptance changes nothing"


def test_an_answer_may_offer_a_part_and_the_other_may_take_it() -> None:
    dispute = answered(PART)
    assert (dispute.status, [each.party for each in dispute.offers]) == (Status.SETTLE, [CUSTOMER, PROVIDER])
    settled = after(dispute, domain.accept(dispute, CUSTOMER, 2, "budi", NOW + DAY))
    assert settled.outcome == Outcome("partly", "agreement", PART, NOW + DAY, "budi", CUSTOMER)


def test_only_the_offer_that_is_on_the_table_can_be_accepted() -> None:
    dispute = answered(PART)
    better = down(at(10), at(10, 11).replace(minute=30))
    dispute = after(dispute, domain.counter(dispute, PROVIDER, WORDS, better, "rina", NOW + DAY))
    with pytest.raises(Conflict, match="is offer 3"):
        domain.accept(dispute, CUSTOMER, 2, "budi", NOW + DAY)
    with pytest.raises(Conflict, match="made no offer"):
        domain.accept(raised(), CUSTOMER, 1, "budi", NOW)
    settled = after(dispute, domain.accept(dispute, CUSTOMER, 3, "budi", NOW + DAY))
    assert settled.outcome is not None and settled.outcome.remedy == better


def test_an_answer_comes_before_a_counter_proposal_and_only_once() -> None:
    with pytest.raises(Conflict, match="awaits your answer"):
        domain.counter(raised(), PROVIDER, WORDS, PART, "rina", NOW)
    lowered = after(raised(), domain.counter(raised(), CUSTOMER, WORDS, PART, "budi", NOW))
    assert lowered.status is Status.ANSWER
    assert after(lowered, domain.accept(lowered, PROVIDER, 2, "rina", NOW)).outcome == Outcome(
        "partly", "agreement", PART, NOW, "rina", PROVIDER
    )
    with pytest.raises(Conflict, match="awaits no answer"):
        domain.answer(answered(), PROVIDER, WORDS, None, "rina", NOW + DAY)


def test_nobody_offers_more_than_was_asked() -> None:
    with pytest.raises(Invalid) as refused:
        domain.answer(raised(), PROVIDER, WORDS, down(at(10), at(10, 13)), "rina", NOW)
    assert refused.value.problems[0].pointer == "/offer/adjustments"
    with pytest.raises(Invalid):
        domain.counter(raised(), CUSTOMER, WORDS, excluded(at(10), at(10, 12)), "budi", NOW)


def test_only_who_raised_it_withdraws_it_and_then_nothing_changes() -> None:
    with pytest.raises(Forbidden, match="who raised it"):
        domain.withdraw(raised(), PROVIDER, None, "rina", NOW)
    gone = after(raised(), domain.withdraw(raised(), CUSTOMER, "a mistake", "budi", NOW))
    assert (gone.status, gone.outcome, gone.due_at) == (Status.WITHDRAWN, None, None)
    assert domain.withdraw(gone, CUSTOMER, None, "budi", NOW) == []
    with pytest.raises(Conflict, match="withdrawn"):
        domain.accept(gone, PROVIDER, 1, "rina", NOW)


def test_a_stranger_has_no_part_in_it() -> None:
    with pytest.raises(Forbidden, match="no part"):
        domain.accept(raised(), "stranger", 1, "x", NOW)


# -- time --------------------------------------------------------------------------------------------------------------


def test_reminders_come_once_each_and_those_missed_while_nothing_ran_come_as_one() -> None:
    dispute = raised()
    first, second = dispute.turn.reminders if dispute.turn else ()
    assert dispute.due_at == first
    assert domain.fire(dispute, first - timedelta(milliseconds=1)) == []
    assert domain.fire(dispute, first) == [Reminded((second,), first)]
    late = after(dispute, domain.fire(dispute, second + timedelta(hours=1)))
    assert late.due_at == deadline(dispute)
    assert domain.fire(late, second + timedelta(hours=1)) == []


def test_silence_upholds_it_where_that_was_agreed() -> None:
    dispute = raised()
    events = domain.fire(dispute, deadline(dispute))
    assert [type(each) for each in events] == [Defaulted, Settled]
    outcome = after(dispute, events).outcome
    assert outcome == Outcome("upheld", "default", ASKED, deadline(dispute), "sepakat", PROVIDER)


def test_what_nobody_settles_goes_to_the_mediator_and_then_to_the_forum() -> None:
    mediated = passed(answered())
    assert (mediated.status, mediated.awaited) == (Status.DECIDE, ())
    at_forum = passed(mediated)
    assert (at_forum.status, at_forum.due_at, at_forum.is_open) == (Status.FORUM, None, True)
    assert domain.fire(at_forum, NOW + 400 * DAY) == []


def test_silence_may_also_reject_and_the_last_step_may_have_no_next_one() -> None:
    rejecting = Procedure("P30D", "UTC", (Step("provider", "answer", "P1D", "rejected"),))
    outcome = passed(raised(procedure=rejecting)).outcome
    assert outcome is not None and (outcome.result, outcome.remedy) == ("rejected", NOTHING)
    ending = Procedure("P30D", "UTC", (Step("both", "settle", "P1D", "next"),))
    assert passed(raised(procedure=ending)).status is Status.FORUM


def test_a_step_after_one_that_passed_unnoticed_has_its_whole_time() -> None:
    dispute = answered()
    late = deadline(dispute) + 3 * DAY
    mediated = after(dispute, domain.fire(dispute, late))
    assert mediated.turn is not None and mediated.turn.began_at == late
    assert mediated.turn.deadline > late + 19 * DAY


def test_what_comes_after_the_deadline_is_too_late_though_no_timer_came_by() -> None:
    dispute = raised()
    with pytest.raises(Conflict, match="settled"):
        domain.answer(dispute, PROVIDER, WORDS, None, "rina", deadline(dispute))
    settling = answered(PART)
    events = domain.accept(settling, CUSTOMER, 2, "budi", deadline(settling))
    assert [type(each) for each in events] == [Defaulted, Settled], "the mediator has it; both may settle all the same"


def test_what_is_told_names_the_mediator_from_their_step_on_and_when_it_is_over() -> None:
    mediator = Step("mediator", "decide", "P20D", "forum", "arbiter", "arbitrase")
    steps = Procedure("P30D", "UTC", (Step("both", "settle", "P1D", "next"), mediator), "BANI")
    settling = raised(procedure=steps)
    mediated = passed(settling)
    decided = after(mediated, domain.decide(mediated, "rejected", None, "no", "arb", NOW + DAY))
    told = [each.mediated_by for each in (settling, mediated, passed(mediated), decided)]
    assert told == [(), *[("arbitrase/arbiter",)] * 3]
    of_before = replace(mediated, mediators=())
    [defaulted, referred] = domain.fire(of_before, deadline(of_before))
    for event in (defaulted, referred):
        of_before = after(of_before, [event])
        [told_of] = of_dispute(event, of_before)
        assert told_of.data["mediators"] == ["arbitrase/arbiter"]
    assert passed(answered()).mediated_by == ("mediator",)


def test_of_several_mediators_the_one_who_decides_now_is_told_last_whoever_did_before() -> None:
    ari, ben = (Step("mediator", "decide", "P20D", "next", each, "arbitrase") for each in ("ari", "ben"))
    dispute = raised(procedure=Procedure("P30D", "UTC", (ari, ben, ari, ari), None))
    told = []
    while dispute.turn is not None:
        [reminded, *_] = domain.fire(dispute, dispute.turn.due_at)
        [of_reminder] = of_dispute(reminded, after(dispute, [reminded]))
        [defaulted, *_] = domain.fire(dispute, deadline(dispute))[-1 - (dispute.turn.index == 3) :]
        dispute = passed(dispute)
        [of_default] = of_dispute(defaulted, dispute)
        told.append((of_reminder.data["mediators"][-1], of_default.data["missed_mediator"]))
    assert told == [(f"arbitrase/{each}",) * 2 for each in ("ari", "ben", "ari", "ari")]


# -- thirds ------------------------------------------------------------------------------------------------------------


def test_the_mediator_decides_in_its_own_time_and_may_go_beyond_what_was_asked() -> None:
    with pytest.raises(Conflict, match="with the parties"):
        domain.decide(answered(), "rejected", None, "no", "mediator", NOW + DAY)
    mediated = passed(answered())
    more = down(at(1), at(28))
    for result, remedy, found in (("upheld", None, ASKED), ("partly", more, more), ("rejected", None, NOTHING)):
        decided = after(mediated, domain.decide(mediated, result, remedy, "so", "operator", NOW + 20 * DAY))  # type: ignore[arg-type]
        assert decided.outcome == Outcome(result, "mediator", found, NOW + 20 * DAY, "operator", None, "so")  # type: ignore[arg-type]


def test_a_decision_for_a_part_says_which_and_one_against_it_grants_nothing() -> None:
    mediated = passed(answered())
    for result, remedy in (("partly", None), ("rejected", ASKED), ("upheld", down(at(1), at(1)))):
        with pytest.raises(Invalid) as refused:
            domain.decide(mediated, result, remedy, "so", "operator", NOW + 20 * DAY)  # type: ignore[arg-type]
        assert refused.value.problems[0].pointer.startswith("/remedy")


def test_the_forums_decision_ends_it_too() -> None:
    at_forum = passed(passed(answered()))
    decided = after(at_forum, domain.decide(at_forum, "upheld", None, "award 7", "operator", NOW + 90 * DAY))
    assert decided.outcome is not None and decided.outcome.how == "forum"


# -- what is asked -----------------------------------------------------------------------------------------------------

CLOCK = Bounds(ticket="toko.checkout.0001")


@pytest.mark.parametrize(
    ("bounds", "asked", "pointer"),
    [
        (Bounds("a", period=(at(1), at(30))), NOTHING, "/asked/adjustments"),
        (Bounds("a", period=(at(5), at(30))), down(at(4), at(6)), "/asked/adjustments/0/start"),
        (Bounds("a", period=(at(1), at(5))), down(at(4), at(6)), "/asked/adjustments/0/end"),
        (Bounds("a"), down(at(6), at(6)), "/asked/adjustments/0/end"),
        (Bounds("a"), Remedy((Adjustment("downtime", end=at(6)),)), "/asked/adjustments/0/start"),
        (Bounds("a"), Remedy((Adjustment("exclusion", start=at(6)),)), "/asked/adjustments/0/end"),
        (Bounds("a"), Remedy((Adjustment("events", total=5),)), "/asked/adjustments/0/start"),
        (Bounds("a"), Remedy((Adjustment("events", start=at(6), good=6, total=5),)), "/asked/adjustments/0/total"),
        (Bounds("a"), Remedy((Adjustment("case-time", seconds=5),)), "/asked/adjustments/0/ticket"),
        (Bounds("a"), Remedy(credit_percent="5"), "/asked/credit_percent"),
        (Bounds(), down(at(5), at(6)), "/asked/adjustments/0"),
        (CLOCK, down(at(5), at(6)), "/asked/adjustments/0/kind"),
        (CLOCK, Remedy((Adjustment("case-time", ticket="other", seconds=5),)), "/asked/adjustments/0/ticket"),
        (CLOCK, Remedy((Adjustment("case-time", ticket="toko.checkout.0001"),)), "/asked/adjustments/0/seconds"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_field(bounds: Bounds, asked: Remedy, pointer: str) -> None:
    subject = Subject("verdict", "s", bounds)
    with pytest.raises(Invalid) as refused:
        domain.raise_(None, "d", "D", about(subject=subject), PROCEDURE, asked, WORDS, None, "budi", NOW)
    assert pointer in [each.pointer for each in refused.value.problems]


def events(total: int, good: int = 0) -> Remedy:
    return Remedy((Adjustment("events", ("a",), at(1), good=good, total=total),))


def seconds(*each: int) -> Remedy:
    return Remedy(tuple(Adjustment("case-time", ticket="t", seconds=one) for one in each))


@pytest.mark.parametrize(
    ("offered", "asked", "more"),
    [
        (events(5), events(5), False),
        (events(6), events(5), True),
        (events(5, good=1), events(5), True),
        (seconds(-30), seconds(-60), False),
        (seconds(-30, -40), seconds(-60), True),
        (seconds(30), seconds(-60), True),
        (down(at(1), at(3)), Remedy((*down(at(1), at(2)).adjustments, *down(at(2), at(4)).adjustments)), False),
        (down(at(1), at(3)), Remedy((*down(at(1), at(2)).adjustments, *down(at(2, 11), at(4)).adjustments)), True),
        (Remedy(credit_percent="7.5"), Remedy(credit_percent="5"), False),
        (Remedy(credit_percent="4"), Remedy(credit_percent="5"), True),
        (Remedy(credit_percent="10.5"), Remedy(credit_percent="5"), True),
        (Remedy(credit_percent="10"), down(at(1), at(3)), True),
        (Remedy(terms="an apology"), Remedy(terms="two"), False),
    ],
)
def test_a_part_is_within_what_was_asked(offered: Remedy, asked: Remedy, more: bool) -> None:
    assert exceeds(offered, asked, measured_credit="10") is more


# -- once more ---------------------------------------------------------------------------------------------------------


def test_one_dispute_at_a_time_about_one_subject() -> None:
    for party in (CUSTOMER, PROVIDER):
        with pytest.raises(Conflict, match="one at a time"):
            domain.may_raise_again(raised(), party, NOW + 9 * DAY, None)


def test_what_was_settled_is_settled_until_the_figure_changes_by_something_else() -> None:
    settled = after(raised(), domain.accept(raised(), PROVIDER, 1, "rina", NOW))
    for told_at, told_by in ((NOW - DAY, None), (NOW + DAY, settled.id), (None, None)):
        with pytest.raises(Conflict, match="is settled"):
            domain.may_raise_again(settled, PROVIDER, told_at, told_by)
    domain.may_raise_again(settled, CUSTOMER, NOW + DAY, None)


def test_who_withdrew_does_not_raise_it_again_but_the_other_may() -> None:
    gone = after(raised(), domain.withdraw(raised(), CUSTOMER, None, "budi", NOW))
    with pytest.raises(Conflict, match="you withdrew"):
        domain.may_raise_again(gone, CUSTOMER, NOW - DAY, None)
    domain.may_raise_again(gone, PROVIDER, NOW - DAY, None)


def test_the_agreed_figure_stands_beside_the_measured_one_and_is_noted_once() -> None:
    settled = after(raised(), domain.accept(raised(), PROVIDER, 1, "rina", NOW))
    before, figure = {"attainment": "99.8990"}, {"attainment": "99.6000", "met": False}
    known = after(settled, domain.recalculated(settled, "availability", before, figure, NOW))
    assert known.measured == raised().measured and known.agreed == figure
    assert domain.recalculated(known, "availability", before, figure, NOW) == []
    assert domain.recalculated(raised(), "availability", before, figure, NOW) == [], "there is no outcome yet"


def test_several_adjustments_and_objectives_keep_the_figure_before_the_first_of_them() -> None:
    settled = after(raised(), domain.accept(raised(), PROVIDER, 1, "rina", NOW))
    for objective, before, now in (("a", "99", "98"), ("a", "98", "97"), ("b", "90", "89")):
        figures = {"attainment": before}, {"attainment": now}
        settled = after(settled, domain.recalculated(settled, objective, *figures, NOW))
    shown = {name: (each.measured, each.agreed) for name, each in settled.corrections.items()}
    assert shown == {
        "a": ({"attainment": "99"}, {"attainment": "97"}), "b": ({"attainment": "90"}, {"attainment": "89"}),
    }  # fmt: skip
    assert settled.agreed is None, "neither is the objective that is disputed"


def test_a_refusal_moves_on_to_settling() -> None:
    event = domain.answer(raised(), PROVIDER, WORDS, None, "rina", NOW)[0]
    assert isinstance(event, Answered) and event.offer is None and event.turn is not None
    assert event.turn.step.act == "settle"
