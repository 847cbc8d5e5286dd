"""Random events, and the ways in which they arrive: what the tests of exactness draw from.

`SEPAKAT_TEST_STREAMS` says how many streams there are in all, 500 where nothing is said, as in CI. By hand, 10,000:

    SEPAKAT_TEST_STREAMS=10000 .venv/bin/pytest tests/measuring/test_oracle.py tests/measuring/test_fresh.py

A stream that fails is printed as small as it can be made, and is tried again first by the next run.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from measuring import oracle, texts

from sepakat_metrics import changes, events, ledger, terms, timeline, transitions
from sepakat_metrics.buckets import Delta
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_shared.calendars import from_ms

STREAMS = int(os.environ.get("SEPAKAT_TEST_STREAMS", "500"))
PATIENCE = pytest.mark.timeout(120 + STREAMS)
"""Of a test that tries so many streams: a slow machine takes most of a second for one."""
RANDOMS = st.randoms(use_true_random=False)


def tried(percent: int) -> settings:
    """With that share of all streams."""
    return settings(
        max_examples=max(1, STREAMS * percent // 100),
        deadline=None,
        derandomize=False,
        phases=[phase for phase in Phase if phase is not Phase.explain],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


# -- events ------------------------------------------------------------------------------------------------------------

STATES = st.sampled_from(("up", "up", "down", "maintenance", "unknown", "0.25", "0.999999", "0", "1"))
"""As they are told; a number is the weight of `degraded`."""


def cloud_event(kind: str, at: int, id: str, told: str, source: str = "/a") -> Fact:
    """Written as a publisher writes it, and read as it is received."""
    return events.parse_line(
        f'{{"specversion":"1.0","id":"{id}","source":"{source}","type":"sepakat.metric.{kind}.v1",'
        f'"time":"{from_ms(at).isoformat()}","data":{{"indicator":"p/i",{told}}}}}'.encode()
    )


def ticket_told(at: int, id: str, ticket: str, step: str) -> Fact:
    more = {"paused": ',"reason":"c"', "prioritised": ',"priority":"P1"', "opened": ',"priority":"P2"'}.get(step, "")
    return cloud_event("ticket", at, id, f'"ticket":"{ticket}","fact":"{step}"{more}')


def state_told(at: int, id: str, state: str, source: str) -> tuple[oracle.State, Fact]:
    told, weight = f'"state":"{state}"', texts.WEIGHTS.get(state)
    if state not in texts.WEIGHTS:
        told, weight = f'"state":"degraded","weight":{state}', Fraction(state)
    return oracle.State(at, source, id, weight), cloud_event("state", at, id, told, source)


def sample_told(at: int, id: str, good: int, bad: int) -> tuple[oracle.Sample, Fact]:
    told = f'"good":{good},"total":{good + bad}'
    if bad == 1:
        told = f'"samples":[{{"time":"{from_ms(at).isoformat()}",{told}}}]'
    return oracle.Sample(at, good, good + bad), cloud_event("sample", at, id, told)


def traffic_told(start: int, end: int, id: str) -> Fact:
    """Events of every minute, or of a thousand instants between the two: each third is bad."""
    instants = range(start, end, max(texts.MINUTE, (end - start) // 1000))
    told = ",".join(
        f'{{"time":"{from_ms(at).isoformat()}","good":{int(i % 3 > 0)},"total":1}}' for i, at in enumerate(instants)
    )
    return cloud_event("sample", start, id, f'"samples":[{told}]')


def values_told(at: int, id: str, values: Sequence[int], unit: str) -> tuple[list[oracle.Measurement], Fact]:
    """`values` in millionths of a ms; told in seconds, they are told to the microsecond."""
    exact = [value // 1000 * 1000 for value in values] if unit == "s" else values
    told = ",".join(f"{Decimal(value).scaleb(-9 if unit == 's' else -6):f}" for value in exact)
    fact = cloud_event("measurement", at, id, f'"values":[{told}],"unit":"{unit}"')
    return [oracle.Measurement(at, Fraction(value)) for value in exact], fact


SOURCES = st.sampled_from(("/a", "/b"))
TIMES = st.sampled_from((1, 1, 1, 2, 9))
VALUES = st.lists(
    st.sampled_from((0, 1, 60, 2398, texts.THRESHOLD - 1000, texts.THRESHOLD, texts.THRESHOLD + 1000, 10**17))
    | st.integers(0, 2000).map(lambda n: n * 1_000_000),
    min_size=1,
    max_size=4,
)
UNITS = st.sampled_from(("ms", "s"))
TICKETS = st.sampled_from(("T-1", "T-2"))
STEPS = st.sampled_from(("opened", "opened", "responded", "resolved", "resolved", "paused", "resumed", "reopened",
                         "prioritised", "cancelled"))  # fmt: skip


@st.composite
def states(draw: st.DrawFn, setting: texts.Setting) -> list[tuple[oracle.State, Fact]]:
    """Each told once, or again and again for a while, as probes do."""
    grain = setting.scale.grain
    told = st.tuples(within(setting, grain), STATES, SOURCES, TIMES, st.integers(1, 6))
    return [
        state_told(at + n * every * grain, f"{i}-{n}", state, source)
        for i, (at, state, source, times, every) in enumerate(draw(st.lists(told, min_size=2, max_size=14)))
        for n in range(times)
    ]


@st.composite
def samples(draw: st.DrawFn, setting: texts.Setting) -> list[tuple[oracle.Sample, Fact]]:
    told = st.tuples(within(setting, 1) | within(setting, texts.MINUTE), st.integers(0, 9), st.integers(0, 2))
    drawn = draw(st.lists(told, min_size=5, max_size=40))
    return [sample_told(at, str(i), *each) for i, (at, *each) in enumerate(drawn)]


@st.composite
def measurements(draw: st.DrawFn, setting: texts.Setting) -> list[tuple[list[oracle.Measurement], Fact]]:
    told = st.tuples(within(setting, 1) | within(setting, texts.MINUTE), VALUES, UNITS)
    drawn = draw(st.lists(told, min_size=3, max_size=20))
    return [values_told(at, str(i), *each) for i, (at, *each) in enumerate(drawn)]


def within(setting: texts.Setting, grain: int) -> st.SearchStrategy[int]:
    """Mostly within what is looked at; some before, some later, and some exactly where something begins or ends."""
    start, length = setting.span[0], max(setting.until - setting.span[0], 9 * grain)
    anywhere = st.integers((start - length // 4) // grain, (start + length * 9 // 8) // grain).map(lambda n: n * grain)
    given = setting.adjustments
    edges = {*setting.span, *(at for each in (*given.excluded, *given.down) for at in each)}
    edges |= {at for each in given.announced for at in (each.start, each.end)}
    exact = sorted(at for at in edges if at % grain == 0)
    return anywhere | anywhere | anywhere | st.sampled_from(exact) if exact else anywhere


def any_told(draw: st.DrawFn, kind: str, at: int, id: str) -> Fact:
    """Some event of that kind."""
    match kind:
        case "state":
            return state_told(at, id, draw(STATES), draw(SOURCES))[1]
        case "ratio":
            return sample_told(at, id, draw(st.integers(0, 9)), draw(st.integers(0, 2)))[1]
        case "measurement":
            return values_told(at, id, draw(VALUES), draw(UNITS))[1]
    return ticket_told(at, id, draw(TICKETS), draw(STEPS))


# -- ways to arrive ----------------------------------------------------------------------------------------------------

ARRIVALS = st.sampled_from(("one by one", "in parts", "after a restart"))


def arrived(facts: Sequence[Fact], how: str, random: Random) -> History:
    """What is known of a stream that came late, out of order and repeated: repeats are dropped as they are read."""
    stream = [*facts, *random.choices(facts, k=3)] if facts else []
    random.shuffle(stream)
    once = list({(fact.source, fact.id): fact for fact in stream}.values())
    stored = {"one by one": 0, "in parts": len(once), "after a restart": len(once) // 2}[how]
    history = restored(once[:stored], random)
    for fact in once[stored:]:
        history.add(fact)
    return history


def restored(facts: Sequence[Fact], random: Random) -> History:
    """From documents, as after a restart: checkpoints merged in any order, then kept by day."""
    parts = [Delta((texts.THRESHOLD,)) for _ in range(random.randint(1, 4))]
    for fact in facts:
        random.choice(parts).add(fact)
    while len(parts) > 1:
        other = Delta.from_document(_stored(parts.pop(random.randrange(len(parts)))))
        random.choice(parts).merge(other)
    days = list(parts[0].by_day().values())
    random.shuffle(days)
    history = History.from_days(_stored(day) for day in days)
    history.thresholds = (texts.THRESHOLD,)
    return history


def asked_for_later(facts: Sequence[Fact], random: Random) -> History:
    """What is known where nobody asked for the threshold until some of the stream had been read, each event once."""
    stream, history = random.sample(facts, k=len(facts)), History()
    before = random.randint(0, len(stream))
    for fact in stream[:before]:
        history.add(fact)
    history.thresholds = (texts.THRESHOLD,)
    for fact in stream[before:]:
        history.add(fact)
    return history


def _stored(delta: Delta) -> Any:
    return json.loads(json.dumps(delta.to_document()))


@pytest.fixture(scope="module", autouse=True)
def small_pages() -> Iterator[None]:
    """So small that what was told on a day fills several, for the tests that import this."""
    with patch.object(transitions, "_PAGE", 3):
        yield


BLOCKS = st.sampled_from((0, 6 * texts.HOUR))


@contextmanager
def short_blocks(block: int) -> Iterator[None]:
    """What is laid out ahead or remembered ends so soon that a short stream goes over many ends; 0: as it is."""
    with ExitStack() as stack:
        if block:
            stack.enter_context(patch.object(timeline, "_BLOCK_MS", block))
            stack.enter_context(patch.object(ledger, "_AHEAD_MS", block // 2))
            stack.enter_context(patch.object(changes, "_KEPT", 2))
            stack.enter_context(patch.object(terms, "_KEPT", 4))
        yield
