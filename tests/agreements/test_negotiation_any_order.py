"""One agreement under any order of drafts, proposals, answers, signatures, amendments, notices, and passing time."""

from datetime import date, timedelta
from functools import reduce
from typing import Any

from agreements.test_agreement import BUDI, RINA, START, text
from agreements.test_clauses import merge
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sepakat_agreements import amending, signing, term, timing
from sepakat_agreements import negotiation as domain
from sepakat_agreements.agreement import Agreement, Closed, Drafted, Signed, Status, Version
from sepakat_agreements.clauses import Change
from sepakat_agreements.folding import apply
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
    """What two parties and the timer may try at any time. `seen` are the texts that each has read."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START - timedelta(days=40)
        self.seen: dict[str, set[str]] = {party: set() for party in SIGNERS}
        self.final: dict[int, dict[str, Any]] = {}
        self.known: Agreement | None = None

    @property
    def state(self) -> Agreement:
        assert self.known is not None
        return self.known

    @property
    def table(self) -> Version:
        """The text that is talked about."""
        return self.state.open or self.state

    def attempt(self, decide: Any, *given: Any, **more: Any) -> None:
        before = self.state
        try:
            events = list(decide(before, *given, **more))
        except SepakatError:
            return
        accepted = any(isinstance(each, Closed) and each.outcome == "accepted" for each in events)
        for event in events:
            if isinstance(event, Drafted) and (version := before.get(event.version)) is not None:
                assert version.status is Status.DRAFT, "a signed text changed"
                assert accepted or not version.proposals, "a clause changed without a proposal"
            if isinstance(event, Signed):
                version = before.get(event.version)
                assert version is not None and version.hash in self.seen[event.signature.party], "signed unseen"
        self.known = reduce(apply, events, before)
        for version in before.versions:
            after = self.state.get(version.version)
            assert after is not None and (after.hash == version.hash or after.signatures == ()), "a signature was left"

    @initialize()
    def begins(self) -> None:
        written = text()
        events = signing.draft(None, "toko-checkout", texts.as_text(written), texts.text_hash(written))
        self.known = reduce(apply, events, None)  # type: ignore[arg-type]

    @rule(percent=TARGETS)
    def is_written_anew(self, percent: str) -> None:
        changed = {**self.state.text["objectives"][0], "target": percent}
        written = texts.Agreement.model_validate({**self.state.text, "objectives": [changed]})
        self.attempt(signing.draft, "toko-checkout", texts.as_text(written), texts.text_hash(written))

    @rule(party=PARTIES, change=CHANGES, days=st.integers(1, 20), counters=st.none() | NUMBERS)
    def proposes(self, party: str, change: Change, days: int, counters: int | None) -> None:
        deadline = self.now + timedelta(days=days)
        self.attempt(domain.propose, party, [change], None, deadline, party, self.now, counters=counters)

    @rule(party=PARTIES, change=CHANGES, day=st.none() | st.dates(date(2025, 12, 1), date(2026, 12, 31)))
    def amends(self, party: str, change: Change, day: date | None) -> None:
        how = [] if day is None else [merge("amendment", {"effectiveFrom": day.isoformat()})]
        self.attempt(amending.amend, party, [change, *how], self.now)

    @rule(party=PARTIES, number=NUMBERS, stale=st.booleans())
    def accepts(self, party: str, number: int, stale: bool) -> None:
        proposal = next((each for each in self.table.proposals if each.number == number), None)
        if proposal is None:
            return
        try:
            following = texts.text_hash(domain.following(self.table, proposal))
        except SepakatError:
            return
        self.attempt(domain.accept, party, number, self.table.hash if stale else following, party, self.now)

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
        self.seen[party].add(self.table.hash)

    @rule(party=PARTIES, data=st.data())
    def signs_what_it_has_read(self, party: str, data: st.DataObject) -> None:
        if not self.seen[party]:
            return
        self.sign(party, data.draw(st.sampled_from(sorted(self.seen[party]))))

    @rule()
    def both_read_and_sign(self) -> None:
        for party in SIGNERS:
            self.seen[party].add(self.table.hash)
            self.sign(party, self.table.hash)

    def sign(self, party: str, hashed: str) -> None:
        contact, key = SIGNERS[party]
        self.attempt(signing.sign, party, contact, hashed, signatures.sign(key, hashed), self.now)

    @rule(party=PARTIES, day=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
    def gives_notice(self, party: str, day: date) -> None:
        self.attempt(term.terminate, party, day, "notice", "another provider", party, self.now)

    @rule(hours=st.integers(1, 1500), noticed=st.booleans())
    def time_passes(self, hours: int, noticed: bool) -> None:
        self.now += timedelta(hours=hours)
        if noticed:
            self.attempt(timing.fire, self.now)
            due = timing.due_at(self.state)
            assert timing.fire(self.state, self.now) == [] and (due is None or due > self.now), "what was due is done"

    @invariant()
    def what_both_have_signed_never_changes(self) -> None:
        for each in self.state.versions if self.known else ():
            if each.status is not Status.DRAFT:
                assert self.final.setdefault(each.version, each.text) == each.text
                assert {signature.party for signature in each.signatures} == set(SIGNERS)
                assert each.open_proposals == ()

    @invariant()
    def every_signature_is_of_the_text_as_it_stands(self) -> None:
        for version in self.state.versions if self.known else ():
            for each in version.signatures:
                signatures.verify(each.key, version.hash, each.signature)

    @invariant()
    def versions_follow_each_other_and_one_at_most_is_in_force(self) -> None:
        if self.known is None:
            return
        versions = self.state.versions
        assert [each.version for each in versions] == list(range(1, len(versions) + 1))
        assert [each.status for each in versions].count(Status.DRAFT) <= 1
        assert [each.status for each in versions].count(Status.ACTIVE) <= 1
        begins = [each.effective_from for each in versions if each.status is not Status.DRAFT]
        assert begins == sorted(begins, key=lambda each: each or START)
        assert self.state.ended_at is None or Status.ACTIVE not in [each.status for each in versions]

    @invariant()
    def what_is_open_has_a_time_to_be_answered(self) -> None:
        if self.known is not None and self.state.open is not None and self.state.open.open_proposals:
            assert timing.due_at(self.state) is not None


NegotiationMachine.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
TestAnyOrder = NegotiationMachine.TestCase
