"""What the parties do to a text until both have signed it, as pure decisions."""

from datetime import timedelta
from typing import Any

import pytest
from agreements.test_agreement import BUDI, RINA, START, after, drafted, signed_by, text
from agreements.test_clauses import merge

from sepakat_agreements import negotiation as domain
from sepakat_agreements import signing, timing
from sepakat_agreements.agreement import Agreement, Closed, Reminded, Status
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound

PROVIDER, CUSTOMER = "nusantara", "toko-maju"
DAY = timedelta(days=1)
NOW = START - 30 * DAY
MORE, LESS = merge("objectives/availability", {"target": "99.95"}), merge("objectives/availability", {"target": "99.5"})


def proposed(state: Agreement, party: str, *changes: Any, at: Any = NOW, counters: int | None = None) -> Agreement:
    return after(state, domain.propose(state, party, changes, None, at + 14 * DAY, "who", at, counters))


def hash_after(state: Agreement, number: int) -> str:
    assert state.open is not None
    return texts.text_hash(domain.following(state.open, state.proposals[number - 1]))


def accepted(state: Agreement, party: str, number: int) -> Agreement:
    return after(state, domain.accept(state, party, number, hash_after(state, number), "who", NOW))


def target(state: Agreement) -> str:
    return str(state.text["objectives"][0]["target"])


def test_a_proposal_changes_nothing_until_the_other_party_accepts_it() -> None:
    state = proposed(drafted(), CUSTOMER, MORE)
    assert target(state) == "99.9"
    assert [each.words for each in state.proposals[0].differences] == ["target of availability: 99.9 % → 99.95 %"]
    with pytest.raises(Forbidden, match="your own"):
        domain.accept(state, CUSTOMER, 1, hash_after(state, 1), "budi", NOW)
    after_it = accepted(state, PROVIDER, 1)
    assert (target(after_it), after_it.proposals[0].outcome) == ("99.95", "accepted")
    assert domain.accept(after_it, PROVIDER, 1, "sha256:00", "rina", NOW) == [], "the second time changes nothing"


def test_a_counter_proposal_is_instead_of_the_other_partys() -> None:
    state = proposed(proposed(drafted(), CUSTOMER, MORE), PROVIDER, LESS, counters=1)
    assert [each.outcome for each in state.proposals] == ["countered", None]
    assert state.proposals[1].counters == 1
    assert target(accepted(state, CUSTOMER, 2)) == "99.5"
    with pytest.raises(Conflict, match="countered"):
        domain.accept(state, PROVIDER, 1, "", "rina", NOW)
    with pytest.raises(Forbidden, match="your own"):
        proposed(state, PROVIDER, MORE, counters=2)


def test_an_accepted_proposal_voids_what_was_signed_before_it() -> None:
    signed = signed_by(drafted(), PROVIDER, "rina", RINA, NOW)
    state = proposed(signed, CUSTOMER, MORE)
    assert state.signatures != ()
    assert accepted(state, PROVIDER, 1).signatures == ()


def test_nobody_accepts_a_text_that_has_become_another_one_since_it_was_read() -> None:
    longer = merge("term", {"until": "2027-12-31"})
    state = proposed(proposed(drafted(), CUSTOMER, MORE), CUSTOMER, longer)
    read = hash_after(state, 2)
    state = accepted(state, PROVIDER, 1)
    with pytest.raises(Conflict, match="read the proposal again"):
        domain.accept(state, PROVIDER, 2, read, "rina", NOW)
    both = accepted(state, PROVIDER, 2)
    assert (target(both), both.text["term"]["until"]) == ("99.95", "2027-12-31")


def test_a_change_that_no_longer_fits_says_so() -> None:
    gone = merge("objectives/availability", None)
    state = proposed(drafted(), CUSTOMER, gone, merge("needs/sell-all-day", None))
    state = proposed(state, CUSTOMER, merge("needs/sell-all-day", None))
    state = accepted(state, PROVIDER, 1)
    with pytest.raises(Conflict, match="does not fit"):
        domain.accept(state, PROVIDER, 2, "", "rina", NOW)


def test_once_negotiation_has_begun_no_clause_changes_without_a_proposal() -> None:
    state = proposed(drafted(), CUSTOMER, MORE)
    other = text(term={"from": "2026-02-01", "until": "2026-12-31", "timeZone": "Asia/Jakarta"})
    with pytest.raises(Conflict, match="without a proposal"):
        signing.draft(state, state.id, texts.as_text(other), texts.text_hash(other))
    assert signing.draft(state, state.id, state.text, state.hash) == [], "applying the same file again is fine"


def test_what_is_still_proposed_when_both_sign_is_not_part_of_the_text() -> None:
    state = proposed(drafted(), CUSTOMER, MORE)
    both = signed_by(signed_by(state, PROVIDER, "rina", RINA, NOW), CUSTOMER, "budi", BUDI, NOW)
    assert (both.status, both.proposals[0].outcome, target(both)) == (Status.SIGNED, "overtaken", "99.9")
    with pytest.raises(Conflict, match="never changes"):
        proposed(both, CUSTOMER, MORE)


