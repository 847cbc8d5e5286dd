"""One occurrence of repeated work, moved or cancelled alone: the others stay as they are; pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from agreements.test_maintenance import CUSTOMER, DAY, HOUR, NOW, PROVIDER, START, after, announced, spans, text, work

from sepakat_agreements import announcing
from sepakat_agreements import maintenance as domain
from sepakat_agreements import maintenance_rules as rules
from sepakat_agreements import maintenance_single as single
from sepakat_agreements import maintenance_timing as timing
from sepakat_agreements.maintenance import Counted, Diary, Event, Plan, Replaced, State, TakenOut
from sepakat_agreements.maintenance_facts import of_diary
from sepakat_metrics.announced import heard_in
from sepakat_shared.contracts import maintenance as published
from sepakat_shared.errors import Conflict, Forbidden, NotFound

SECOND, THIRD = START + 7 * DAY, START + 14 * DAY
THERE = SECOND + DAY


def cancelled(diary: Diary, start: datetime, now: datetime = NOW, party: str = PROVIDER) -> Diary:
    return after(diary, single.cancel_one(diary, "m1", start, "a market day", party, "key", now))


def moved(diary: Diary, start: datetime, to: datetime = THERE, now: datetime = NOW, why: tuple[str, ...] = ()) -> Diary:
    plan = Plan(1, spans(to), None, why)
    return after(diary, single.move_one(diary, "m1", start, plan, "a market day", PROVIDER, "key", now))


def counted(diary: Diary) -> list[datetime]:
    return sorted(each.start for work in diary.works for each in work.in_force)


def test_what_is_cancelled_alone_does_not_count_and_the_others_do() -> None:
    diary = cancelled(announced(START, SECOND, THIRD), SECOND)
    assert counted(diary) == [START, THIRD]
    assert (work(diary).state, work(diary).revision) == (State.ANNOUNCED, 2)
    assert work(diary).taken_out == (TakenOut(SECOND, SECOND + HOUR),)
    assert work(diary).reason == "a new database", "why the others are done has not changed"
    assert single.cancel_one(diary, "m1", SECOND, "again", PROVIDER, "key", NOW) == []


def test_what_is_moved_alone_is_work_of_its_own_in_its_place() -> None:
    diary = moved(announced(START, SECOND, THIRD), SECOND)
    assert counted(diary) == [START, THERE, THIRD]
    one = work(diary, "m2")
    assert (one.instead_of, one.concern) == (Replaced("m1", SECOND, SECOND + HOUR), work(diary).concern)
    assert work(diary).taken_out == (TakenOut(SECOND, SECOND + HOUR, "m2"),)
    plan = Plan(1, spans(THERE), None, ())
    assert single.move_one(diary, "m1", SECOND, plan, "sent again", PROVIDER, "key", NOW) == []
    assert single.move_one(diary, "m1", THIRD, Plan(1, spans(THIRD), None, ()), "x", PROVIDER, "key", NOW) == []
    with pytest.raises(Conflict, match="it is 'm2' now"):
        single.cancel_one(diary, "m1", SECOND, "x", PROVIDER, "key", NOW)


def test_a_new_time_that_breaks_a_rule_waits_alone_for_the_customer() -> None:
    diary = moved(announced(START, SECOND), SECOND, why=("notice",))
    assert (work(diary, "m2").state, counted(diary)) == (State.AWAITING, [START])
    agreed = after(diary, announcing.consent(diary, "m2", 1, None, False, CUSTOMER, "key", NOW))
    assert counted(agreed) == [START, THERE]
    refused = after(diary, announcing.refuse(diary, "m2", None, CUSTOMER, "key", NOW))
    assert counted(refused) == [START], "consent to the old time is none to the new one, nor is there an old time left"


def test_consent_to_a_series_is_to_the_occurrences_that_were_read() -> None:
    diary = cancelled(announced(START, SECOND, why=("notice",)), START)
    with pytest.raises(Conflict, match="changed since revision 1"):
        announcing.consent(diary, "m1", 1, None, False, CUSTOMER, "key", NOW)
    assert timing.due_at(after(diary, timing.fire(diary, SECOND - DAY))) == SECOND, "there is time until the next one"


def test_what_is_moved_alone_leaves_its_part_of_the_allowance_free() -> None:
    april = NOW + 20 * DAY  # two hours are taken by the window of the text, and four are allowed
    diary = announced(april, april + DAY)
    rest = single.without_one(diary, "m1", april, NOW)
    found = [
        rules.objections(text(), spans(april + 2 * DAY), each.within_allowance(None, NOW), NOW)
        for each in (diary, rest)
    ]
    assert found == [("allowance",), ()]
    assert single.without_one(diary, "m1", THIRD, NOW) == diary


def test_what_runs_is_cancelled_from_now_on_and_not_moved() -> None:
    diary, at = announced(START, SECOND), START + HOUR / 2
    assert work(cancelled(diary, START, at)).in_force == (Counted(START, at), Counted(SECOND, SECOND + HOUR))
    with pytest.raises(Conflict, match="has begun"):
        moved(diary, START, now=at)


@pytest.mark.parametrize(("start", "now", "refused", "words"), [
    (START, START + HOUR, Conflict, "is over"), (THIRD, NOW, NotFound, "no occurrence that begins at 2026-04-08"),
    (START, SECOND + HOUR, Conflict, "this maintenance is over"),
])  # fmt: skip
def test_only_what_is_planned_and_to_come_is_taken_out(
    start: datetime, now: datetime, refused: type[Exception], words: str
) -> None:
    with pytest.raises(refused, match=words):
        cancelled(announced(START, SECOND), start, now)


def test_the_only_occurrence_is_moved_and_cancelled_as_a_whole_and_by_the_provider() -> None:
    with pytest.raises(Conflict, match="as a whole"):
        cancelled(announced(START), START)
    with pytest.raises(Forbidden, match="by the provider"):
        cancelled(announced(START, SECOND), START, party=CUSTOMER)


def test_each_that_is_left_is_reminded_of_and_what_was_taken_out_is_not() -> None:
    diary, told = moved(announced(START, SECOND, THIRD), SECOND), []
    while (due := timing.due_at(diary)) is not None:
        events = timing.fire(diary, due)
        told += [each.starts_at for each in events if isinstance(each, domain.Reminded)]
        diary = after(diary, events)
    assert told == [START, THERE, THIRD]


# -- what is told ------------------------------------------------------------------------------------------------------


def told(before: Diary, events: Iterable[Event]) -> list[Any]:
    kinds = {each.type: each for each in (published.MaintenanceMoved, published.MaintenanceAnnounced)}
    found, diary = [], before
    for event in events:
        diary = after(diary, [event])
        found += [kinds[each.type].model_validate(each.data) for each in of_diary(event, diary)]
    return found


def test_what_is_told_names_the_one_and_what_comes_in_its_place() -> None:
    diary = announced(START, SECOND)
    events = single.move_one(diary, "m1", SECOND, Plan(1, spans(THERE), None, ()), "a market day", PROVIDER, "key", NOW)
    series, one = told(diary, events)
    assert (series.taken_out.start, series.instead, series.reason) == (SECOND, "m2", "a market day")
    assert ([each.start for each in series.previous], [each.start for each in series.occurrences]) == (
        [START, SECOND], [START]
    )  # fmt: skip
    assert (one.maintenance, one.instead_of.maintenance, one.instead_of.start) == ("m2", "m1", SECOND)
    (alone,) = told(diary, single.cancel_one(diary, "m1", SECOND, "a market day", PROVIDER, "key", NOW))
    assert (alone.taken_out.start, alone.instead, alone.state) == (SECOND, None, "announced")


def test_figures_leave_out_the_new_time_and_not_the_old_one() -> None:
    diary = announced(START, SECOND)
    plan = Plan(1, spans(THERE), None, ())
    facts = told(diary, single.move_one(diary, "m1", SECOND, plan, "x", PROVIDER, "key", NOW))
    heard = [(each.maintenance, [span.start for span in each.in_force]) for each in map(heard_in, facts)]
    assert heard == [("m1", [START]), ("m2", [THERE])]
    assert all(span.end - span.start == timedelta(hours=1) for each in map(heard_in, facts) for span in each.in_force)
