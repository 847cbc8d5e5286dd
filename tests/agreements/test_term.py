"""How long an agreement lasts: renewal, notice, termination, expiry, and what is told ahead; pure decisions."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from agreements.test_agreement import BUDI, RINA, START, after, signed_by, text
from agreements.test_amending import MORE, amended, signed_by_both
from agreements.test_clauses import merge

from sepakat_agreements import amending, signing, timing
from sepakat_agreements import term as domain
from sepakat_agreements.agreement import Agreement, Ended, Foretold, Renewed, Status
from sepakat_agreements.term_facts import of_term
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
DAY = timedelta(days=1)
END = datetime(2026, 12, 31, 17, tzinfo=UTC)
"""Midnight in Jakarta after the last day of the term."""


def in_force(at: datetime = START, **of_term: Any) -> Agreement:
    term = {"from": "2026-01-01", "until": "2026-12-31", "timeZone": "Asia/Jakarta", **of_term}
    written = text(term=term)
    state = after(None, signing.draft(None, "toko-checkout", texts.as_text(written), texts.text_hash(written)))
    return signed_by(signed_by(state, PROVIDER, "rina", RINA, at), CUSTOMER, "budi", BUDI, at)


def played(state: Agreement, until: datetime) -> tuple[Agreement, list[Any]]:
    """Let time pass; what is due is done at its time."""
    events: list[Any] = []
    while (due := timing.due_at(state)) is not None and due <= until:
        fired = timing.fire(state, due)
        assert fired, f"something is due at {due}, and nothing is done"
        events += fired
        state = after(state, fired)
    return state, events


def told(events: list[Any]) -> list[tuple[str, int]]:
    return [(each.what, (each.on - each.at).days) for each in events if isinstance(each, Foretold)]


def given(state: Agreement, day: date, at: datetime, ground: Any = "notice", party: str = CUSTOMER) -> Agreement:
    return after(state, domain.terminate(state, party, day, ground, "another provider", "budi", at))


def test_without_a_renewal_it_expires_with_its_last_day_and_both_are_told_ahead() -> None:
    state, events = played(in_force(), END)
    assert told(events) == [("expiry", 30), ("expiry", 7), ("expiry", 1)]
    assert events[-1] == Ended("expired", END, END)
    assert (state.status, state.ended_at, timing.due_at(state)) == (Status.EXPIRED, END, None)


def test_what_is_told_of_it_says_whose_contacts_are_written_to() -> None:
    state, events = played(in_force(), END)
    fact = of_term(events[-1], state)
    assert fact.as_json()["contacts"] == ["rina", "budi"]
    assert fact.as_json()["recipients"] == ["nusantara/rina", "toko-maju/budi"]


def test_with_a_renewal_it_goes_on_for_as_long_again_unless_somebody_gives_notice() -> None:
    state, events = played(in_force(renewal={"notice": "P60D"}), END + DAY)
    assert told(events) == [("notice", 30), ("notice", 7), ("notice", 1), ("renewal", 30), ("renewal", 7),
                            ("renewal", 1)]  # fmt: skip
    assert events[-1] == Renewed("2027-12-31", END)
    assert domain.last_day(state) == date(2027, 12, 31)
    again, events = played(state, END + 366 * DAY)
    assert (told(events)[0], domain.last_day(again)) == (("notice", 30), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("of_term", "following"),
    [
        ({"renewal": {"notice": "P30D", "for": "P3M"}}, "2027-03-31"),
        ({"until": "2026-06-30", "renewal": {"notice": "P30D"}}, "2026-12-31"),
        ({"until": "2026-01-10", "renewal": {"notice": "P1D"}}, "2026-01-20"),
        ({"until": "2026-01-31", "renewal": {"notice": "P1D"}}, "2026-02-28"),
    ],
)
def test_a_term_is_renewed_by_whole_months_where_it_has_them(of_term: dict[str, Any], following: str) -> None:
    state = in_force(**of_term)
    renewed = [each for each in timing.fire(state, domain.ends_at(state)) if isinstance(each, Renewed)]
    assert [each.until for each in renewed] == [following]


def test_renewals_that_were_missed_follow_one_after_the_other() -> None:
    state = in_force(renewal={"notice": "P60D"})
    state = after(state, timing.fire(state, END + 800 * DAY))
    assert domain.last_day(state) == date(2029, 12, 31)


def test_a_text_that_was_signed_with_spans_beyond_all_dates_is_in_force_and_is_renewed() -> None:
    for beyond in ("P9999999D", "P99999999999999Y", f"P{'9' * 5_000}M"):
        renewal = {"notice": "P800000D", "for": beyond}
        signed = in_force(renewal=renewal, termination={"notice": "P999999999D"})
        assert domain.ahead(signed)[0].at < START, "the last instant for notice was before the term"
        state, _ = played(signed, END)
        assert state.status is Status.ACTIVE and date(8999, 12, 31) <= domain.last_day(state) <= date(9000, 12, 31)
        known = given(state, date(2027, 6, 30), END).termination
        assert known is not None and not known.honoured


def test_a_notice_says_by_whom_and_why_it_ends_and_whether_it_was_in_time() -> None:
    state = in_force(renewal={"notice": "P60D"}, termination={"notice": "P90D"})
    for day, at, notice, honoured in (
        (date(2026, 12, 31), END - 60 * DAY, "P60D", True),
        (date(2026, 12, 31), END - 60 * DAY + timedelta(seconds=1), "P60D", False),
        (date(2026, 6, 30), datetime(2026, 4, 1, 17, tzinfo=UTC), "P90D", True),
        (date(2026, 6, 30), datetime(2026, 4, 2, 17, tzinfo=UTC), "P90D", False),
    ):
        known = given(state, day, at).termination
        assert known is not None and (known.party, known.notice, known.honoured) == (CUSTOMER, notice, honoured), at
    for no_notice in (given(state, date(2026, 6, 30), START, "cause"), given(in_force(), date(2026, 6, 30), START)):
        assert no_notice.termination is not None and no_notice.termination.honoured is None


def test_it_ends_with_the_day_of_the_notice_in_place_of_a_renewal() -> None:
    state = given(in_force(renewal={"notice": "P60D"}), date(2026, 6, 30), datetime(2026, 6, 15, tzinfo=UTC))
    ended, events = played(state, END)
    assert told(events) == [("termination", 7), ("termination", 1)], "none from before the notice"
    assert (ended.status, ended.ended_at) == (Status.TERMINATED, datetime(2026, 6, 30, 17, tzinfo=UTC))


def test_who_gave_notice_may_take_it_back_and_nobody_gives_it_twice() -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    state = given(in_force(), date(2026, 9, 30), at)
    assert domain.terminate(state, CUSTOMER, date(2026, 9, 30), "notice", "again", "budi", at) == []
    with pytest.raises(Conflict, match="has given notice already"):
        given(state, date(2026, 8, 31), at, party=PROVIDER)
    with pytest.raises(Forbidden, match="only 'toko-maju'"):
        domain.withdraw(state, PROVIDER, None, "rina", at)
    back = after(state, domain.withdraw(state, CUSTOMER, "we stay", "budi", at))
    assert back.termination is None and domain.ends_at(back) == END
    with pytest.raises(Conflict, match="no notice"):
        domain.withdraw(back, CUSTOMER, None, "budi", at)


@pytest.mark.parametrize(
    ("day", "rule"), [(date(2026, 5, 31), "must not be over"), (date(2027, 1, 1), "after 2026-12-31")]
)
def test_the_last_day_is_ahead_and_within_the_term(day: date, rule: str) -> None:
    with pytest.raises(Invalid, match=f"^/last_day: .*{rule}"):
        given(in_force(), day, datetime(2026, 6, 15, tzinfo=UTC))


def test_nothing_follows_an_end() -> None:
    waiting = signed_by_both(amended(in_force(), MORE, merge("amendment", {"effectiveFrom": "2026-12-01"})))
    state, _ = played(given(waiting, date(2026, 6, 30), datetime(2026, 5, 1, tzinfo=UTC)), END)
    assert (state.version, state.status) == (1, Status.TERMINATED), "an amendment of a later day never begins"
    with pytest.raises(Conflict, match="has ended"):
        amending.amend(state, CUSTOMER, [MORE], END)
    with pytest.raises(Conflict, match="only one that is in force"):
        given(state, date(2026, 12, 31), END)


def test_an_amendment_is_told_ahead_and_may_set_another_end() -> None:
    longer = merge("term", {"until": "2027-06-30"})
    state = signed_by_both(amended(in_force(), longer, merge("amendment", {"effectiveFrom": "2026-04-01"})))
    state, events = played(state, datetime(2026, 4, 2, tzinfo=UTC))
    assert told(events) == [("amendment", 7), ("amendment", 1)]
    assert domain.ends_at(state) == datetime(2027, 6, 30, 17, tzinfo=UTC)


def test_a_text_that_was_signed_late_is_not_followed_by_reminders_from_before() -> None:
    state, events = played(in_force(END - 5 * DAY), END - timedelta(seconds=1))
    assert told(events) == [("expiry", 1)]
    over = in_force(END + DAY)
    assert timing.fire(over, END + DAY) == [Ended("expired", END, END + DAY)]
    assert state.status is Status.ACTIVE


# -- noticed late ------------------------------------------------------------------------------------------------------


def test_a_notice_is_not_taken_back_once_it_has_ended_though_nothing_noticed_that_yet() -> None:
    state = given(in_force(), date(2026, 6, 30), datetime(2026, 5, 1, tzinfo=UTC))
    over = datetime(2026, 6, 30, 17, tzinfo=UTC)
    assert domain.withdraw(state, CUSTOMER, None, "budi", over - timedelta(seconds=1))
    with pytest.raises(Conflict, match="ended with 2026-06-30"):
        domain.withdraw(state, CUSTOMER, None, "budi", over)


def test_an_amendment_of_a_day_after_the_end_never_begins_however_late_the_end_is_noticed() -> None:
    waiting = signed_by_both(amended(in_force(), MORE, merge("amendment", {"effectiveFrom": "2026-07-01"})))
    state = given(waiting, date(2026, 5, 31), datetime(2026, 5, 1, tzinfo=UTC))
    events = timing.fire(state, END)
    assert events == [Ended("terminated", datetime(2026, 5, 31, 17, tzinfo=UTC), END)]
    late = after(state, events)
    assert (late.version, late.status, timing.due_at(late)) == (1, Status.TERMINATED, None)


def test_an_amendment_of_a_day_before_the_end_begins_before_it_however_late_both_are_noticed() -> None:
    longer = merge("term", {"until": "2027-06-30"})
    state = signed_by_both(amended(in_force(), longer, merge("amendment", {"effectiveFrom": "2026-12-31"})))
    late = after(state, timing.fire(state, END + 30 * DAY))
    assert (late.version, late.status) == (2, Status.ACTIVE)
    other = signed_by_both(amended(in_force(), MORE, merge("amendment", {"effectiveFrom": "2026-12-31"})))
    late = after(other, timing.fire(other, END + 30 * DAY))
    assert (late.version, late.status, late.ended_at) == (2, Status.EXPIRED, END)


def test_what_was_to_be_told_before_an_amendment_begins_is_told_though_both_are_noticed_late() -> None:
    state = signed_by_both(amended(in_force(), MORE, merge("amendment", {"effectiveFrom": "2026-12-10"})))
    state, _ = played(state, END - 40 * DAY)
    noticed = END - 20 * DAY
    events = timing.fire(state, noticed)
    assert [type(each).__name__ for each in events] == ["Foretold", "Activated"]
    assert told(events) == [("expiry", 20)], "the thirty days are told, late; that it begins soon is not"
    rest, events = played(after(state, events), END)
    assert told(events) == [("expiry", 7), ("expiry", 1)]
    assert rest.status is Status.EXPIRED


def test_what_was_to_be_told_after_an_amendment_has_begun_is_told_though_both_are_noticed_late() -> None:
    state = signed_by_both(amended(in_force(), MORE, merge("amendment", {"effectiveFrom": "2026-11-15"})))
    state, _ = played(state, END - 60 * DAY)
    events = timing.fire(state, END - 6 * DAY)
    assert [type(each).__name__ for each in events] == ["Activated", "Foretold"]
    assert told(events) == [("expiry", 6)]


def test_what_is_ahead_of_a_renewed_term_is_told_though_the_renewal_was_noticed_late() -> None:
    state = in_force(renewal={"notice": "P10D", "for": "P1M"})
    state, _ = played(state, END - timedelta(seconds=1))
    noticed = END + 15 * DAY
    events = timing.fire(state, noticed)
    assert [type(each).__name__ for each in events][:1] == ["Renewed"]
    assert told(events) == [("notice", 6), ("renewal", 16)], "a week before notice, a month before the renewal"
