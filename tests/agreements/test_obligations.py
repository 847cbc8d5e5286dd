"""When obligations are due, and what becomes of each time that one is owed: pure decisions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import islice, pairwise
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, MagicMock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from samples import agreement, agreement_dict

from sepakat_agreements import evidence, roster, schedule
from sepakat_agreements import occurrence as domain
from sepakat_agreements.agreement import Agreement
from sepakat_agreements.agreement import Status as Standing
from sepakat_agreements.duties import Happened, by_event, by_request, duty_of
from sepakat_agreements.obligation_facts import of_occurrence
from sepakat_agreements.obligation_store import Obligations
from sepakat_agreements.occurrence import Occasion, Occurrence, Status
from sepakat_agreements.roster import Roster
from sepakat_agreements.schedule import Dates, Slot
from sepakat_shared import spans
from sepakat_shared.aggregate import Loaded
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound
from sepakat_shared.references import Reference

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
JAKARTA = ZoneInfo("Asia/Jakarta")
DAY = timedelta(days=1)
NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
PROOF = Reference("load.pdf", "application/pdf", 5, "0" * 64, "https://files.example/load.pdf")
OFFICE = {"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"},
          "holidays": {"country": "ID", "add": ["2026-03-16"]}}  # fmt: skip


def written(id: str = "report", party: str = PROVIDER, **more: Any) -> dict[str, Any]:
    return {"id": id, "party": party, "owner": "rina", "text": {"en": "A report", "id": "Laporan"}, **more}


def text_with(*obligations: dict[str, Any], **changes: Any) -> texts.Agreement:
    signing = [
        {"party": PROVIDER, "contact": "rina", "key": "ed25519:x"},
        {"party": CUSTOMER, "contact": "budi", "key": "ed25519:y"},
    ]
    return agreement(obligations=obligations, calendars=[OFFICE], signatories=signing, **changes)


def in_force(*obligations: dict[str, Any], **changes: Any) -> Agreement:
    text = texts.as_text(text_with(*obligations))
    given: dict[str, Any] = {"status": Standing.ACTIVE, "effective_from": local(2026, 1, 1), **changes}
    return Agreement(id="toko-checkout", version=1, text=text, hash="sha256:x", **given)


def local(*at: int) -> datetime:
    return datetime(*at, tzinfo=JAKARTA)  # type: ignore[misc, arg-type]


def due(count: int, after: datetime = NOW, **obligation: Any) -> list[date]:
    """The last days of the next intervals, in Jakarta."""
    found = islice(schedule.slots(dates(**obligation), after), count)
    return [(each.due_at - timedelta(milliseconds=1)).astimezone(JAKARTA).date() for each in found]


def dates(**obligation: Any) -> Dates:
    text = text_with(written(**obligation))
    return Dates.of(text.obligations[0], text.calendars, text.term)


def march(*days: int) -> list[date]:
    return [date(2026, 3, each) for each in days]


# -- when --------------------------------------------------------------------------------------------------------------


def test_what_is_due_once_is_due_by_the_end_of_its_day() -> None:
    assert due(9, due="2026-03-20") == march(20)
    assert due(9, due="2026-03-09") == [], "it was before"
    (slot,) = schedule.slots(dates(due="2026-03-20"), NOW)
    assert slot == Slot(NOW, local(2026, 3, 21).astimezone(UTC))


def test_what_is_due_every_so_long_is_due_by_the_end_of_each_interval() -> None:
    assert due(3, every="P1D") == march(10, 11, 12)
    assert due(2, every="P1W", first="2026-03-02") == march(15, 22)
    assert due(3, every="P1M", first="2026-01-31") == [date(2026, 3, 30), date(2026, 4, 29), date(2026, 5, 30)]
    assert due(2, every="P1M", within="P5D", first="2026-01-01") == [date(2026, 4, 5), date(2026, 5, 5)]


def test_an_interval_begins_where_the_one_before_ends() -> None:
    first, second = islice(schedule.slots(dates(every="P1W", first="2026-03-02"), NOW), 2)
    assert (first.begins_at, first.due_at) == (local(2026, 3, 9), local(2026, 3, 16))
    assert second.begins_at == first.due_at
    ruled = list(islice(schedule.slots(dates(rrule="FREQ=MONTHLY;BYDAY=1MO"), NOW), 2))
    assert [each.due_at for each in ruled] == [local(2026, 4, 7), local(2026, 5, 5)]
    assert ruled[1].begins_at == ruled[0].due_at


def test_a_rule_says_the_days_itself() -> None:
    assert due(3, rrule="FREQ=WEEKLY;BYDAY=TU,FR") == march(10, 13, 17)
    assert due(9, rrule="FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260501") == [date(2026, 3, 15), date(2026, 4, 15)]
    assert due(9, rrule="FREQ=DAILY;UNTIL=20260312") == march(10, 11, 12)
    assert due(9, rrule="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30") == [], "a day that never comes"
    assert due(2, rrule="FREQ=WEEKLY;BYDAY=MO", within="P2D") == march(10, 17)


def test_a_day_beyond_all_calendars_is_taken_to_be_the_last_one() -> None:
    assert due(1, due="9999-12-31") == due(1, due="9999-12-31", calendar="office") == [spans.LAST_DAY]


def test_a_day_without_hours_moves_to_the_next_one_that_has_some() -> None:
    assert due(4, every="P1D", calendar="office", after=local(2026, 3, 12)) == march(12, 13, 17, 18)
    assert due(1, due="2026-03-14", calendar="office") == march(17), "a weekend, and a holiday after it"


def test_hours_of_a_calendar_count_alone() -> None:
    on_request = dates(within="PT10H", calendar="office")
    friday = local(2026, 3, 13, 15)
    assert schedule.due_after(on_request, friday) == local(2026, 3, 17, 16), "two hours, and eight on Tuesday"
    assert schedule.due_after(dates(within="PT10H"), friday) == friday + timedelta(hours=10)


def test_its_owner_is_told_a_day_before_or_as_agreed_or_at_once_where_something_asks_for_it() -> None:
    week = Slot(NOW, NOW + 7 * DAY)

    def told(slot: Slot, **obligation: Any) -> datetime | None:
        return schedule.remind_at(dates(**obligation).obligation, slot)

    assert told(week, every="P1W") == week.due_at - DAY
    assert told(week, every="P1W", remind="P3D") == week.due_at - 3 * DAY
    assert told(week, every="P1W", remind="PT0S") is None
    assert told(Slot(NOW, NOW + DAY), every="P1D") is None, "there is no time to be told ahead"
    assert told(Slot(NOW, NOW + timedelta(minutes=30)), within="PT30M") == NOW


@settings(max_examples=60, deadline=None)
@given(
    every=st.sampled_from(["P1D", "P3D", "P1W", "P2W", "P1M", "P3M", "P1Y", "P1M10D"]),
    zone=st.sampled_from(["Asia/Jakarta", "Europe/Berlin", "America/Santiago", "Pacific/Apia"]),
    hours=st.integers(0, 3 * 366 * 24), calendar=st.booleans(),
)  # fmt: skip
def test_intervals_leave_no_gap_whatever_the_clock_does(every: str, zone: str, hours: int, calendar: bool) -> None:
    term = {"from": "2024-01-31", "until": "2030-12-31", "timeZone": zone}
    text = text_with(written(every=every, **({"calendar": "office"} if calendar else {})), term=term)
    after = datetime(2024, 2, 2, tzinfo=UTC) + timedelta(hours=hours)
    found = list(islice(schedule.slots(Dates.of(text.obligations[0], text.calendars, text.term), after), 6))
    assert len(found) == 6
    for one, other in pairwise(found):
        assert one.due_at > after and one.due_at <= other.due_at
        assert one.begins_at < other.begins_at
        if not calendar:
            assert one.due_at == other.begins_at
    if not calendar:
        assert found[0].begins_at <= after, "the present interval is one of them"


# -- the roster --------------------------------------------------------------------------------------------------------


def assigned(agreed: Agreement, known: Roster | None = None, since: datetime | None = None) -> Roster:
    state = reduce(roster.apply, roster.assign(known, agreed, since), known)
    assert state is not None
    return state


def moved(state: Roster, now: datetime) -> tuple[Roster, list[Slot]]:
    begun = roster.pending(state, now)
    return reduce(roster.apply, roster.advance(state, begun), state), [slot for _, slot in begun]


def test_the_present_interval_is_owed_and_the_next_one_when_it_begins() -> None:
    state = assigned(in_force(written(every="P1W", first="2026-01-05")), since=NOW)
    assert roster.next_at(state) == NOW
    state, begun = moved(state, NOW)
    assert [each.due_at for each in begun] == [local(2026, 3, 16)] and begun[0].begins_at == NOW
    assert (roster.next_at(state), roster.pending(state, NOW)) == (local(2026, 3, 16), [])
    state, begun = moved(state, local(2026, 4, 1))
    assert [each.due_at for each in begun] == [local(2026, 3, 23), local(2026, 3, 30), local(2026, 4, 6)], (
        "nobody was there for weeks"
    )


def test_nothing_is_owed_of_the_time_before_or_after_the_agreement() -> None:
    state = assigned(in_force(written(every="P1M"), written("once", due="2027-01-05")))
    assert state.since == local(2026, 1, 1)
    _, begun = moved(state, local(2027, 3, 1))
    assert len(begun) == 12 and begun[-1].due_at == local(2027, 1, 1)
    assert roster.assign(None, in_force(written(every="P1M"), status=Standing.SIGNED)) == []


def test_an_amendment_goes_on_from_what_was_begun() -> None:
    state, _ = moved(assigned(in_force(written(every="P1W", first="2026-01-05")), since=NOW), NOW)
    later = NOW + 2 * DAY
    amended = in_force(written(every="P1D"), written("new", every="P1D"), effective_from=later)
    after = assigned(Agreement(**{**vars(amended), "version": 2}), state)
    assert after.begun == state.begun
    state, _ = moved(after, local(2026, 3, 16))
    assert state.begun == {"report": local(2026, 3, 17), "new": local(2026, 3, 17)}
    assert roster.assign(after, Agreement(**{**vars(amended), "version": 2})) == []


def test_an_agreement_that_ends_earlier_makes_nothing_due_after_that() -> None:
    state, _ = moved(assigned(in_force(written(every="P1W", first="2026-01-05")), since=NOW), NOW)
    over = in_force(written(every="P1W", first="2026-01-05"), status=Standing.TERMINATED, ended_at=local(2026, 3, 20))
    after = assigned(over, state)
    assert after.until == local(2026, 3, 20) and roster.next_at(after) is None


# -- events and requests -----------------------------------------------------------------------------------------------


def test_an_incident_of_a_priority_or_a_missed_target_makes_due_what_is_about_it() -> None:
    agreed = in_force(
        written("note", within="P2D", trigger={"event": "incident-resolved", "priorities": ["P1"]}),
        written("call", within="PT1H", trigger={"event": "target-missed", "objectives": ["availability"]}),
        written("any", within="PT1H", trigger={"event": "target-missed"}),
    )
    resolved = Happened("incident-resolved", "x.0001", "x.0001 resolved", NOW, "P1")
    (begun,) = by_event(agreed, resolved)
    assert (begun.duty.obligation, begun.due_at, begun.occasion) == (
        "note",
        NOW + 2 * DAY,
        Occasion("incident", "x.0001"),
    )
    assert [each.id for each in by_event(agreed, resolved)] == [begun.id], "the same event is the same occurrence"
    assert list(by_event(agreed, Happened("incident-resolved", "x.0002", "x.0002 resolved", NOW, "P2"))) == []
    assert list(by_event(agreed, Happened("incident-opened", "x.0001", "x.0001 opened", NOW, "P1"))) == []
    missed = Happened("target-missed", "other", "k", NOW)
    assert [each.duty.obligation for each in by_event(agreed, missed)] == ["any"]


def test_what_is_due_on_request_the_other_party_asks_for() -> None:
    agreed = in_force(written("contact", CUSTOMER, within="PT30M", after="contact-request"), written(every="P1D"))
    asked = by_request(agreed, "contact", 0, PROVIDER, "x.0001", "whom do we call?", "rina", NOW)
    assert (asked.due_at, asked.remind_at, asked.duty.party) == (NOW + timedelta(minutes=30), NOW, CUSTOMER)
    with pytest.raises(Forbidden, match="the other party asks"):
        by_request(agreed, "contact", 0, CUSTOMER, None, None, "budi", NOW)
    with pytest.raises(Conflict, match="not due on request"):
        by_request(agreed, "report", 0, CUSTOMER, None, None, "budi", NOW)
    with pytest.raises(NotFound, match="there: contact, report"):
        by_request(agreed, "nothing", 0, CUSTOMER, None, None, "budi", NOW)


class Kept:
    """The occurrences that a database would keep, and nothing else of it."""

    def __init__(self) -> None:
        self.known: dict[str, Loaded[Occurrence]] = {}
        self.states = self

    def find(self, asked: str | dict[str, Any]) -> Any:
        if isinstance(asked, str):
            return self._one(asked)
        about = asked["about"]
        found = [each for each in self.known.values() if each.state.occasion.about == about]
        return SimpleNamespace(to_list=AsyncMock(return_value=found))

    async def _one(self, id: str) -> Loaded[Occurrence] | None:
        return self.known.get(id)

    async def get(self, id: str) -> Loaded[Occurrence]:
        return self.known[id]

    def read(self, document: Loaded[Occurrence]) -> Loaded[Occurrence]:
        return document

    async def execute(self, id: str, decide: Any, **_given: Any) -> None:
        before = self.known.get(id)
        state = reduce(domain.apply, decide(before.state if before else None, NOW), before.state if before else None)
        assert state is not None
        self.known[id] = Loaded(id, state, 1, "")


async def test_to_ask_again_while_it_is_open_makes_no_second_miss() -> None:
    obligations = Obligations(MagicMock(clock=SimpleNamespace(now=lambda: NOW)), MagicMock())
    kept = Kept()
    obligations.all = kept  # type: ignore[assignment]
    agreed = in_force(written("contact", CUSTOMER, within="PT30M", after="contact-request"))

    async def asked(about: str | None) -> Occurrence:
        return await obligations.request(agreed, "contact", PROVIDER, about, None, "rina")

    first = await asked("x.0001")
    assert (await asked("x.0001")).id == first.id and (await asked(None)).id != first.id
    assert len(kept.known) == 2
    await kept.execute(first.id, lambda each, now: domain.fulfil(each, CUSTOMER, (), "called", "budi", now))
    assert (await asked("x.0001")).id != first.id, "what was met is asked for anew"


# -- each time ---------------------------------------------------------------------------------------------------------


def owed(**changes: Any) -> Occurrence:
    agreed = in_force(written(every="P1M", unmet={"pauses": ["availability"]}))
    duty = duty_of(agreed, text_with(written(every="P1M", unmet={"pauses": ["availability"]})).obligations[0])
    base: dict[str, Any] = {
        "id": "o1", "duty": duty, "occasion": Occasion("calendar"), "begins_at": NOW, "due_at": NOW + 10 * DAY,
        "remind_at": NOW + 9 * DAY, "status": Status.UPCOMING,
    }  # fmt: skip
    return Occurrence(**{**base, **changes})


def after(state: Occurrence, events: Sequence[Any]) -> Occurrence:
    return reduce(domain.apply, events, state)


@pytest.mark.parametrize(("named", "services"), [(["checkout", "search"], ("checkout", "search")), (["checkout"], ())])
def test_what_it_pauses_is_of_the_services_that_all_of_its_objectives_name(
    named: list[str], services: tuple[str, ...]
) -> None:
    objective = agreement_dict()["objectives"][0]
    ids = ["availability", "answers"]
    objectives = [{**objective, "id": id} for id in ids]
    for each, service in zip(objectives, named, strict=False):
        each["service"] = service
    text = agreement(
        obligations=[written(party=CUSTOMER, every="P1M", unmet={"pauses": ids})], objectives=objectives,
        services=[{"id": each, "description": {"en": each}} for each in ("checkout", "search")],
    )  # fmt: skip
    agreed = replace(in_force(), text=texts.as_text(text))
    assert duty_of(agreed, text.obligations[0]).services == services


LATE = NOW + 10 * DAY + timedelta(milliseconds=1)


def test_its_owner_is_told_ahead_and_it_is_late_one_millisecond_after_it_was_due() -> None:
    state = owed()
    assert domain.next_at(state) == NOW + 9 * DAY
    state = after(state, domain.fire(state, NOW + 9 * DAY))
    assert (state.status, domain.next_at(state)) == (Status.DUE, LATE)
    assert domain.fire(state, state.due_at) == []
    state = after(state, domain.fire(state, LATE))
    assert (state.status, domain.next_at(state), domain.fire(state, LATE + DAY)) == (Status.OVERDUE, None, [])
    late = owed()
    assert [type(each) for each in domain.fire(late, LATE)] == [domain.Missed], "a reminder of what has passed"
    urgent = owed(remind_at=NOW)
    assert [type(each) for each in domain.begin(None, urgent, NOW)] == [domain.Begun, domain.Reminded]
    assert domain.begin(urgent, urgent, NOW) == []


def test_whoever_owes_it_says_that_it_is_met_with_evidence_and_the_other_accepts_that() -> None:
    state = owed()
    with pytest.raises(Forbidden, match="nusantara"):
        domain.fulfil(state, CUSTOMER, (PROOF,), None, "budi", NOW)
    state = after(state, domain.fulfil(state, PROVIDER, (PROOF,), "here", "rina", state.due_at))
    assert (state.status, state.evidence, state.unmet, domain.next_at(state)) == (Status.MET, (PROOF,), None, None)
    assert domain.fulfil(state, PROVIDER, (PROOF,), "here", "rina", LATE) == [], "a repeat changes nothing"
    with pytest.raises(Forbidden, match="to whom the obligation is owed"):
        domain.answer(state, PROVIDER, True, None, "rina", NOW)
    state = after(state, domain.answer(state, CUSTOMER, True, None, "budi", NOW))
    assert domain.answer(state, CUSTOMER, True, None, "budi", NOW) == []
    with pytest.raises(Conflict, match="raise a dispute"):
        domain.answer(state, CUSTOMER, False, "no", "budi", NOW)
    with pytest.raises(Conflict, match="nothing is to be added"):
        domain.fulfil(state, PROVIDER, (), None, "rina", NOW)


def test_contested_evidence_is_replaced_by_better_one_and_that_makes_nothing_late() -> None:
    state = after(owed(), domain.fulfil(owed(), PROVIDER, (), None, "rina", NOW))
    state = after(state, domain.answer(state, CUSTOMER, False, "of last month", "budi", NOW))
    assert (state.status, state.contested) == (Status.MET, "of last month")
    assert domain.answer(state, CUSTOMER, False, "of last month", "budi", NOW) == []
    state = after(state, domain.fulfil(state, PROVIDER, (PROOF,), None, "rina", LATE + DAY))
    assert (state.status, state.contested, state.met_at, state.evidence) == (Status.MET, None, NOW, (PROOF,))


def test_what_was_late_was_unmet_from_its_due_instant_until_it_was_met() -> None:
    state = after(owed(), domain.fire(owed(), LATE))
    state = after(state, domain.fulfil(state, PROVIDER, (PROOF,), None, "rina", LATE + DAY))
    assert (state.status, state.unmet) == (Status.MET_LATE, (NOW + 10 * DAY, LATE + DAY))
    forgiven = after(state, domain.excuse(state, CUSTOMER, "our fault", "budi", LATE + 2 * DAY))
    assert (forgiven.status, forgiven.unmet) == (Status.EXCUSED, state.unmet)


def test_the_other_party_may_excuse_what_is_not_met_and_nobody_else_may() -> None:
    state = after(owed(), domain.fire(owed(), LATE))
    with pytest.raises(Forbidden):
        domain.excuse(state, PROVIDER, "holidays", "rina", LATE)
    state = after(state, domain.excuse(state, CUSTOMER, "holidays", "budi", LATE + DAY))
    assert (state.status, state.unmet) == (Status.EXCUSED, (NOW + 10 * DAY, LATE + DAY))
    assert domain.excuse(state, CUSTOMER, "holidays", "budi", LATE + DAY) == []
    for refused in (
        lambda: domain.fulfil(state, PROVIDER, (), None, "rina", LATE),
        lambda: domain.answer(state, CUSTOMER, True, None, "budi", LATE),
    ):
        with pytest.raises(Conflict, match="excused"):
            refused()
    met = after(owed(), domain.fulfil(owed(), PROVIDER, (), None, "rina", NOW))
    with pytest.raises(Conflict, match="nothing to excuse"):
        domain.excuse(met, CUSTOMER, "x", "budi", NOW)
    assert domain.void(met, "ended", NOW) == []


def test_what_asked_for_it_may_be_taken_back_and_come_again() -> None:
    late = after(owed(), domain.fulfil(owed(), PROVIDER, (PROOF,), None, "rina", LATE))
    assert domain.void(late, "ended", LATE) == [], "that it was late stays so"
    gone = after(late, domain.void(late, "retracted", LATE + DAY))
    assert (gone.status, gone.reason) == (Status.VOID, "retracted")
    assert domain.void(gone, "retracted", LATE + DAY) == []
    again = after(gone, domain.begin(gone, replace(owed(), due_at=LATE + 10 * DAY, remind_at=None), LATE + 2 * DAY))
    assert (again.status, again.due_at, again.met_at) == (owed().status, LATE + 10 * DAY, None)
    ended = after(owed(), domain.void(owed(), "ended", NOW))
    assert domain.begin(ended, owed(), NOW) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "load.exe"), ("name", "a/load.pdf"), ("name", "load\u202e.pdf"), ("media_type", "text/html"),
        ("size", -1), ("sha256", "0" * 63), ("url", "http://files.example/load.pdf"),
        ("url", "https://u:p@files.example/load.pdf"), ("url", "https://files.example/load.html"),
        ("url", "https://files.example/lo ad"),
    ],
)  # fmt: skip
def test_evidence_that_could_harm_whoever_opens_it_is_refused_with_its_field(field: str, value: Any) -> None:
    bad = Reference(**{**vars(PROOF), field: value})
    with pytest.raises(Invalid) as refused:
        evidence.check([PROOF, bad])
    assert f"/evidence/1/{field}" in [each.pointer for each in refused.value.problems]
    evidence.check([PROOF, Reference(**{**vars(PROOF), "url": "https://files.example/1234"})])


class Owed(RuleBasedStateMachine):
    """Time, evidence, answers and excuses in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = after(owed(), [])
        self.told: list[str] = []

    def take(self, events: Sequence[Any]) -> None:
        for event in events:
            self.state = domain.apply(self.state, event)
            self.told += [each.type.split(".")[2] for each in of_occurrence(event, self.state)]

    @rule(hours=st.integers(1, 200))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.take(domain.fire(self.state, self.now))
        assert domain.fire(self.state, self.now) == []

    @rule(
        what=st.sampled_from(["fulfil", "accept", "contest", "excuse", "void"]),
        party=st.sampled_from([PROVIDER, CUSTOMER]),
    )
    def act(self, what: str, party: str) -> None:
        decide: dict[str, Any] = {
            "fulfil": lambda: domain.fulfil(self.state, party, (PROOF,), None, "x", self.now),
            "accept": lambda: domain.answer(self.state, party, True, None, "x", self.now),
            "contest": lambda: domain.answer(self.state, party, False, "no", "x", self.now),
            "excuse": lambda: domain.excuse(self.state, party, "y", "x", self.now),
            "void": lambda: domain.void(self.state, "ended", self.now),
        }
        try:
            self.take(decide[what]())
        except (Conflict, Forbidden):
            return
        assert decide[what]() == [], "a repeat changes nothing"

    @invariant()
    def it_is_told_once_and_its_state_is_true_to_the_time(self) -> None:
        assert max((self.told.count(each) for each in ("due", "overdue", "excused", "voided")), default=0) <= 1
        if self.state.status in (Status.UPCOMING, Status.DUE):
            assert self.now <= self.state.due_at
        if self.state.status is Status.MET:
            assert self.state.met_at is not None and self.state.met_at <= self.state.due_at
        assert (self.state.accepted_at is None) or self.state.met_at is not None


TestOwed = Owed.TestCase
TestOwed.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