def test_rejecting_withdrawing_and_commenting_are_each_for_whom_they_are_meant() -> None:
    state = proposed(drafted(), CUSTOMER, MORE)
    state = after(state, domain.comment(state, PROVIDER, 1, "from when on?", "rina", NOW))
    state = after(state, domain.comment(state, CUSTOMER, 1, "from January", "budi", NOW))
    assert [(each.party, each.text) for each in state.proposals[0].comments] == [
        (PROVIDER, "from when on?"), (CUSTOMER, "from January")]  # fmt: skip
    with pytest.raises(Forbidden, match="your own"):
        domain.reject(state, CUSTOMER, 1, None, "budi", NOW)
    with pytest.raises(Forbidden, match="the other party's"):
        domain.withdraw(state, PROVIDER, 1, None, "rina", NOW)
    with pytest.raises(Forbidden, match="no part"):
        domain.comment(state, "stranger", 1, "x", "s", NOW)
    with pytest.raises(NotFound, match="no proposal 7"):
        domain.reject(state, PROVIDER, 7, None, "rina", NOW)
    rejected = after(state, domain.reject(state, PROVIDER, 1, "too dear", "rina", NOW))
    assert (rejected.proposals[0].outcome, rejected.proposals[0].closing_words) == ("rejected", "too dear")
    assert domain.reject(rejected, PROVIDER, 1, None, "rina", NOW) == []
    withdrawn = after(state, domain.withdraw(state, CUSTOMER, 1, None, "budi", NOW))
    assert withdrawn.proposals[0].outcome == "withdrawn"
    assert domain.withdraw(withdrawn, CUSTOMER, 1, None, "budi", NOW) == []
    with pytest.raises(Conflict, match="is withdrawn"):
        domain.comment(withdrawn, PROVIDER, 1, "pity", "rina", NOW)


def test_a_proposal_must_change_something_and_leave_time_to_answer() -> None:
    with pytest.raises(Invalid, match=r"^/changes: change nothing"):
        proposed(drafted(), CUSTOMER, merge("objectives/availability", {"target": "99.9"}))
    with pytest.raises(Invalid, match=r"^/answer_by: "):
        domain.propose(drafted(), CUSTOMER, [MORE], None, NOW, "budi", NOW)


def test_who_has_not_answered_is_reminded_at_half_of_the_time_and_a_day_before_its_end() -> None:
    state = proposed(drafted(), CUSTOMER, MORE)
    assert timing.due_at(state) == NOW + 7 * DAY
    assert timing.fire(state, NOW + 7 * DAY - timedelta(seconds=1)) == []
    events = timing.fire(state, NOW + 7 * DAY)
    assert events == [Reminded(1, 1, (NOW + 13 * DAY,), NOW + 7 * DAY)]
    state = after(state, events)
    assert timing.due_at(state) == NOW + 13 * DAY
    state = after(state, timing.fire(state, NOW + 13 * DAY))
    assert timing.due_at(state) == NOW + 14 * DAY
    assert timing.fire(state, NOW + 14 * DAY) == [Closed(1, 1, "lapsed", NOW + 14 * DAY)]


def test_a_deadline_that_has_passed_counts_though_no_timer_came_by() -> None:
    state = proposed(drafted(), CUSTOMER, MORE)
    late = NOW + 15 * DAY
    with pytest.raises(Conflict, match="is lapsed"):
        domain.accept(state, PROVIDER, 1, hash_after(state, 1), "rina", late)
    again = proposed(state, CUSTOMER, LESS, at=late)
    assert [each.outcome for each in again.proposals] == ["lapsed", None]


def described(words: str) -> Any:
    return merge("services/checkout", {"description": {"en": words}})


def test_neither_party_proposes_or_comments_without_end() -> None:
    state = drafted()
    for size in (100_000, 600_000):
        with pytest.raises(Invalid, match="KiB"):
            proposed(state, CUSTOMER, described("x" * size))
    while True:
        try:
            state = proposed(state, CUSTOMER, described("x" * 60_000))
        except Conflict as full:
            assert "2 MiB" in full.detail
            break
    assert len(state.proposals) == domain.MOST_BYTES_OF_ALL // state.proposals[0].size
    state = drafted()
    for _ in range(domain.MOST_PROPOSALS):
        state = proposed(state, CUSTOMER, MORE)
    with pytest.raises(Conflict, match="200 proposals"):
        proposed(state, CUSTOMER, MORE)
    state = proposed(state, PROVIDER, LESS)
    for _ in range(domain.MOST_COMMENTS):
        state = after(state, domain.comment(state, CUSTOMER, 201, "why?", "budi", NOW))
    with pytest.raises(Conflict, match="200 times"):
        domain.comment(state, CUSTOMER, 1, "why?", "budi", NOW)
    assert domain.comment(state, PROVIDER, 201, "because", "rina", NOW), "the other one's room is its own"
