"""The post-incident note: who writes it, what stays, what is late; and any order of steps by a rule-based machine."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sepakat_incidents import postmortem as domain
from sepakat_incidents import postmortem_timing
from sepakat_incidents.identity import Identity
from sepakat_incidents.incident import About
from sepakat_incidents.postmortem import (
    Content,
    FollowUpReminded,
    NoLongerExpected,
    Planned,
    Postmortem,
    Published,
    Reminded,
)
from sepakat_incidents.postmortems import POSTMORTEM
from sepakat_shared.clock import ManualClock
from sepakat_shared.errors import Conflict, Forbidden, Invalid, NotFound

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ABOUT = Identity("toko.checkout.0001", "CHECKOUT-0001", About("toko", "checkout", "nusantara", "toko-maju"), "P1",
                 {"en": "Checkout is down"}, NOW, NOW)  # fmt: skip
CONTENT = Content("the disk was full", "nobody watched it", "somebody does")


def planned(
    id: str | None = None, due: datetime = NOW + 5 * DAY, text: str = "an alert", owner: str = "rina"
) -> Planned:
    return Planned(id, text, owner, due)


class Note:
    """One note as a story; deadlines fire at their times."""

    def __init__(self, *follow_ups: Planned) -> None:
        self.clock, self.note, self.told = ManualClock(NOW), None, []  # type: ignore[var-annotated]
        self.content = replace(CONTENT, follow_ups=follow_ups)

    def take(self, events: Any) -> None:
        for event in events:
            self.note = domain.apply(self.note, event)
            self.told += [(each.type.split(".")[1:3], each.data) for each in POSTMORTEM.messages(event, self.note)]

    def expect(self, within: timedelta = 5 * DAY) -> None:
        self.take(domain.expect(self.note, ABOUT, "nusantara", within, DAY, self.clock.now()))

    def go_on(self) -> None:
        self.take(domain.go_on(self.note, "reopened", self.clock.now()))

    def draft(self, content: Content | None = None, party: str = "nusantara") -> None:
        self.take(domain.draft(self.note, ABOUT, "nusantara", content or self.content, party, "rina", self.clock.now()))

    def publish(self, is_over: bool = True, party: str = "nusantara") -> None:
        self.take(domain.publish(self.note, ABOUT, is_over, party, "rina", self.clock.now()))

    def until(self, at: datetime) -> None:
        while self.note is not None and (due := postmortem_timing.due_at(self.note)) is not None and due <= at:
            self.clock.set(max(due, self.clock.now()))
            self.take(postmortem_timing.fire(self.note, self.clock.now()))
        self.clock.set(at)

    @property
    def known(self) -> Postmortem:
        assert self.note is not None
        return self.note

    def types(self) -> list[str]:
        return [".".join(kind) + (" late" if data["late"] else "") for kind, data in self.told]


def test_a_note_that_the_agreement_asks_for_is_reminded_and_then_late_for_ever() -> None:
    note = Note()
    note.expect()
    note.until(NOW + 4 * DAY)
    assert note.types() == ["postmortem.reminded"]
    note.until(NOW + 5 * DAY)
    assert note.types() == ["postmortem.reminded"] and not note.known.late, "the last instant is in time"
    note.until(NOW + 6 * DAY)
    note.draft()
    note.publish()
    assert note.types()[1:] == ["postmortem.reminded late", "postmortem.published late"]
    assert note.known.late and postmortem_timing.due_at(note.known) is None


def test_ten_days_of_downtime_remind_of_nothing_that_has_passed() -> None:
    note = Note(planned(due=NOW + 3 * DAY))
    note.expect()
    note.draft()
    note.publish()
    note.clock.set(NOW + 10 * DAY)
    note.take(postmortem_timing.fire(note.note, note.clock.now()))
    note.take(postmortem_timing.fire(note.note, note.clock.now()))
    assert note.types() == ["postmortem.published", "followup.reminded late"]


def test_a_second_resolution_moves_the_deadline_and_a_published_note_has_none() -> None:
    note = Note()
    note.expect()
    note.clock.set(NOW + DAY)
    note.expect()
    assert note.known.expected is not None and note.known.expected.due_at == NOW + 6 * DAY
    note.draft()
    note.publish()
    assert domain.expect(note.note, ABOUT, "nusantara", DAY, DAY, NOW + 9 * DAY) == []
    short = Note()
    short.expect(within=12 * HOUR)
    short.until(NOW + DAY)
    assert short.types() == ["postmortem.reminded late"], "with less time than the reminder's there is none"


def test_while_its_incident_goes_on_no_note_is_due_and_what_was_published_late_stays_late() -> None:
    note = Note()
    note.go_on()
    assert note.note is None
    note.expect()
    note.draft()
    note.until(NOW + 4 * DAY)
    note.go_on()
    assert note.known.expected is None and note.known.draft is not None
    assert domain.go_on(note.note, "merged", note.clock.now()) == []
    note.until(NOW + 9 * DAY)
    assert note.types() == ["postmortem.reminded"]
    note.expect()
    note.until(NOW + 20 * DAY)
    note.publish()
    note.go_on()
    assert note.types()[1:] == ["postmortem.reminded", "postmortem.reminded late", "postmortem.published late"]
    assert note.known.late


def test_what_is_promised_is_open_then_overdue_then_done_and_was_late() -> None:
    note = Note(planned(), planned(due=NOW + 9 * DAY, text="a second disk"))
    note.draft()
    note.publish()
    note.until(NOW + 6 * DAY)
    first, second = note.known.follow_ups
    assert (first.status(note.clock.now()), second.status(note.clock.now())) == ("overdue", "open")
    note.take(domain.done(note.note, "1", "since today", "nusantara", "rina", note.clock.now()))
    assert domain.done(note.note, "1", None, "nusantara", "rina", note.clock.now()) == []
    assert note.types() == ["postmortem.published", "followup.reminded", "followup.reminded late",
                            "followup.done late"]  # fmt: skip
    note.until(NOW + 20 * DAY)
    assert note.types()[4:] == ["followup.reminded", "followup.reminded late"], "of the one that is open alone"


def test_an_amended_version_keeps_what_was_promised_and_tells_of_a_new_day_anew() -> None:
    note = Note(planned())
    note.draft()
    note.publish()
    note.until(NOW + 6 * DAY)
    with pytest.raises(Invalid, match="must keep what was promised: 1"):
        note.draft(CONTENT)
    with pytest.raises(Invalid, match="none of the follow-ups"):
        note.draft(replace(CONTENT, follow_ups=(planned("1"), planned("9", NOW + 9 * DAY))))
    note.draft(replace(CONTENT, follow_ups=(planned("1", NOW + 9 * DAY), planned(due=NOW + 10 * DAY))))
    note.publish()
    assert [each.id for each in note.known.follow_ups] == ["1", "2"]
    assert (note.known.versions, note.known.published_at) == (2, NOW)
    note.until(NOW + 9 * DAY + HOUR)
    assert note.types()[3:] == ["postmortem.published", "followup.reminded", "followup.reminded",
                                "followup.reminded late"]  # fmt: skip


def test_the_note_is_the_responsible_partys_and_published_when_it_is_over() -> None:
    note = Note(planned())
    with pytest.raises(Conflict, match="no draft"):
        note.publish()
    with pytest.raises(Forbidden):
        note.draft(party="toko-maju")
    note.draft()
    with pytest.raises(Conflict, match="goes on"):
        note.publish(is_over=False)
    with pytest.raises(Forbidden):
        note.publish(party="toko-maju")
    note.publish()
    with pytest.raises(NotFound):
        domain.done(note.note, "7", None, "nusantara", "rina", NOW)
    with pytest.raises(Forbidden):
        domain.done(note.note, "1", None, "toko-maju", "budi", NOW)


def test_a_draft_is_told_to_nobody() -> None:
    note = Note(planned())
    note.expect()
    note.draft()
    assert note.told == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"why": " "}, "/why"), ({"what_happened": "x" * 20_001}, "/what_happened"),
     ({"what_will_change": "\x00"}, "/what_will_change"), ({"follow_ups": (planned(due=NOW),)}, "/follow_ups/0/due"),
     ({"follow_ups": (planned(text="a\nb"),)}, "/follow_ups/0/text"),
     ({"follow_ups": (planned(),) * 51}, "/follow_ups")],
)  # fmt: skip
def test_a_note_that_breaks_a_rule_is_refused_with_its_field(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        Note().draft(replace(CONTENT, **changes))
    assert pointer in [each.pointer for each in refused.value.problems]


class AnyOrder(RuleBasedStateMachine):
    """Whatever is done in whatever order: nothing that was published or promised goes, and each deadline tells once."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Note()
        self.versions: list[Published] = []
        self.fired: list[tuple[str | None, bool, datetime, int]] = []
        self.went_on = 0

    def take(self, events: Any) -> None:
        for event in events:
            if isinstance(event, Published):
                self.versions.append(event)
            if isinstance(event, NoLongerExpected):
                assert not self.versions
                self.went_on += 1
            if isinstance(event, Reminded):
                due = self.story.known.expected
                assert due is not None
                self.fired.append((None, event.late, due.due_at, self.went_on))
            if isinstance(event, FollowUpReminded):
                of = next(each for each in self.story.known.follow_ups if each.id == event.follow_up)
                assert of.done_at is None
                self.fired.append((of.id, event.late, of.due_at, 0))
        self.story.take(events)

    @rule(days=st.integers(1, 5))
    def asked_for(self, days: int) -> None:
        self.take(domain.expect(self.story.note, ABOUT, "nusantara", days * DAY, DAY, self.story.clock.now()))

    @rule()
    def it_goes_on(self) -> None:
        self.take(domain.go_on(self.story.note, "reopened", self.story.clock.now()))

    @rule(days=st.lists(st.integers(1, 6), max_size=2), moved=st.integers(0, 3))
    def drafted(self, days: list[int], moved: int) -> None:
        now = self.story.clock.now()
        kept = [
            planned(each.id, max(each.due_at, now) + moved * DAY + HOUR if moved else each.due_at)
            for each in (self.story.note.follow_ups if self.story.note else ())
        ]
        content = replace(CONTENT, follow_ups=(*kept, *(planned(due=now + each * DAY) for each in days))[:50])
        if len(kept) + len(days) <= 50:
            self.take(domain.draft(self.story.note, ABOUT, "nusantara", content, "nusantara", "rina", now))

    @rule()
    def published(self) -> None:
        with suppress(Conflict, Invalid):  # nothing is drafted, or its new days have passed
            self.take(domain.publish(self.story.note, ABOUT, True, "nusantara", "rina", self.story.clock.now()))

    @rule(which=st.integers(1, 4))
    def one_is_done(self, which: int) -> None:
        with suppress(NotFound):
            self.take(domain.done(self.story.note, f"{which}", None, "nusantara", "rina", self.story.clock.now()))

    @rule(hours=st.integers(1, 72))
    def time_passes(self, hours: int) -> None:
        self.story.clock.advance(hours * HOUR)
        self.take(postmortem_timing.fire(self.story.note, self.story.clock.now()))
        assert postmortem_timing.fire(self.story.note, self.story.clock.now()) == [], "what fired is done"

    @invariant()
    def nothing_goes(self) -> None:
        assert len(self.fired) == len(set(self.fired))
        if self.story.note is None:
            return
        assert [each.version for each in self.versions] == list(range(1, self.story.note.versions + 1))
        promised = {each.id for version in self.versions for each in version.content.follow_ups}
        assert {each.id for each in self.story.note.follow_ups} == promised


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
