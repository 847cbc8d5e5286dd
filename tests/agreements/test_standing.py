"""Repeated misses, and the improvement plans and rights that follow by the text: pure decisions."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from samples import agreement

from sepakat_agreements import plans, shortfalls, term
from sepakat_agreements.agreement import Agreement, Version
from sepakat_agreements.agreement import Status as Lasting
from sepakat_agreements.shortfalls import Terms
from sepakat_agreements.standing import Miss, PlanStatus, Right, Standing, apply
from sepakat_agreements.standing_facts import of_standing
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
JAKARTA = ZoneInfo("Asia/Jakarta")
DAY = timedelta(days=1)
NOW = datetime(2026, 8, 2, tzinfo=UTC)
REMEDIES = {"improvementPlan": {"misses": 2, "within": "P6M"}, "termination": {"misses": 3, "within": "P12M"}}
PLAN = "toko-checkout.001"
PEOPLE = ["rina", "ana"]
FAR = datetime.max.replace(tzinfo=UTC)
MEASURES = [("a second site", NOW + 30 * DAY), ("a drill", NOW + 60 * DAY)]


def version(**changes: Any) -> Version:
    signing = [{"party": PROVIDER, "contact": "rina", "key": "x"}, {"party": CUSTOMER, "contact": "budi", "key": "y"}]
    text = agreement(**{"remedies": REMEDIES, "signatories": signing, **changes})
    return Version(1, texts.as_text(text), "sha256:x")


def terms(objective: str = "availability", **remedies: Any) -> Terms:
    found = shortfalls.of_target(version(remedies={**REMEDIES, **remedies}), objective)
    assert found is not None
    return found


def miss(month: int, objective: str = "availability", by: Terms | None = None) -> Miss:
    """The period of that month, which ended with it."""
    at = datetime(2026 + month // 12, month % 12 + 1, 1, tzinfo=JAKARTA).astimezone(UTC)
    return Miss(f"{objective}/{month}", (by or terms(objective)).rule, "target", objective, PROVIDER, at)


def after(state: Standing | None, events: Sequence[Any]) -> Standing:
    found = reduce(apply, events, state)
    assert found is not None
    return found


def missed(*months: int, by: Terms | None = None, now: datetime = NOW) -> Standing:
    state: Standing | None = None
    for month in months:
        state = after(state, shortfalls.count(state, by or terms(), miss(month), now))
    assert state is not None
    return state


def told(events: Sequence[Any], state: Standing) -> list[str]:
    return [each.type.removeprefix("sepakat.").removesuffix(".v1") for event in events
            for each in of_standing(event, after(state, [event]))]  # fmt: skip


# -- what follows ------------------------------------------------------------------------------------------------------


def test_as_many_misses_as_the_text_says_demand_a_plan_and_then_permit_to_terminate() -> None:
    one = missed(1)
    events = shortfalls.count(one, terms(), miss(3), NOW)
    assert told(events, one) == ["improvement_plan.demanded"]
    two = after(one, events)
    [plan] = two.plans
    assert (plan.id, plan.party, plan.misses) == (PLAN, PROVIDER, ("availability/1", "availability/3"))
    assert plan.draft_by == NOW + 14 * DAY
    events = shortfalls.count(two, terms(), miss(4), NOW)
    assert told(events, two) == ["termination_right.arose"]
    [right] = after(two, events).rights
    assert (right.party, right.until, right.notice_seconds, len(right.misses)) == (CUSTOMER, None, None, 3)
    assert shortfalls.count(two, terms(), miss(3), NOW) == [], "what is known counts once"


def test_misses_count_together_within_the_span_alone() -> None:
    assert len(missed(1, 6).plans) == 1, "of six months both are in"
    assert missed(1, 7).plans == (), "half a year later it is over"
    assert missed(6, 1).plans != (), "figures may come out of order"
    assert missed(1, 7, 12).plans[0].misses == ("availability/7", "availability/12")


def test_targets_are_counted_together_or_each_by_itself_as_the_text_says() -> None:
    together = after(missed(1), shortfalls.count(missed(1), terms("search"), miss(2, "search"), NOW))
    assert len(together.plans) == 1
    each = terms(counted="each"), terms("search", counted="each")
    state: Standing | None = None
    for by, objective in zip(each, ("availability", "search"), strict=True):
        state = after(state, shortfalls.count(state, by, miss(1, objective, by), NOW))
    assert state is not None and state.plans == ()


def test_a_miss_leads_to_one_plan_and_while_one_is_open_to_no_other() -> None:
    state = missed(1, 2, 3, 4)
    assert len(state.plans) == 1
    state = agreed(state)
    state = after(state, plans.close(state, PLAN, CUSTOMER, False, "nothing changed", "budi", NOW))
    state = after(state, shortfalls.count(state, terms(), miss(5), NOW))
    assert [each.misses for each in state.plans][1:] == [("availability/3", "availability/4", "availability/5")]


def test_a_text_without_remedies_lets_nothing_follow() -> None:
    assert shortfalls.of_target(version(remedies=None), "availability") is None
    assert shortfalls.of_obligation(version(), "nothing") is None


def test_an_obligation_has_remedies_of_its_own_and_the_other_party_gets_the_right() -> None:
    duty = {"id": "load", "party": CUSTOMER, "text": {"en": "x"}, "every": "P1M",
            "unmet": {"termination": {"misses": 1, "within": "P1M", "notice": "P30D",
                                      "exerciseWithin": "P60D"}}}  # fmt: skip
    by = shortfalls.of_obligation(version(obligations=[duty]), "load")
    assert by is not None and by.rule == "obligation/load"
    [_, arose] = shortfalls.count(None, by, Miss("o1", by.rule, "obligation", "load", CUSTOMER, NOW), NOW)
    right = arose.right  # type: ignore[union-attr]
    assert (right.party, right.notice_seconds, right.until) == (PROVIDER, 30 * 86_400, NOW + 60 * DAY)


def test_a_right_with_a_time_lapses_and_stands_longer_with_another_miss() -> None:
    by = terms(termination={"misses": 2, "within": "P12M", "exerciseWithin": "P30D"})
    state = missed(1, 2, by=by)
    later = NOW + 20 * DAY
    state = after(state, shortfalls.count(state, by, miss(3), later))
    [right] = state.rights
    assert (right.id, right.since, right.until, len(right.misses)) == ("1", NOW, later + 30 * DAY, 3)
    assert plans.due_at(after(state, plans.fire(state, NOW + 15 * DAY))) == right.until
    state = after(state, plans.fire(state, later + 30 * DAY))
    assert not state.rights[0].stands(later + 30 * DAY)
    state = after(state, shortfalls.count(state, by, miss(4), later + 31 * DAY))
    assert [each.id for each in state.rights if each.stands(later + 31 * DAY)] == ["2"]


def test_a_correction_takes_away_what_nobody_has_acted_on() -> None:
    state = missed(1, 2, 3)
    state = after(state, shortfalls.discount(state, terms(), "availability/2", NOW))
    assert state.plans[0].status is PlanStatus.WITHDRAWN and not state.rights[0].stands(NOW)
    assert shortfalls.discount(state, terms(), "availability/2", NOW) == []
    drafted = after(missed(1, 2), plans.draft(missed(1, 2), PLAN, PROVIDER, "rina", MEASURES, "rina", NOW, PEOPLE))
    drafted = after(drafted, shortfalls.discount(drafted, terms(), "availability/2", NOW))
    assert drafted.plans[0].status is PlanStatus.DRAFTED, "what is being worked on goes on"
    again = after(state, shortfalls.count(state, terms(), miss(2), NOW))
    assert again.plans[1].status is PlanStatus.DEMANDED and again.rights[-1].stands(NOW)


def test_a_right_falls_also_where_others_were_missed_before_those_it_arose_from() -> None:
    by = terms(termination={"misses": 3, "within": "P3M", "exerciseWithin": "P10D"})
    first = missed(1, 2, 3, by=by)
    state = after(first, shortfalls.expire(first, NOW + 11 * DAY))
    later = NOW + 180 * DAY
    for month in (7, 8, 9):
        state = after(state, shortfalls.count(state, by, miss(month), later))
    assert state.rights[-1].misses == tuple(f"availability/{month}" for month in (7, 8, 9))
    state = after(state, shortfalls.discount(state, by, "availability/8", later))
    assert not state.rights[-1].stands(later), "the first three have had their right"


# -- plans -------------------------------------------------------------------------------------------------------------


def agreed(state: Standing) -> Standing:
    state = after(state, plans.draft(state, PLAN, PROVIDER, "rina", MEASURES, "rina", NOW, PEOPLE))
    return after(state, plans.answer(state, PLAN, CUSTOMER, True, None, "budi", NOW))


def test_a_plan_is_drafted_returned_agreed_kept_and_judged() -> None:
    state = missed(1, 2)
    with pytest.raises(Forbidden, match="owed by 'nusantara'"):
        plans.draft(state, PLAN, CUSTOMER, "budi", MEASURES, "budi", NOW, PEOPLE)
    with pytest.raises(NotFound):
        plans.draft(state, "toko-checkout.009", PROVIDER, "rina", MEASURES, "rina", NOW, PEOPLE)
    with pytest.raises(Conflict, match="no draft of it waits"):
        plans.answer(state, PLAN, CUSTOMER, True, None, "budi", NOW)
    with pytest.raises(Invalid) as refused:
        plans.draft(state, PLAN, PROVIDER, "rina", [("x", NOW + DAY), ("late", NOW), ("far", FAR)], "rina", NOW, PEOPLE)
    assert [each.pointer for each in refused.value.problems] == ["/measures/1/due_at", "/measures/2/due_at"]
    with pytest.raises(Invalid) as refused:
        plans.draft(state, PLAN, PROVIDER, "budi", [("late", NOW)], "rina", NOW, PEOPLE)
    assert [each.pointer for each in refused.value.problems] == ["/owner", "/measures/0/due_at"]
    state = after(state, plans.draft(state, PLAN, PROVIDER, "rina", MEASURES[:1], "rina", NOW, PEOPLE))
    assert plans.draft(state, PLAN, PROVIDER, "rina", MEASURES[:1], "rina", NOW, PEOPLE) == []
    state = after(state, plans.answer(state, PLAN, CUSTOMER, False, "and a drill?", "budi", NOW))
    [plan] = state.plans
    assert (plan.status, plan.returned_because, plan.draft_by) == (PlanStatus.RETURNED, "and a drill?", NOW + 14 * DAY)
    with pytest.raises(Conflict, match="one that is agreed"):
        plans.progress(state, PLAN, PROVIDER, "soon", [], "rina", NOW)
    state = agreed(state)
    assert plans.answer(state, PLAN, CUSTOMER, True, None, "budi", NOW) == []
    with pytest.raises(Invalid, match="no measure of it"):
        plans.progress(state, PLAN, PROVIDER, "done", ["3"], "rina", NOW)
    state = after(state, plans.progress(state, PLAN, PROVIDER, "it is bought", ["1"], "rina", NOW + DAY))
    assert plans.progress(state, PLAN, PROVIDER, "it is bought", ["1"], "rina", NOW + DAY) == []
    assert [each.done_at for each in state.plans[0].measures] == [NOW + DAY, None]
    with pytest.raises(Forbidden, match="to whom the plan is owed"):
        plans.close(state, PLAN, PROVIDER, True, "well", "rina", NOW)
    state = after(state, plans.close(state, PLAN, CUSTOMER, True, "no miss since", "budi", NOW + 90 * DAY))
    assert (state.plans[0].status, plans.due_at(state)) == (PlanStatus.EFFECTIVE, None)


def test_a_draft_or_a_measure_that_does_not_come_is_told_once() -> None:
    state = missed(1, 2)
    late = NOW + 14 * DAY + timedelta(milliseconds=1)
    assert (plans.due_at(state), plans.fire(state, NOW + 14 * DAY)) == (late, [])
    events = plans.fire(state, late)
    assert told(events, state) == ["improvement_plan.overdue"]
    state = after(state, events)
    assert (plans.due_at(state), plans.fire(state, late)) == (None, [])
    state = agreed(state)
    state = after(state, plans.fire(state, NOW + 31 * DAY))
    assert [each.overdue_at for each in state.plans[0].measures] == [NOW + 31 * DAY, None]
    assert plans.due_at(state) == NOW + 60 * DAY + timedelta(milliseconds=1)


# -- the right to terminate --------------------------------------------------------------------------------------------


def test_a_right_is_a_cause_with_the_notice_that_the_text_asks_for() -> None:
    text = version().text
    lasting = Agreement(id="toko-checkout", version=1, text=text, hash="x", status=Lasting.ACTIVE)

    def give(right: Right, party: str = CUSTOMER, ground: Any = "cause", now: datetime = NOW) -> Any:
        [given] = term.terminate(lasting, party, date(2026, 9, 30), ground, "missed thrice", "budi", now, right)
        return given.termination  # type: ignore[union-attr]

    right = Right("1", "targets", CUSTOMER, ("a", "b", "c"), NOW)
    assert (give(right).right, give(right).notice, give(right).honoured) == ("1", None, None)
    noticed = Right("1", "targets", CUSTOMER, ("a",), NOW, notice_seconds=30 * 86_400.0)
    assert (give(noticed).notice, give(noticed).honoured) == ("P30D", True)
    assert give(noticed, now=NOW + 50 * DAY).honoured is False
    refused: list[tuple[Callable[[], Any], type[Exception], str]] = [
        (lambda: give(right, PROVIDER), Forbidden, "toko-maju"),
        (lambda: give(right, ground="notice"), Invalid, "must be cause"),
        (lambda: give(Right("1", "targets", CUSTOMER, (), NOW, until=NOW)), Conflict, "does not stand"),
        (lambda: give(Right("1", "targets", CUSTOMER, (), NOW, lapsed_at=NOW)), Conflict, "does not stand"),
    ]
    for attempt, error, words in refused:
        with pytest.raises(error, match=words):
            attempt()


# -- in any order ------------------------------------------------------------------------------------------------------


class Standings(RuleBasedStateMachine):
    """Misses, corrections, plans and time in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.by = terms(termination={"misses": 3, "within": "P12M", "exerciseWithin": "P60D"})
        self.state: Standing | None = None
        self.now = NOW

    def take(self, events: Sequence[Any]) -> None:
        for event in events:
            self.state = apply(self.state, event)
            assert all(each.data for each in of_standing(event, self.state))

    @rule(month=st.integers(1, 18))
    def miss(self, month: int) -> None:
        self.take(shortfalls.count(self.state, self.by, miss(month), self.now))
        assert shortfalls.count(self.state, self.by, miss(month), self.now) == []

    @rule(month=st.integers(1, 18))
    def correct(self, month: int) -> None:
        self.take(shortfalls.discount(self.state, self.by, f"availability/{month}", self.now))

    @rule(hours=st.integers(1, 900))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.take(plans.fire(self.state, self.now))
        assert plans.fire(self.state, self.now) == []

    @rule(what=st.sampled_from(["draft", "agree", "return", "progress", "close"]))
    def act(self, what: str) -> None:
        state = self.state
        if state is None or not state.plans:
            return
        id, now = state.plans[-1].id, self.now
        decide: dict[str, Any] = {
            "draft": lambda: plans.draft(state, id, PROVIDER, "rina", [("x", now + DAY)], "rina", now, PEOPLE),
            "agree": lambda: plans.answer(state, id, CUSTOMER, True, None, "budi", now),
            "return": lambda: plans.answer(state, id, CUSTOMER, False, "no", "budi", now),
            "progress": lambda: plans.progress(state, id, PROVIDER, "x", ["1"], "rina", now),
            "close": lambda: plans.close(state, id, CUSTOMER, True, "x", "budi", now),
        }
        try:
            self.take(decide[what]())
        except Conflict:
            return
        # What is agreed after its date has passed is overdue at once.
        self.take(plans.fire(self.state, self.now))

    @invariant()
    def at_most_one_plan_is_open_and_no_miss_is_in_two(self) -> None:
        if self.state is None:
            return
        assert sum(each.is_open for each in self.state.plans) <= 1
        used = [id for each in self.state.plans if each.status is not PlanStatus.WITHDRAWN for id in each.misses]
        assert len(used) == len(set(used))
        standing = [each for each in self.state.rights if each.stands(self.now)]
        assert len(standing) <= 1
        due = plans.due_at(self.state)
        assert due is None or due > self.now


TestStandings = Standings.TestCase
TestStandings.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
