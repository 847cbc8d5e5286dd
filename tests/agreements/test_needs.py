"""What a customer needs, what the provider answers, what serves it, and what hinders signing: pure decisions."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from agreements.test_agreement import BUDI, RINA, START, after, signed_by, text

from sepakat_agreements import need as domain
from sepakat_agreements import signing
from sepakat_agreements.agreement import Agreement, Status
from sepakat_agreements.need import Need, Statement
from sepakat_agreements.traceability import trace
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict, Forbidden, Invalid

SAID = Statement("checkout", {"en": "Shoppers can pay at any time"}, "must")
PROVIDER, CUSTOMER = "nusantara", "toko-maju"


def folded(need: Need | None, events: Iterable[Any]) -> Need:
    state = reduce(domain.apply, events, need)
    assert state is not None
    return state


def stated(said: Statement = SAID, name: str = "pay-at-night", need: Need | None = None) -> Need:
    return folded(
        need, domain.state(need, "toko-checkout", name, PROVIDER, CUSTOMER, said, "budi", START)
    )  # fmt: skip


def answered(need: Need, verdict: Any = "accepted", served_by: Any = ("availability",), reason: Any = None) -> Need:
    given = domain.answer(need, PROVIDER, verdict, served_by, reason, need.revision, "rina", START)
    return folded(need, given)


def draft(**changes: object) -> Agreement:
    written = text(**changes)
    return after(None, signing.draft(None, "toko-checkout", texts.as_text(written), texts.text_hash(written)))


# -- intake ------------------------------------------------------------------------------------------------------------


def test_a_need_stated_anew_waits_for_another_answer_and_the_same_words_change_nothing() -> None:
    need = answered(stated())
    assert domain.state(need, "toko-checkout", need.name, PROVIDER, CUSTOMER, SAID, "budi", START) == []
    again = stated(replace(SAID, priority="should"), need=need)
    assert (again.revision, again.answer) == (2, None)
    with pytest.raises(Conflict, match="stated anew"):
        domain.answer(again, PROVIDER, "accepted", ["availability"], None, 1, "rina", START)


def test_only_the_provider_answers_and_only_the_customer_withdraws() -> None:
    need = stated()
    with pytest.raises(Forbidden, match="nusantara"):
        domain.answer(need, CUSTOMER, "accepted", ["availability"], None, 1, "budi", START)
    with pytest.raises(Forbidden, match="toko-maju"):
        domain.withdraw(need, PROVIDER, None, "rina", START)
    gone = folded(need, domain.withdraw(need, CUSTOMER, None, "budi", START))
    assert domain.withdraw(gone, CUSTOMER, None, "budi", START) == []
    with pytest.raises(Conflict, match="withdrawn"):
        domain.answer(gone, PROVIDER, "accepted", ["availability"], None, 1, "rina", START)
    assert stated(need=gone).withdrawn_at is None, "it may be taken up again"


@pytest.mark.parametrize(
    ("verdict", "served_by", "reason", "pointers"),
    [
        ("accepted", [], None, ["/served_by"]),
        ("adjusted", [], None, ["/served_by", "/reason"]),
        ("declined", ["availability"], None, ["/served_by", "/reason"]),
    ],
)
def test_an_answer_says_what_serves_the_need_and_a_reason_where_not_all_of_it_is_served(
    verdict: Any, served_by: list[str], reason: str | None, pointers: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        domain.answer(stated(), PROVIDER, verdict, served_by, reason, 1, "rina", START)
    assert [each.pointer for each in refused.value.problems] == pointers


# -- traceability ------------------------------------------------------------------------------------------------------


def test_needs_lead_to_what_serves_them_and_back() -> None:
    duty = {"id": "backups", "party": PROVIDER, "text": {"en": "Daily backup"}}
    written = text(obligations=[duty, {**duty, "id": "hotline", "owner": "rina"}], needs=[])
    night, day = stated(), stated(replace(SAID, priority="could"), "pay-by-day")
    found = trace(written, [answered(night, served_by=["hotline", "nothing"]), day])
    assert found.uncovered == ("pay-by-day",)
    assert found.objectives_without_need == ("availability",)
    assert found.obligations_without_owner == ("backups",)
    assert found.serves == {"availability": (), "backups": (), "hotline": ("pay-at-night",)}
    assert [(each.served_by, each.unknown) for each in found.needs] == [(("hotline",), ("nothing",)), ((), ())]


def test_a_need_of_the_text_and_of_the_intake_is_one_and_keeps_the_priority_that_the_customer_gave() -> None:
    (found,) = trace(text(), [stated(replace(SAID, priority="should"), "sell-all-day")]).needs
    assert (found.in_text, found.stated, found.priority, found.is_covered) == (True, True, "should", True)


# -- signing -----------------------------------------------------------------------------------------------------------


def test_nobody_signs_while_a_need_that_must_be_met_is_served_by_nothing() -> None:
    state, need = draft(), stated()
    for hindering in (need, answered(need, "declined", (), "too dear"), answered(need, served_by=("gone",))):
        with pytest.raises(Conflict, match="'pay-at-night' must be met"):
            signing.sign(state, PROVIDER, "rina", state.hash, "", START, [hindering])
    for fine in (answered(need), stated(replace(SAID, priority="should")),
                 folded(need, domain.withdraw(need, CUSTOMER, None, "budi", START))):  # fmt: skip
        with pytest.raises(Invalid, match="signature"):
            signing.sign(state, PROVIDER, "rina", state.hash, "", START, [fine])
    bare = [{"id": "n", "statement": {"en": "x"}, "priority": "must", "servedBy": []}]
    with pytest.raises(Conflict, match="'n' must be met"):
        signing.sign(draft(needs=bare), PROVIDER, "rina", draft(needs=bare).hash, "", START)


def test_both_parties_may_waive_it_in_writing_until_it_is_stated_anew() -> None:
    state, need = draft(), stated()
    for party, by in ((PROVIDER, "rina"), (CUSTOMER, "budi")):
        assert signing.unserved(state, [need]) == ["pay-at-night"]
        given = signing.waive(state, party, "pay-at-night", "we sell by day", [need], by, START)
        state = after(state, given)
        assert signing.waive(state, party, "pay-at-night", "again", [need], by, START) == []
    assert signing.unserved(state, [need]) == []
    other = text(term={"from": "2026-02-01", "until": "2026-12-31", "timeZone": "Asia/Jakarta"})
    redrafted = after(state, signing.draft(state, state.id, texts.as_text(other), texts.text_hash(other)))
    assert signing.unserved(redrafted, [need]) == [], "a waiver is of the need, whatever else changes"
    again = stated(replace(SAID, statement={"en": "Shoppers can always pay"}), need=need)
    assert signing.unserved(state, [again]) == ["pay-at-night"]


def test_what_is_covered_or_signed_needs_no_waiver() -> None:
    state = draft()
    with pytest.raises(Invalid, match="no uncovered need"):
        signing.waive(state, PROVIDER, "sell-all-day", "x", [], "rina", START)
    both = signed_by(signed_by(state, PROVIDER, "rina", RINA, START), CUSTOMER, "budi", BUDI, START)
    assert both.status is Status.ACTIVE
    with pytest.raises(Conflict, match="nothing left to waive"):
        signing.waive(both, PROVIDER, "pay-at-night", "x", [stated()], "rina", START)
