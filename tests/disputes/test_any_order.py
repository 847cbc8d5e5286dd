"""Disputes about one subject under any order of moves and any passing of time."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import Any

from disputes.cases import ASKED, CUSTOMER, MEASURED, NOW, PART, PROCEDURE, PROVIDER, WORDS, about, at, down
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sepakat_incidents import settling as domain
from sepakat_incidents.dispute import Answered, Dispute, Recalculated, Reminded, Settled, Status, apply
from sepakat_incidents.procedure import Procedure, Step
from sepakat_incidents.remedy import Remedy, exceeds
from sepakat_shared.errors import Conflict, Forbidden, Invalid

PARTIES = st.sampled_from([PROVIDER, CUSTOMER])
OFFERS = st.sampled_from([PART, ASKED, down(at(10, 11), at(10, 12)), down(at(9), at(11))])
PROCEDURES = [
    PROCEDURE,
    replace(PROCEDURE, steps=PROCEDURE.steps[:1]),
    Procedure("P30D", "UTC", (Step("customer", "answer", "P2D", "rejected"), Step("both", "settle", "P1D", "upheld"))),
    Procedure("P30D", "UTC"),
]


class DisputeMachine(RuleBasedStateMachine):
    """What parties, operator and timer may try at any time, on as many rounds as they get."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: list[Dispute] = []
        self.now = NOW
        self.told_at = NOW
        self.ended: dict[str, Dispute] = {}

    @property
    def last(self) -> Dispute | None:
        return self.rounds[-1] if self.rounds else None

    def attempt(self, decide: Any, *given: Any) -> None:
        if self.last is None:
            return
        try:
            events = list(decide(self.last, *given, self.now))
        except (Conflict, Forbidden, Invalid):
            return
        for event in events:
            if isinstance(event, Answered):
                assert event.party != self.last.about.raised_by, "nobody answers itself"
            if isinstance(event, Reminded):
                assert self.last.turn is not None and event.at < self.last.turn.deadline
            if isinstance(event, Settled) and event.outcome.how not in ("mediator", "forum"):
                assert not exceeds(event.outcome.remedy, self.last.asked, "10"), "more than was asked"
        self.rounds[-1] = reduce(apply, events, self.last)

    @rule(party=PARTIES, procedure=st.sampled_from(PROCEDURES), asked=OFFERS)
    def raises(self, party: str, procedure: Procedure, asked: Remedy) -> None:
        if self.last is not None:
            try:
                domain.may_raise_again(self.last, party, self.told_at, None)
            except Conflict:
                return
            assert not self.last.is_open, "two disputes about one subject would be open"
        id = f"d.{len(self.rounds) + 1:04d}"
        made = domain.raise_(None, id, id, about(party), procedure, asked, WORDS, MEASURED, party, self.now)
        self.rounds.append(reduce(apply, made, None))  # type: ignore[arg-type]

    @rule(party=PARTIES, offer=st.none() | OFFERS)
    def answers(self, party: str, offer: Remedy | None) -> None:
        self.attempt(domain.answer, party, WORDS, offer, party)

    @rule(party=PARTIES, offer=OFFERS)
    def counters(self, party: str, offer: Remedy) -> None:
        self.attempt(domain.counter, party, WORDS, offer, party)

    @rule(party=PARTIES, number=st.integers(1, 4))
    def accepts(self, party: str, number: int) -> None:
        self.attempt(domain.accept, party, number, party)

    @rule(party=PARTIES)
    def withdraws(self, party: str) -> None:
        self.attempt(domain.withdraw, party, None, party)

    @rule(result=st.sampled_from(["upheld", "partly", "rejected"]), remedy=st.none() | OFFERS)
    def a_third_decides(self, result: str, remedy: Remedy | None) -> None:
        self.attempt(domain.decide, result, remedy, "so", "operator")

    @rule(hours=st.integers(1, 400), noticed=st.booleans())
    def time_passes(self, hours: int, noticed: bool) -> None:
        self.now += timedelta(hours=hours)
        if noticed:
            self.attempt(domain.fire)
            self.attempt(domain.fire)

    @rule(hours=st.integers(1, 100))
    def the_timer_comes_in_time(self, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        while self.last is not None and self.last.due_at is not None and self.last.due_at <= until:
            self.now = max(self.now, self.last.due_at)
            self.attempt(domain.fire)
        self.now = until

    @rule()
    def the_figure_changes_by_something_else(self) -> None:
        self.told_at = self.now

    @invariant()
    def at_most_one_is_open(self) -> None:
        assert sum(each.is_open for each in self.rounds) <= 1

    @invariant()
    def what_is_open_has_a_deadline_or_waits_for_the_forum(self) -> None:
        for each in self.rounds:
            assert each.is_open is (each.status not in (Status.SETTLED, Status.WITHDRAWN))
            assert (each.due_at is None) is (not each.is_open or each.status is Status.FORUM)
            assert each.due_at is None or each.turn is None or each.due_at <= each.turn.deadline

    @invariant()
    def what_has_ended_never_changes(self) -> None:
        for each in self.rounds:
            if not each.is_open:
                assert self.ended.setdefault(each.id, each) == each

    @invariant()
    def each_party_has_one_offer_at_most_and_none_beyond_what_was_asked(self) -> None:
        for each in self.rounds:
            parties = [offer.party for offer in each.offers]
            assert len(parties) == len(set(parties))
            assert not any(exceeds(offer.remedy, each.asked, "10") for offer in each.offers)


DisputeMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestAnyOrder = DisputeMachine.TestCase


def test_a_recalculated_figure_is_no_other_outcome() -> None:
    dispute = reduce(
        apply, domain.raise_(None, "d", "D", about(), PROCEDURE, ASKED, WORDS, MEASURED, "budi", NOW), None  # type: ignore[arg-type]
    )  # fmt: skip
    assert isinstance(dispute, Dispute)
    settled = reduce(apply, domain.accept(dispute, PROVIDER, 1, "rina", NOW), dispute)
    noted = apply(settled, Recalculated("availability", {"attainment": "99.8"}, {"attainment": "99.1"}, NOW))
    assert replace(noted, corrections={}) == settled
