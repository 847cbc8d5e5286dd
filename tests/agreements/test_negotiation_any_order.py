"""One text under any order of drafts, proposals, answers and signatures, and any passing of time."""

from datetime import timedelta
from functools import reduce
from typing import Any

from agreements.test_agreement import BUDI, RINA, START, text
from agreements.test_clauses import merge
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sepakat_agreements import negotiation as domain
from sepakat_agreements import signing, timing
from sepakat_agreements.agreement import Agreement, Closed, Drafted, Signed, Status, apply
from sepakat_agreements.clauses import Change
from sepakat_shared import signatures
from sepakat_shared.contracts import texts
from sepakat_shared.errors import SepakatError

SIGNERS = {"nusantara": ("rina", RINA), "toko-maju": ("budi", BUDI)}
PARTIES = st.sampled_from([*SIGNERS])
NUMBERS = st.integers(1, 4)
CHANGES = st.sampled_from([
    merge("objectives/availability", {"target": "99.95"}), merge("objectives/availability", {"target": "99.5"}),
    merge("term", {"until": "2027-12-31"}), merge("needs/sell-all-day", {"goal": {"en": "No lost orders"}}),
    merge("needs/sell-all-day", None), merge("objectives/availability", {"credits": None}),
])  # fmt: skip
TARGETS = st.sampled_from(["99.9", "99.8"])


class NegotiationMachine(RuleBasedStateMachine):
    """What two parties and the timer may try at any time. `seen` is the text that each has read last."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Agreement | None = None
        self.now = START - timedelta(days=40)
        self.seen: dict[str, set[str]] = {party: set() for party in SIGNERS}
        self.final: dict[str, Any] | None = None

    def attempt(self, decide: Any, *given: Any, **more: Any) -> None:
        before = self.state
        assert before is not None
        try:
            events = list(decide(before, *given, **more))
        except SepakatError:
            return
        closed = [each for each in events if isinstance(each, Closed) and each.outcome == "accepted"]
        for event in events:
            if isinstance(event, Drafted):
                assert before.status is Status.DRAFT, "a signed text changed"
                assert closed or not before.proposals, "a clause changed without a proposal"
            if isinstance(event, Signed):
                assert before.hash in self.seen[event.signature.party], "somebody signed what it did not see"
        self.state = reduce(apply, events, before)
        if self.state.hash != before.hash:
            assert self.state.signatures == (), "a change left earlier signatures"

    @initialize()
    def begins(self) -> None:
        written = text()
        events = signing.draft(None, "toko-checkout", texts.as_text(written), texts.text_hash(written))
        self.state = reduce(apply, events, None)  # type: ignore[arg-type]

    @rule(percent=TARGETS)
    def is_written_anew(self, percent: str) -> None:
        assert self.state is not None
        changed = {**self.state.text["objectives"][0], "target": percent}
        written = texts.Agreement.model_validate({**self.state.text, "objectives": [changed]})
        self.attempt(signing.draft, "toko-checkout", texts.as_text(written), texts.text_hash(written))

    @rule(party=PARTIES, change=CHANGES, days=st.integers(1, 20), counters=st.none() | NUMBERS)
    def proposes(self, party: str, change: Change, days: int, counters: int | None) -> None:
        deadline = self.now + timedelta(days=days)
        self.attempt(domain.propose, party, [change], None, deadline, party, self.now, counters=counters)

    @rule(party=PARTIES, number=NUMBERS, stale=st.booleans())
    def accepts(self, party: str, number: int, stale: bool) -> None:
        assert self.state is not None
        proposal = next((each for each in self.state.proposals if each.number == number), None)
        if proposal is None or self.state.open is None:
            return
        try:
            following = texts.text_hash(domain.following(self.state.open, proposal))
        except SepakatError:
            return
        self.attempt(domain.accept, party, number, self.state.hash if stale else following, party, self.now)

    @rule(party=PARTIES, number=NUMBERS)
    def rejects(self, party: str, number: int) -> None:
        self.attempt(domain.reject, party, number, None, party, self.now)

    @rule(party=PARTIES, number=NUMBERS)
    def withdraws(self, party: str, number: int) -> None:
        self.attempt(domain.withdraw, party, number, None, party, self.now)

    @rule(party=PARTIES, number=NUMBERS)
    def comments(self, party: str, number: int) -> None:
        self.attempt(domain.comment, party, number, "well", party, self.now)

    @rule(party=PARTIES)
    def reads(self, party: str) -> None:
        assert self.state is not None
        self.seen[party].add(self.state.hash)

    @rule(party=PARTIES, data=st.data())
    def signs_what_it_has_read(self, party: str, data: st.DataObject) -> None:
        if not self.seen[party]:
            return
        hashed = data.draw(st.sampled_from(sorted(self.seen[party])))
        contact, key = SIGNERS[party]
        self.attempt(signing.sign, party, contact, hashed, signatures.sign(key, hashed), self.now)

    @rule(hours=st.integers(1, 300), noticed=st.booleans())
    def time_passes(self, hours: int, noticed: bool) -> None:
        self.now += timedelta(hours=hours)
        if noticed:
            self.attempt(timing.fire, self.now)
            assert timing.fire(self.state, self.now) == [], "what was due is done"

    @invariant()
    def what_both_have_signed_never_changes(self) -> None:
        if self.state is not None and self.state.status is not Status.DRAFT:
            self.final = self.final or self.state.text
            assert self.state.text == self.final
            assert {each.party for each in self.state.signatures} == set(SIGNERS)
            assert self.state.open_proposals == ()

    @invariant()
    def every_signature_is_of_the_text_as_it_stands(self) -> None:
        for each in self.state.signatures if self.state else ():
            assert self.state is not None
            signatures.verify(each.key, self.state.hash, each.signature)

    @invariant()
    def what_is_open_has_a_time_to_be_answered(self) -> None:
        if self.state is not None and self.state.open_proposals:
            assert timing.due_at(self.state) is not None


NegotiationMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnyOrder = NegotiationMachine.TestCase
