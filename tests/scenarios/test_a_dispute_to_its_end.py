"""One dispute from the first word to the mediator's, with a clock that the test owns: every step, and every silence."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from disputes.cases import ASKED, CUSTOMER, DAY, MEASURED, NOW, PART, PROCEDURE, PROVIDER, WORDS, about, at, down

from sepakat_incidents import settling
from sepakat_incidents.dispute import Defaulted, Dispute, Event, Reminded, Status, apply
from sepakat_incidents.dispute_facts import of_dispute
from sepakat_shared.clock import ManualClock
from sepakat_shared.errors import Conflict, Forbidden, Invalid


class Story:
    """A dispute that is raised on the second of December, and what time and people make of it."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.events: list[Event] = []
        self.told: list[str] = []
        self.state: Dispute | None = None
        self.take(settling.raise_(
            None, "d.0001", "D-1", about(), PROCEDURE, ASKED, WORDS, MEASURED, "budi-key", NOW
        ))  # fmt: skip

    @property
    def known(self) -> Dispute:
        assert self.state is not None
        return self.state

    def after(self, span: timedelta) -> "Story":
        """Let time pass; what falls due meanwhile happens at its time."""
        until = self.clock.now() + span
        while (due := self.known.due_at) is not None and due <= until:
            self.clock.set(due)
            self.take(settling.fire(self.state, due))
        self.clock.set(until)
        return self

    def do(self, command: Any, *given: Any) -> "Story":
        self.take(command(self.known, *given, self.clock.now()))
        return self

    def take(self, events: Any) -> None:
        for event in events:
            self.state = apply(self.state, event)
            self.events.append(event)
            self.told += [each.type.split(".")[2] for each in of_dispute(event, self.state)]

    def times_of(self, kind: type[Event]) -> list[datetime]:
        return [each.at for each in self.events if isinstance(each, kind)]  # type: ignore[union-attr]


def test_a_dispute_that_the_parties_cannot_settle_is_decided_by_the_mediator() -> None:
    story = Story()
    # The provider is reminded at half of its five days, and a day before their end; then it answers with a part.
    story.after(4 * DAY + timedelta(hours=20))
    assert len(story.times_of(Reminded)) == 2 and story.known.awaited == (PROVIDER,)
    story.do(settling.answer, PROVIDER, WORDS, PART, "rina-key")
    assert story.known.status is Status.SETTLE and story.known.awaited == (PROVIDER, CUSTOMER)
    # More than was asked is nobody's to offer, and nobody accepts what is no longer on the table.
    with pytest.raises(Invalid, match="within what was asked"):
        story.do(settling.counter, PROVIDER, WORDS, down(at(9), at(10, 12)), "rina-key")
    story.after(DAY).do(settling.counter, CUSTOMER, WORDS, ASKED, "budi-key")
    with pytest.raises(Conflict, match="offer 1 is not on the table"):
        story.do(settling.accept, PROVIDER, 1, "rina-key")
    with pytest.raises(Conflict, match="with the parties"):
        story.do(settling.decide, "upheld", None, "too early", "mediator-key")
    # Ten days pass without a settlement: the next agreed step begins, with its whole time.
    story.after(12 * DAY)
    assert story.known.status is Status.DECIDE and story.known.awaited == ()
    assert [each.turn is not None for each in story.events if isinstance(each, Defaulted)] == [True]
    with pytest.raises(Forbidden, match="another mediator"):
        settling.decide(story.known, "upheld", None, "mine", "colleague-key", story.clock.now(), "colleague")
    story.take(
        settling.decide(story.known, "partly", PART, "an hour is proven", "m-key", story.clock.now(), "mediator")
    )
    outcome = story.known.outcome
    assert outcome is not None and (outcome.result, outcome.how, outcome.remedy) == ("partly", "mediator", PART)
    assert story.told == [
        "raised", "reminded", "reminded", "answered", "countered", "reminded", "reminded", "step_defaulted", "settled",
    ]  # fmt: skip
    assert story.known.due_at is None and settling.fire(story.known, story.clock.now() + 999 * DAY) == []
    # Both figures stay, and what is settled is settled for both, until another figure comes.
    story.do(settling.recalculated, "availability", MEASURED, {**MEASURED, "attainment": "99.7500"})
    figures = [(each or {})["attainment"] for each in (story.known.measured, story.known.agreed)]
    assert figures == ["99.8990", "99.7500"]
    with pytest.raises(Conflict, match="is settled"):
        settling.may_raise_again(story.known, CUSTOMER, NOW, None)


def test_silence_is_what_the_agreement_says_it_is_and_a_late_answer_comes_after_it() -> None:
    story = Story().after(20 * DAY)
    outcome = story.known.outcome
    assert outcome is not None and (outcome.result, outcome.how, outcome.party) == ("upheld", "default", PROVIDER)
    with pytest.raises(Conflict, match="nothing changes it any more"):
        story.do(settling.answer, PROVIDER, WORDS, None, "rina-key")
