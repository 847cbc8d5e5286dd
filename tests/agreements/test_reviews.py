"""When reviews are held, what may be done in one, and what its pack says: all of it pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from samples import agreement

from sepakat_agreements import holding, maintenance_schedule, meetings, review
from sepakat_agreements import occurrence as owed_by
from sepakat_agreements.figure import Figure
from sepakat_agreements.handled import Handled
from sepakat_agreements.need import Answer, Need, Statement
from sepakat_agreements.occurrence import Status
from sepakat_agreements.pack import freeze, thawed, written
from sepakat_agreements.packing import Known, packed
from sepakat_agreements.review import Closed, Event, Frozen, Overdue, Reminded, Review
from sepakat_agreements.review_facts import of_review
from sepakat_document.pack import Duty, Pack, Verdict, Work
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound

NOW = datetime(2026, 4, 4, 17, tzinfo=UTC)
DAY = timedelta(days=1)
EMPTY = Frozen("", "sha256:x", NOW)
PEOPLE = ("nusantara/rina", "toko-maju/budi", "nusantara/ops", "toko-maju/ops")


def begun(**changes: Any) -> Review:
    made = Review(
        "toko-checkout.0001", "t", "toko-checkout", 1, 1, "nusantara", "toko-maju", "cadence", NOW - 90 * DAY, NOW,
        "2026-04-10", NOW + 6 * DAY, NOW, "timer", EMPTY, chair="nusantara/rina",
        participants=("nusantara/rina", "toko-maju/budi"), signatories=("nusantara/rina", "toko-maju/budi"),
    )  # fmt: skip
    return replace(made, **changes)


def after(state: Review, events: Any) -> Review:
    for each in events:
        state = review.apply(state, each)
    return state


# -- when --------------------------------------------------------------------------------------------------------------


def reviewed(**clause: Any) -> texts.Review:
    return texts.Review.model_validate({"every": "P3M", "first": "2026-04-10", **clause})


def test_meetings_are_counted_from_the_first_one() -> None:
    given = reviewed(first="2026-01-31", every="P1M")
    days = [date(2026, 1, 30)]
    for _ in range(4):
        found = meetings.next_meeting(given, days[-1])
        assert found is not None
        days.append(found)
    assert days[1:] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    assert meetings.next_meeting(reviewed(every="P0D"), date(2026, 5, 1)) is None
    assert meetings.next_meeting(reviewed(every="P0D"), date(2026, 1, 1)) == date(2026, 4, 10)


def test_the_pack_comes_so_long_before_in_the_time_zone_of_the_term() -> None:
    text = agreement(review={"every": "P3M", "first": "2026-04-10", "packBefore": "P5D"})
    [planned] = meetings.plan(None, text, True, datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(planned, meetings.Planned)
    assert planned.opens_at == datetime(2026, 4, 4, 17, tzinfo=UTC)
    assert meetings.earlier(date(2026, 3, 31), "P1M") == date(2026, 2, 28)
    assert meetings.earlier(date(2026, 3, 31), "P99Y") == date(1927, 3, 31)
    assert meetings.earlier(date(2026, 3, 31), "P5000Y") == date(2, 1, 1)


def test_days_that_had_passed_before_anybody_kept_the_calendar_are_not_met_any_more() -> None:
    text = agreement(review={"every": "P3M", "first": "2026-04-10"})
    calendar: meetings.Calendar | None = None
    for each in meetings.plan(None, text, True, datetime(2026, 8, 1, tzinfo=UTC)):
        calendar = meetings.apply(calendar, each)
    assert calendar is not None and calendar.meeting == "2026-10-10"
    assert meetings.plan(calendar, text, True, datetime(2026, 9, 1, tzinfo=UTC)) == []
    [ended] = meetings.plan(calendar, text, False, datetime(2026, 9, 1, tzinfo=UTC))
    assert meetings.apply(calendar, ended).opens_at is None
    [other] = meetings.plan(
        calendar, agreement(review={"every": "P1M", "first": "2026-09-05"}), True, datetime(2026, 9, 1, tzinfo=UTC)
    )
    assert meetings.apply(calendar, other).meeting == "2026-09-05", "an amendment's cadence is the one that holds"


def test_a_review_that_is_noted_already_moves_nothing() -> None:
    text = agreement(review={"every": "P3M", "first": "2026-04-10"})
    [planned] = meetings.plan(None, text, True, datetime(2026, 1, 1, tzinfo=UTC))
    calendar = meetings.apply(None, planned)
    [noted] = meetings.opened(calendar, 1, "cadence", "2026-04-10", NOW, text)
    calendar = meetings.apply(calendar, noted)
    assert (calendar.meeting, calendar.opened, calendar.until) == ("2026-07-10", 1, NOW)
    assert meetings.opened(calendar, 1, "cadence", "2026-04-10", NOW, text) == []
    [besides] = meetings.opened(calendar, 2, "misses", "2026-05-01", NOW + DAY, text)
    calendar = meetings.apply(calendar, besides)
    assert (calendar.meeting, calendar.missed_until) == ("2026-07-10", NOW + DAY)


# -- in one ------------------------------------------------------------------------------------------------------------


def test_a_decision_has_an_owner_of_either_party_and_a_day() -> None:
    [decided] = holding.decide(begun(), "toko-maju", "probe", "rina", "2026-05-01", PEOPLE, "k", NOW)
    state = review.apply(begun(), decided)
    assert holding.get_decision(state, 1).owner == "nusantara/rina"
    with pytest.raises(NotFound):
        holding.get_decision(state, 2)
    with pytest.raises(Invalid, match="say nusantara/ops or toko-maju/ops"):
        holding.decide(begun(), "toko-maju", "probe", "ops", "2026-05-01", PEOPLE, "k", NOW)
    [of_customer] = holding.decide(begun(), "nusantara", "probe", "toko-maju/ops", "2026-04-04", PEOPLE, "k", NOW)
    assert review.apply(begun(), of_customer).decisions[0].owner == "toko-maju/ops"
    with pytest.raises(Forbidden):
        holding.decide(begun(), "stranger", "probe", "rina", "2026-05-01", PEOPLE, "k", NOW)


def test_neither_party_leaves_the_other_without_room() -> None:
    state = begun()
    for _ in range(holding.MOST_COMMENTS):
        state = after(state, holding.comment(state, "toko-maju", "x", "k", NOW))
    with pytest.raises(Conflict):
        holding.comment(state, "toko-maju", "x", "k", NOW)
    assert holding.comment(state, "nusantara", "x", "k", NOW)
    state = begun()
    for _ in range(holding.MOST_DECISIONS):
        state = after(state, holding.decide(state, "nusantara", "x", "rina", "2026-05-01", PEOPLE, "k", NOW))
    with pytest.raises(Conflict):
        holding.decide(state, "nusantara", "x", "rina", "2026-05-01", PEOPLE, "k", NOW)


def test_the_chairs_party_closes_it_and_either_where_nobody_chairs() -> None:
    with pytest.raises(Forbidden, match="nusantara/rina chairs"):
        holding.close(begun(), "toko-maju", None, EMPTY, "k", NOW)
    state = after(begun(chair=None), holding.close(begun(chair=None), "toko-maju", None, EMPTY, "k", NOW))
    assert (state.state, state.closing_party, state.frozen) == ("closed", "toko-maju", EMPTY)


def test_who_takes_part_is_told_or_all_who_signed_where_the_text_names_nobody() -> None:
    assert begun().people == ("nusantara/rina", "toko-maju/budi")
    assert begun(chair=None, participants=(), signatories=("a/b",)).people == ("a/b",)


def test_a_late_one_is_told_once_a_level_however_late_anybody_looks() -> None:
    state = begun()
    assert holding.fire(state, state.meeting_ends - DAY) == []
    assert holding.fire(state, state.meeting_ends) == [Reminded(state.meeting_ends)]
    late = state.meeting_ends + 20 * DAY
    assert holding.fire(state, late) == [Overdue(2, late)]
    state = after(state, holding.fire(state, late))
    assert (holding.due_at(state), holding.fire(state, late)) == (None, [])


class AnyOrder(RuleBasedStateMachine):
    """Whatever the parties and the time do in whatever order: a closed review is the same for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now = begun(), NOW
        self.closed: Review | None = None

    def take(self, events: Any) -> None:
        self.state = after(self.state, events)
        if self.closed is None and self.state.closed_at is not None:
            self.closed = self.state

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        events: list[Event] = list(holding.fire(self.state, self.now))
        self.take(events)
        assert holding.fire(self.state, self.now) == [], "what is due is done once"
        due = holding.due_at(self.state)
        assert due is None or due > self.now

    @rule(party=st.sampled_from(["nusantara", "toko-maju"]))
    def somebody_comments(self, party: str) -> None:
        if self.closed is None:
            self.take(holding.comment(self.state, party, "x", "k", self.now))
        else:
            with pytest.raises(Conflict):
                holding.comment(self.state, party, "x", "k", self.now)

    @rule(party=st.sampled_from(["nusantara", "toko-maju"]))
    def somebody_decides(self, party: str) -> None:
        if self.closed is None:
            self.take(holding.decide(self.state, party, "x", "budi", "2026-12-01", PEOPLE, "k", self.now))
        else:
            with pytest.raises(Conflict):
                holding.decide(self.state, party, "x", "budi", "2026-12-01", PEOPLE, "k", self.now)

    @rule(words=st.sampled_from([None, "we go on"]))
    def the_chair_closes_it(self, words: str | None) -> None:
        same = self.closed is not None and self.closed.conclusion == words
        if self.closed is None or same:
            events = holding.close(self.state, "nusantara", words, EMPTY, "k", self.now)
            assert same is (events == [])
            self.take(events)
        else:
            with pytest.raises(Conflict):
                holding.close(self.state, "nusantara", words, EMPTY, "k", self.now)

    @precondition(lambda self: self.closed is not None)
    @invariant()
    def closed_is_closed(self) -> None:
        assert self.state == self.closed
        assert holding.due_at(self.state) is None

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for each in (self.state.comments, self.state.decisions):
            assert [one.number for one in each] == list(range(1, len(each) + 1))  # type: ignore[attr-defined]


