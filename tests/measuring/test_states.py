"""States are kept as runs and packed pages; what they answer is what looking through all that was told gives."""

import tracemalloc
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sepakat_metrics import transitions
from sepakat_metrics.buckets import Transition, order
from sepakat_metrics.states import Held, States

EARLIEST, LATEST = -5, 110
INSTANTS = st.integers(0, 60)
SOURCES = st.sampled_from(("/a", "/b"))
HELD = st.sampled_from((("up", 1_000_000), ("up", 1_000_000), ("down", 0), ("degraded", 400_000), ("unknown", None)))
SILENCES = st.sampled_from((None, (1, None), (4, 0), (4, None), (9, 1_000_000), (30, None)))


class Told:
    """The same, by looking at every transition."""

    def __init__(self) -> None:
        self.all: dict[tuple[int, str, str], Transition] = {}
        self.silence: tuple[int, int | None] | None = None

    def before(self, at: int) -> list[Transition]:
        return [self.all[key] for key in sorted(self.all) if key[0] < at]

    def silent_after(self, transition: Transition) -> int:
        return LATEST if self.silence is None else transition[0] + self.silence[0]

    def state_at(self, at: int) -> Held | None:
        heard = self.before(at)
        if not heard:
            return None
        if self.silence is not None and self.silent_after(heard[-1]) < at:
            return self.silent_after(heard[-1]), self.silence[1], "silent"
        first = heard.pop()
        while heard and heard[-1][3:] == first[3:] and self.silent_after(heard[-1]) >= first[0]:
            first = heard.pop()
        return first[0], first[4], first[3]

    def holds(self, at: int) -> tuple[int | None, str]:
        """The weight and the state in the millisecond that begins then."""
        heard = self.before(at + 1)
        if not heard:
            return None, "unknown"
        if self.silence is not None and self.silent_after(heard[-1]) <= at:
            return self.silence[1], "silent"
        return heard[-1][4], heard[-1][3]


class AnyOrder(RuleBasedStateMachine):
    """Told on time and late, again and again, while the silence rule changes; a page holds four."""

    def __init__(self) -> None:
        super().__init__()
        self.small = mock.patch.object(transitions, "_PAGE", 4)
        self.small.start()
        self.states, self.told, self.number = States(), Told(), 0

    def teardown(self) -> None:
        self.small.stop()

    @rule(silence=SILENCES)
    def agree_on_silence(self, silence: tuple[int, int | None] | None) -> None:
        assert self.states.set_silence(silence) is (silence != self.told.silence)
        self.told.silence = silence

    @rule(at=INSTANTS, source=SOURCES, held=HELD)
    def tell(self, at: int, source: str, held: tuple[str, int | None]) -> None:
        self.number += 1
        transition = at, source, str(self.number * 7 % 100), *held
        is_known, last, before = order(transition) in self.told.all, self.states.last, self.told.state_at(LATEST)
        self.told.all.setdefault(order(transition), transition)
        is_new = self.states.add(transition)
        if is_known or (not is_new and last is not None and at < last):
            assert not is_new
            assert self.told.state_at(LATEST) == before

    @rule(first=INSTANTS, step=st.integers(0, 6), count=st.integers(3, 14), source=SOURCES, held=HELD)
    def repeat(self, first: int, step: int, count: int, source: str, held: tuple[str, int | None]) -> None:
        for i in range(count):
            self.tell(min(first + i * step, 60), source, held)

    @rule(data=st.data())
    def tell_again(self, data: st.DataObject) -> None:
        if self.told.all:
            again = self.told.all[data.draw(st.sampled_from(sorted(self.told.all)))]
            assert not self.states.add(again)

    @invariant()
    def every_instant_is_as_told(self) -> None:
        laid: list[tuple[int | None, str]] = []
        for a, b, weight, state in self.states.segments(EARLIEST, LATEST):
            assert a == EARLIEST + len(laid)
            laid += [(weight, state)] * (b - a)
        assert laid == [self.told.holds(at) for at in range(EARLIEST, LATEST)]
        up = known = 0
        for at, (weight, _) in enumerate(laid, start=EARLIEST):
            assert self.states.sum(EARLIEST, at) == (up, known)
            up, known = up + (weight or 0), known + (weight is not None)

    @invariant()
    def what_holds_and_since_when_is_as_told(self) -> None:
        for at in (EARLIEST, 0, 1, 7, 20, 33, 60, 61, 62, 90, LATEST):
            assert self.states.state_at(at) == self.told.state_at(at)
        keys = sorted(self.told.all)
        ends = (keys[0][0], keys[-1][0]) if keys else (None, None)
        assert (self.states.first, self.states.last) == ends
        silence = self.told.silence
        assert self.states.silent_from() == (keys[-1][0] + silence[0] if keys and silence else None)


AnyOrder.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=25)
TestAnyOrder = AnyOrder.TestCase


def test_a_month_of_repeats_is_one_run_and_a_few_bytes_each() -> None:
    states = States()
    states.set_silence((300_000, None))
    tracemalloc.start()
    try:
        for i in range(86_400):
            assert states.add((i * 30_000 + i % 200, "/probe", f"probe-{i:08d}", "up", 1_000_000)) is (i == 0)
        assert tracemalloc.get_traced_memory()[0] / 86_400 < 10
    finally:
        tracemalloc.stop()
    assert list(states.segments(0, 30_000 * 86_400)) == [(0, 30_000 * 86_400, 1_000_000, "up")]


@pytest.mark.parametrize(("id", "ends"), [("a", 0), ("z", 30)])
def test_a_contradiction_at_the_instant_of_a_packed_repeat_is_ordered_by_its_id(id: str, ends: int) -> None:
    states = States()
    for i in range(1_000):
        states.add((i * 30, "/probe", f"m{i}", "up", 1_000_000))
    states.add((300, "/probe", id, "down", 0))
    assert states.sum(300, 600)[0] == (300 - ends) * 1_000_000
