"""Announced maintenance: the text's notice, allowance and days without; consent, moves and cancellations; pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from samples import agreement

from sepakat_agreements import announcing
from sepakat_agreements import maintenance as domain
from sepakat_agreements import maintenance_rules as rules
from sepakat_agreements import maintenance_single as single
from sepakat_agreements import maintenance_timing as timing
from sepakat_agreements.maintenance import Concern, Counted, Diary, Event, Plan, Span, State, Work
from sepakat_agreements.maintenance_facts import of_diary
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound, SepakatError

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL = Concern((), (), (), {"en": "Checkout platform"}, ("nusantara/rina", "toko-maju/budi"))
AGREED: dict[str, Any] = {
    "notice": "P3D",
    "allowance": {"max": "PT4H", "per": "month"},
    "freezes": [{"from": "2026-04-20", "until": "2026-04-22"}],
    "windows": [{"id": "patch", "start": "2026-01-04T01:00:00+01:00", "duration": "PT2H",
                 "rrule": "FREQ=MONTHLY;BYDAY=1SU"}],
}  # fmt: skip
TERM = {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "Europe/Berlin"}
END = datetime(2026, 12, 31, 23, tzinfo=UTC)


def text(**changes: Any) -> texts.Agreement:
    return agreement(term=TERM, maintenance={**AGREED, **changes})


def spans(*starts: datetime, hours: float = 1) -> tuple[Span, ...]:
    return tuple(Span(each, each + timedelta(hours=hours)) for each in starts)


def objections(
    start: datetime, now: datetime = NOW, hours: float = 1, taken: Iterable[Counted] = (), **changes: Any
) -> Any:
    return rules.objections(text(**changes), spans(start, hours=hours), taken, now)


def planned(start: datetime, rrule: str | None = None, hours: float = 1) -> tuple[Span, ...]:
    return rules.planned(text(), start, start + timedelta(hours=hours), rrule, NOW, END)


# -- when --------------------------------------------------------------------------------------------------------------


def test_repeated_work_stays_at_its_local_hour_over_a_clock_change() -> None:
    start = datetime(2026, 3, 22, 1, tzinfo=UTC)  # two in the morning in Berlin, a week before clocks are put forward
    found = planned(start, "FREQ=WEEKLY;COUNT=3")
    assert [each.start.isoformat()[5:16] for each in found] == ["03-22T01:00", "03-29T01:00", "04-05T00:00"]
    assert all(each.end - each.start == HOUR for each in found)


@pytest.mark.parametrize(
    ("rrule", "broken"),
    [
        ("FREQ=HOURLY;COUNT=2", "must be an RFC 5545 rule"),
        ("FREQ=DAILY", "must end"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260501T000000Z", "must end by one"),
        ("FREQ=DAILY;COUNT=201", "200 occurrences at most"),
        ("FREQ=DAILY;COUNT=2;BYHOUR=1", "BYHOUR is not taken"),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "a part twice"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2", "has no occurrence"),
        ("FREQ=DAILY;COUNT=x", "COUNT=x can't be read"),
        ("FREQ=DAILY;COUNT=2;INTERVAL=0", "INTERVAL=0 can't be read"),
        ("FREQ=MONTHLY;COUNT=20", "beyond the agreement"),
    ],
)
def test_a_rule_is_one_that_ends_and_comes_to_something(rrule: str, broken: str) -> None:
    with pytest.raises(Invalid, match=f"^/rrule: .*{broken}"):
        planned(NOW + 4 * DAY, rrule)


def test_every_field_that_breaks_a_rule_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        planned(NOW, "FREQ=DAILY", hours=-1)
    assert [each.pointer for each in refused.value.problems] == ["/start", "/end", "/rrule"]
    with pytest.raises(Invalid, match="after the agreement, which ends at 2026-12-31T23:00:00Z"):
        planned(END)
    with pytest.raises(Invalid, match=r"^/end: is after the next occurrence"):
        planned(NOW + 4 * DAY, "FREQ=DAILY;COUNT=2", hours=25)


# -- the text's rules --------------------------------------------------------------------------------------------------


def test_the_notice_is_in_days_of_the_calendar_of_the_term() -> None:
    now = datetime(2026, 3, 27, 9, tzinfo=UTC)  # ten in Berlin; clocks are put forward on the 29th
    in_time = datetime(2026, 3, 30, 8, tzinfo=UTC)  # ten in Berlin
    assert objections(in_time, now) == ()
    assert objections(in_time - timedelta(milliseconds=1), now) == ("notice",)
    assert objections(now + HOUR, now, notice=None) == ()


def test_a_day_without_maintenance_begins_and_ends_at_midnight_of_the_term() -> None:
    begins, ends = datetime(2026, 4, 19, 22, tzinfo=UTC), datetime(2026, 4, 22, 22, tzinfo=UTC)
    for start, found in ((begins - HOUR, ()), (begins - HOUR / 2, ("freeze",)), (ends - HOUR / 2, ("freeze",)),
                         (ends, ())):  # fmt: skip
        assert objections(start) == found, start


def test_the_windows_of_the_text_and_all_that_is_announced_use_up_one_allowance() -> None:
    start = NOW + 30 * DAY - 2 * DAY  # in April, which has two hours of the monthly window
    assert objections(start, hours=2) == ()
    assert objections(start, hours=2.01) == ("allowance",)
    taken = [Counted(start - 5 * DAY, start - 5 * DAY + HOUR)]
    assert objections(start, hours=1, taken=taken) == ()
    assert objections(start, hours=1.5, taken=taken) == ("allowance",)
    assert objections(start, hours=9, allowance={"max": "PT4H", "per": "month", "excess": "exclude"}) == ()
    assert objections(start, hours=9, allowance=None) == ()


def test_work_within_what_is_taken_already_uses_up_nothing_more() -> None:
    window = datetime(2026, 4, 4, 23, tzinfo=UTC)  # that of the text
    assert objections(window, hours=2) == ()
    start = window + 10 * DAY
    taken = [Counted(start, start + 4 * HOUR)]
    assert objections(start + HOUR, hours=2, taken=taken) == ()


def test_work_over_the_end_of_a_month_uses_up_the_allowance_of_both() -> None:
    midnight = datetime(2026, 4, 30, 22, tzinfo=UTC)
    assert objections(midnight - 2 * HOUR, hours=4) == ()
    assert objections(midnight - 2 * HOUR - timedelta(milliseconds=1), hours=4) == ("allowance",)


def test_a_text_that_provides_for_no_announcements_leaves_all_of_it_to_the_customer() -> None:
    assert objections(NOW + 30 * DAY, notice=None, allowance=None) == ("unforeseen",)
    without = agreement(term=TERM)
    assert rules.objections(without, spans(NOW + 30 * DAY), (), NOW) == ("unforeseen",)


def test_a_window_of_the_text_is_cut_where_there_is_no_maintenance() -> None:
    frozen = text(freezes=[{"from": "2026-04-04", "until": "2026-04-04"}], windows=[
        {"id": "w", "start": "2026-04-04T23:00:00+02:00", "duration": "PT2H"}
    ])  # fmt: skip
    midnight = datetime(2026, 4, 4, 22, tzinfo=UTC)
    # Only the hour after midnight is left of it, and uses up the allowance.
    assert not rules.is_over(frozen, spans(midnight + DAY, hours=3), ())
    assert rules.is_over(frozen, spans(midnight + DAY, hours=3.01), ())


# -- what becomes of it ------------------------------------------------------------------------------------------------


def after(diary: Diary | None, events: Sequence[Event]) -> Diary:
    found = reduce(domain.apply, events, diary)
    assert found is not None
    return found


def announced(*starts: datetime, why: tuple[str, ...] = (), diary: Diary | None = None, at: datetime = NOW) -> Diary:
    plan = Plan(1, spans(*starts), None, why)
    known = diary or Diary("toko-checkout", PROVIDER, CUSTOMER)
    return after(diary, announcing.announce(known, ALL, plan, "a new database", PROVIDER, "key", at))


def work(diary: Diary, id: str = "m1") -> Work:
    return diary.get(id)


START = NOW + 5 * DAY


def test_what_keeps_the_rules_counts_at_once_and_what_does_not_waits() -> None:
    assert work(announced(START)).in_force == (Counted(START, START + HOUR),)
    waiting = work(announced(START, why=("notice",)))
    assert (waiting.state, waiting.in_force) == (State.AWAITING, ())


def test_the_customer_alone_consents_or_refuses_and_only_before_it_begins() -> None:
    diary = announced(START, why=("notice", "allowance"))
    with pytest.raises(Forbidden, match="for the customer"):
        announcing.consent(diary, "m1", diary.get("m1").revision, None, False, PROVIDER, "key", NOW)
    agreed = after(
        diary, announcing.consent(diary, "m1", diary.get("m1").revision, "at night", True, CUSTOMER, "key", NOW + DAY)
    )
    assert work(agreed).in_force == (Counted(START, START + HOUR, True),)
    assert announcing.consent(agreed, "m1", agreed.get("m1").revision, None, True, CUSTOMER, "key", NOW + DAY) == []
    with pytest.raises(Conflict, match="consented"):
        announcing.refuse(agreed, "m1", None, CUSTOMER, "key", NOW + DAY)
    refused = after(diary, announcing.refuse(diary, "m1", None, CUSTOMER, "key", NOW))
    assert (work(refused).state, work(refused).in_force) == (State.REFUSED, ())
    with pytest.raises(Conflict, match="is refused"):
        announcing.consent(refused, "m1", refused.get("m1").revision, None, False, CUSTOMER, "key", NOW)
    with pytest.raises(Conflict, match="begun without consent"):
        announcing.consent(diary, "m1", diary.get("m1").revision, None, False, CUSTOMER, "key", START)
    with pytest.raises(Conflict, match="needs no consent"):
        announcing.consent(announced(START), "m1", 1, None, False, CUSTOMER, "key", NOW)


def test_consent_is_to_what_was_read_and_not_to_what_it_was_moved_to() -> None:
    diary = announced(START, why=("notice",))
    plan = Plan(1, spans(START + DAY), None, ("notice",))
    moved = after(diary, announcing.move(diary, "m1", plan, "later", PROVIDER, "key", NOW))
    with pytest.raises(Conflict, match=r"changed since revision 1 was read.* it is 2 now"):
        announcing.consent(moved, "m1", 1, None, False, CUSTOMER, "key", NOW)
    agreed = after(moved, announcing.consent(moved, "m1", 2, None, False, CUSTOMER, "key", NOW))
    assert announcing.consent(agreed, "m1", 2, None, False, CUSTOMER, "key", NOW) == [], "sent again"


def test_without_consent_it_lapses_when_it_begins_and_never_counts() -> None:
    diary = announced(START, why=("notice",))
    assert [type(each).__name__ for each in timing.fire(diary, START - DAY)] == ["Reminded"]
    diary = after(diary, timing.fire(diary, START - DAY))
    assert (timing.due_at(diary), timing.fire(diary, START - timedelta(seconds=1))) == (START, [])
    diary = after(diary, timing.fire(diary, START))
    assert (work(diary).state, work(diary).in_force, timing.due_at(diary)) == (State.LAPSED, (), None)
    late = announced(START, why=("notice",))
    assert [type(each).__name__ for each in timing.fire(late, START + DAY)] == ["Lapsed"], "and nobody is reminded late"


def test_what_is_cancelled_while_it_runs_counts_until_then() -> None:
    diary = announced(START, START + DAY)
    cancelled = after(diary, announcing.cancel(diary, "m1", "done early", PROVIDER, "key", START + HOUR / 2))
    assert work(cancelled).in_force == (Counted(START, START + HOUR / 2),)
    assert announcing.cancel(cancelled, "m1", "again", PROVIDER, "key", START + DAY) == []
    before = after(diary, announcing.cancel(diary, "m1", "not needed", PROVIDER, "key", START))
    assert work(before).in_force == () and timing.due_at(before) is None
    with pytest.raises(Conflict, match="is over"):
        announcing.cancel(diary, "m1", "too late", PROVIDER, "key", START + DAY + HOUR)
    with pytest.raises(Forbidden, match="by the provider"):
        announcing.cancel(diary, "m1", "no", CUSTOMER, "key", NOW)
    with pytest.raises(NotFound):
        announcing.cancel(diary, "m2", "no", PROVIDER, "key", NOW)


def test_what_is_moved_is_announced_anew_and_what_is_over_stays() -> None:
    diary = announced(START, START + DAY)
    at = START + 2 * HOUR
    there = START + 9 * DAY
    moved = after(diary, announcing.move(diary, "m1", Plan(2, spans(there), None, ()), "later", PROVIDER, "key", at))
    assert work(moved).in_force == (Counted(START, START + HOUR), Counted(there, there + HOUR))
    short = Plan(1, spans(there), None, ("notice",))
    late = after(diary, announcing.move(diary, "m1", short, "x", PROVIDER, "key", at))
    assert (work(late).state, work(late).in_force) == (State.AWAITING, (Counted(START, START + HOUR),))
    assert work(late).revision == 2
    assert announcing.move(moved, "m1", Plan(2, spans(there), None, ()), "the same", PROVIDER, "key", at) == []


def test_consent_to_one_plan_is_none_to_another() -> None:
    diary = announced(START, why=("notice",))
    diary = after(diary, announcing.consent(diary, "m1", diary.get("m1").revision, None, True, CUSTOMER, "key", NOW))
    plan = Plan(1, spans(START + DAY), None, ("notice",))
    moved = after(diary, announcing.move(diary, "m1", plan, "later", PROVIDER, "key", NOW))
    assert (work(moved).state, work(moved).beyond_allowance) == (State.AWAITING, False)


def test_each_occurrence_is_reminded_of_a_day_ahead_once() -> None:
    diary = announced(START, START + 7 * DAY)
    told: list[tuple[datetime, datetime]] = []
    while (due := timing.due_at(diary)) is not None:
        events = timing.fire(diary, due)
        told += [(due, each.starts_at) for each in events if isinstance(each, domain.Reminded)]
        diary = after(diary, events)
    assert told == [(START - DAY, START), (START + 6 * DAY, START + 7 * DAY)]
    near = announced(NOW + HOUR)
    assert timing.due_at(near) is None, "who announces it within a day has told of it"


def test_a_reminder_that_came_too_late_is_none() -> None:
    diary = announced(START, START + DAY / 2, START + 7 * DAY)
    events = timing.fire(diary, START + HOUR)
    assert [each.starts_at for each in events if isinstance(each, domain.Reminded)] == [START + DAY / 2]
    over = after(announced(START), timing.fire(announced(START), START + DAY))
    assert timing.due_at(over) is None
    assert list(of_diary(timing.fire(announced(START), START + DAY)[0], over)) == [], "nobody is told"


def test_what_is_planned_when_the_agreement_has_ended_is_cancelled() -> None:
    diary = announced(START)
    events = timing.fire(diary, START - DAY, ended_at=NOW + DAY)
    assert events == [domain.Cancelled("m1", "the agreement has ended", "timer", START - DAY)]


def test_what_is_told_is_all_of_it_and_says_who_is_written_to() -> None:
    diary = announced(START, why=("notice",))
    (event,) = timing.fire(diary, START - DAY)
    (reminded,) = of_diary(event, after(diary, [event]))
    data = reminded.data
    assert data is not None and reminded.type == "sepakat.maintenance.reminded.v1"
    assert (data["contacts"], data["needs_consent"], data["in_force"], data["revision"]) == (
        ["budi"],
        ["notice"],
        [],
        2,
    )
    events = announcing.consent(diary, "m1", diary.get("m1").revision, None, False, CUSTOMER, "key", NOW)
    (consented,) = of_diary(events[0], after(diary, events))
    assert consented.data is not None and consented.data["contacts"] == ["rina", "budi"]
    assert [each["start"] for each in consented.data["in_force"]] == ["2026-03-25T09:00:00.000Z"]


# -- any order ---------------------------------------------------------------------------------------------------------

MINUTES = st.integers(0, 6 * 24 * 60).map(lambda n: timedelta(minutes=30 * (n // 30)))
IDS = st.sampled_from(("m1", "m2", "m3"))
PARTIES = st.sampled_from((PROVIDER, CUSTOMER))


class MaintenanceMachine(RuleBasedStateMachine):
    """What both parties and the timer may try at any time; `past` is what counted, minute for minute, as time went."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.diary = Diary("toko-checkout", PROVIDER, CUSTOMER)
        self.past: dict[int, bool] = {}

    def attempt(self, decide: Any, *given: Any) -> None:
        try:
            events = decide(self.diary, *given)
        except SepakatError:
            return
        before = {each.id: each.revision for each in self.diary.works}
        self.diary = after(self.diary, events)
        for each in self.diary.works:
            assert each.revision >= before.get(each.id, 0)

    def plan(self, start: datetime, hours: int, taken: Iterable[Counted]) -> Plan:
        occurrences = spans(start, start + 2 * DAY, hours=hours)
        return Plan(1, occurrences, None, rules.objections(text(), occurrences, taken, self.now))

    @rule(ahead=MINUTES, hours=st.integers(1, 3))
    def announce(self, ahead: timedelta, hours: int) -> None:
        if len(self.diary.works) < 3:
            plan = self.plan(self.now + ahead + HOUR, hours, self.diary.within_allowance(None, self.now))
            self.attempt(announcing.announce, ALL, plan, "x", PROVIDER, "key", self.now)

    @rule(id=IDS, ahead=MINUTES, hours=st.integers(1, 3), party=PARTIES)
    def move(self, id: str, ahead: timedelta, hours: int, party: str) -> None:
        plan = self.plan(self.now + ahead + HOUR, hours, self.diary.within_allowance(id, self.now))
        self.attempt(announcing.move, id, plan, "x", party, "key", self.now)

    @rule(id=IDS, party=PARTIES)
    def cancel(self, id: str, party: str) -> None:
        self.attempt(announcing.cancel, id, "x", party, "key", self.now)

    @rule(id=IDS, nth=st.integers(0, 1), party=PARTIES)
    def cancel_one(self, id: str, nth: int, party: str) -> None:
        for each in self.nth(id, nth):
            self.attempt(single.cancel_one, id, each.start, "x", party, "key", self.now)

    @rule(id=IDS, nth=st.integers(0, 1), ahead=MINUTES, hours=st.integers(1, 3))
    def move_one(self, id: str, nth: int, ahead: timedelta, hours: int) -> None:
        for each in self.nth(id, nth):
            occurrences = spans(self.now + ahead + HOUR, hours=hours)
            taken = single.without_one(self.diary, id, each.start, self.now).within_allowance(None, self.now)
            plan = Plan(1, occurrences, None, rules.objections(text(), occurrences, taken, self.now))
            self.attempt(single.move_one, id, each.start, plan, "x", PROVIDER, "key", self.now)

    def nth(self, id: str, nth: int) -> Sequence[Span]:
        planned = [each.plan.occurrences for each in self.diary.works if each.id == id]
        return planned[0][nth : nth + 1] if planned else ()

    @rule(id=IDS, party=PARTIES)
    def consent(self, id: str, party: str) -> None:
        if any(each.id == id for each in self.diary.works):
            taken = self.diary.within_allowance(id, self.now)
            work = self.diary.get(id)
            over = rules.is_over(text(), work.plan.occurrences, taken)
            self.attempt(announcing.consent, id, work.revision, None, over, party, "key", self.now)

    @rule(id=IDS, party=PARTIES)
    def refuse(self, id: str, party: str) -> None:
        self.attempt(announcing.refuse, id, None, party, "key", self.now)

    @rule(by=MINUTES)
    def time_passes(self, by: timedelta) -> None:
        until = self.now + by
        while (due := timing.due_at(self.diary)) is not None and due <= until:
            events = timing.fire(self.diary, max(due, self.now))
            assert events, f"something is due at {due}, and nothing is done"
            self.diary = after(self.diary, events)
        at = self.now
        while at < until:
            self.past[to_ms(at)] = self.counts(at)
            at += timedelta(minutes=30)
        self.now = until

    def counts(self, at: datetime) -> bool:
        return any(each.start <= at < each.end for work in self.diary.works for each in work.in_force)

    @invariant()
    def what_is_over_never_changes(self) -> None:
        for at, counted in self.past.items():
            assert self.counts(datetime.fromtimestamp(at / 1000, UTC)) is counted

    @invariant()
    def nothing_counts_that_breaks_a_rule_without_consent(self) -> None:
        for each in self.diary.works:
            if each.state in (State.AWAITING, State.REFUSED, State.LAPSED):
                assert each.in_force == each.kept

    @invariant()
    def what_counts_within_the_allowance_keeps_it(self) -> None:
        taken = [Span(each.start, each.end) for each in self.diary.within_allowance(None, self.now)]
        assert not taken or not rules.is_over(text(), taken, ())


TestAnyOrder = MaintenanceMachine.TestCase
TestAnyOrder.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