TestAnyOrder = AnyOrder.TestCase


# -- the pack ----------------------------------------------------------------------------------------------------------


def verdict(attainment: str, met: bool | None, unit: str | None = None) -> Verdict:
    if unit is not None:
        return Verdict(None, None, attainment, unit, "1500", met, "met", "100.0000")
    return Verdict(attainment, None, None, None, "99.9", met, "met" if met else "breached", "99.8000")


def figure(month: int, attainment: str, met: bool | None, **changes: Any) -> Figure:
    start = datetime(2026, month, 1, tzinfo=UTC)
    made = Figure(
        f"toko-checkout/availability/2026-{month:02d}", "toko-checkout", 1, "nusantara", "toko-maju", "checkout",
        "availability", start, datetime(2026, month + 1, 1, tzinfo=UTC), start, measured=verdict(attainment, met),
    )  # fmt: skip
    return replace(made, **changes)


def compiled(text: texts.Agreement | None = None, **known: Any) -> Pack:
    return packed(text or agreement(), 1, 1, "2026-04-10", (NOW - 90 * DAY, NOW), Known(**known), NOW)


def test_a_pack_that_is_frozen_reads_the_same_and_has_one_hash() -> None:
    pack = compiled(figures=[figure(1, "99.9500", True)])
    assert thawed(freeze(pack)) == pack
    assert freeze(pack) == freeze(compiled(figures=[figure(1, "99.9500", True)]))
    assert written(freeze(pack)).startswith(b'{"agreement":"toko-checkout"')
    assert b'"coverage":"99.8000"' in written(freeze(pack)), "coverage stands beside each figure"


@pytest.mark.parametrize(
    ("before", "last", "trend"),
    [("99.9500", "99.9600", "better"), ("99.9500", "99.9400", "worse"), ("99.9500", "99.9500", "same")],
)
def test_the_trend_goes_from_the_period_before_to_the_last_one(before: str, last: str, trend: str) -> None:
    [attained] = compiled(before=[figure(1, before, True)], figures=[figure(2, last, True)]).objectives
    assert attained.trend == trend


def test_the_agreed_figure_counts_and_what_was_not_judged_is_no_miss() -> None:
    agreed = figure(1, "99.8000", False, agreed=verdict("99.9500", True), dispute="d.1")
    [attained] = compiled(figures=[agreed, figure(2, "99.0000", None), figure(3, "99.8000", False)]).objectives
    assert (attained.judged, attained.missed, attained.trend) == (2, 1, "worse")
    assert attained.periods[0].measured.met is False and attained.periods[0].counts.met is True


def test_less_is_better_where_the_target_says_at_most_and_a_retired_objective_is_told_still() -> None:
    latency = {
        "id": "latency", "indicator": "nusantara/latency", "measure": "percentile", "percentile": "99",
        "target": {"atMost": "1500", "unit": "ms"}, "window": {"calendar": "month"},
    }  # fmt: skip
    text = agreement(objectives=[latency])
    figures = [
        figure(i, "0", True, objective="latency", measured=verdict(value, True, "ms"))
        for i, value in ((1, "900"), (2, "800"))
    ] + [figure(2, "99.9500", True)]  # fmt: skip
    tried, retired = compiled(text, figures=figures).objectives
    assert (tried.objective, tried.at_most, tried.target, tried.unit, tried.trend) == (
        "latency", True, "1500", "ms", "better",
    )  # fmt: skip
    assert (retired.objective, retired.target, retired.trend) == ("availability", "99.9", None)


def test_incidents_are_reckoned_by_priority_and_duplicates_count_once() -> None:
    one = Handled(
        "i.1", "I-1", "toko-checkout", "nusantara", "toko-maju", "checkout", {"en": "down"}, "P1", NOW, NOW,
        ended_at=NOW + timedelta(minutes=60), acknowledged_at=NOW + timedelta(minutes=10), resolved_at=NOW + DAY,
        escalations=2, missed=("restore",),
    )  # fmt: skip
    other = replace(one, id="i.2", acknowledged_at=NOW + timedelta(minutes=20), ended_at=None, resolved_at=None)
    pack = compiled(incidents=[one, other, replace(one, id="i.3", merged_into="i.1"), replace(one, priority="P2")])
    first, second = pack.handling
    assert (first.priority, first.count, first.open, first.escalations, first.missed) == ("P1", 2, 1, 4, 2)
    assert (first.acknowledge.mean, first.acknowledge.longest, first.restore.count, first.restore.mean) == (
        900.0, 1200.0, 1, 3600.0,
    )  # fmt: skip
    assert second.count == 1 and len(pack.incidents) == 3


def test_needs_of_the_text_and_the_intake_are_one() -> None:
    stated = Need(
        "n", "toko-checkout", "sell-all-day", "nusantara", "toko-maju", Statement("checkout", {"en": "anew"}, "should"),
        revision=2, answer=Answer("adjusted", ("availability",), "why", "k", NOW),
    )  # fmt: skip
    gone = replace(stated, name="gone", withdrawn_at=NOW)
    [need] = compiled(needs=[stated, gone]).needs
    assert (need.statement, need.priority, need.revision, need.answer) == ({"en": "anew"}, "should", 2, "adjusted")
    [of_text] = compiled().needs
    assert (of_text.priority, of_text.served_by, of_text.revision) == ("must", ("availability",), 0)


def test_obligations_count_as_kept_or_missed_and_one_that_was_excused_as_neither() -> None:
    assert compiled().duties == compiled().works == ()
    backups = owed_by.Duty("toko-checkout", 1, "backups", "nusantara", "toko-maju", "nusantara", None, {"en": "Backup"})
    calendar = owed_by.Occasion("calendar")
    statuses = [Status.MET, Status.MET, Status.MET_LATE, Status.OVERDUE, Status.EXCUSED, Status.VOID, Status.DUE]
    owed = [
        owed_by.Occurrence(f"b{n}", backups, calendar, NOW - DAY, NOW, None, status)
        for n, status in enumerate(statuses)
    ]
    named = replace(backups, obligation="forecast", party="toko-maju", text={"en": "Forecast"})
    owed.append(owed_by.Occurrence("f", named, calendar, NOW - DAY, NOW, None, Status.EXCUSED))
    work = maintenance_schedule.Occurrence("announced", "m1", NOW, NOW + DAY, "awaiting-consent", reason="a new disk")
    pack = compiled(owed=owed, works=[work])
    assert pack.duties == (Duty("backups", "nusantara", {"en": "Backup"}, 2, 2),)
    assert pack.works == (Work("m1", NOW, NOW + DAY, counts=False, reason="a new disk"),)
    assert thawed(freeze(pack)) == pack


def test_a_closed_review_is_told_with_who_owns_what() -> None:
    state = after(begun(), holding.decide(begun(), "toko-maju", "x", "nusantara/ops", "2026-05-01", PEOPLE, "k", NOW))
    [closing] = holding.close(state, "nusantara", None, EMPTY, "k", NOW)
    assert isinstance(closing, Closed)
    [message] = of_review(closing, review.apply(state, closing))
    assert message.data is not None
    assert message.data["recipients"] == ["nusantara/rina", "toko-maju/budi", "nusantara/ops"]
    assert message.data["decisions"] == [
        {"text": "x", "owner": "ops", "owner_party": "nusantara", "due": "2026-05-01"}
    ]  # fmt: skip
