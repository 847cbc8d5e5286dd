"""What is stored at once is bounded, and no count is too large to be stored, summed or proven."""

import json
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from measuring import streams
from samples import agreement

from sepakat_metrics import checkpoints, evidence, ingestion
from sepakat_metrics.buckets import Delta
from sepakat_metrics.checkpoints import Pending, packed
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import FACTS, LONGEST_OFFSET, Fact
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_shared.calendars import to_ms

NOVEMBER = to_ms(datetime(2026, 11, 1, tzinfo=UTC))
MINUTE, MOST = 60_000, 2**53 - 1
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
FAR = st.integers(-(2**42), 2**42)
LETTERS = st.text(min_size=1, max_size=40)
ANY_FACT = st.one_of(
    st.builds(
        lambda at, samples: Fact("p/i", "/a", "1", at, "ratio", samples=tuple(samples)), FAR,
        st.lists(st.tuples(FAR, st.integers(0, MOST), st.just(MOST)), min_size=1, max_size=5),
    ),
    st.builds(
        lambda at, values: Fact("p/i", "/a", "1", at, "measurement", values=tuple(values), unit="ms"), FAR,
        st.lists(st.integers(0, 36 * 10**23), min_size=1, max_size=30),
    ),
    st.builds(
        lambda start, rows: Fact("p/i", "/a", "1", start, "measurement", unit="ms", values=tuple(v for _, v in rows),
                                 instants=tuple(start + offset for offset, _ in rows)),
        FAR,
        st.lists(st.tuples(st.integers(0, LONGEST_OFFSET - 1), st.integers(0, 36 * 10**23)), min_size=1, max_size=30),
    ),
    st.builds(
        lambda at, source, id, weight: Fact("p/i", source, id, at, "state", state="maintenance", weight=weight), FAR,
        LETTERS, LETTERS, st.none() | st.integers(0, 10**6),
    ),
    st.builds(
        lambda at, words, step: Fact("p/i", words[0], words[1], at, "ticket", ticket=words[2], step=step,
                                     priority=words[3], reason=words[3]),
        FAR, st.tuples(LETTERS, LETTERS, LETTERS, LETTERS), st.sampled_from(FACTS),
    ),
)  # fmt: skip


@given(
    st.lists(ANY_FACT, min_size=1, max_size=6),
    st.sampled_from([(), (1,), (10**24, 8 * 10**8), tuple(10**24 + i for i in range(9))]),
)
@settings(max_examples=100, deadline=None)
def test_what_waits_to_be_stored_is_never_larger_than_it_is_taken_for(
    facts: list[Fact], thresholds: tuple[int, ...]
) -> None:
    pending = Pending(0, 0)
    for i, fact in enumerate(facts):
        pending.add(fact, f"{i:08d}".encode(), thresholds)
    stored = packed({indicator: delta.to_document() for indicator, delta in pending.deltas.items()})
    assert len(stored) <= pending.weight
    assert len(pending.ids) == 8 * len(facts)


def test_a_checkpoint_is_full_long_before_it_is_too_large_for_a_document() -> None:
    pending = Pending(0, 0)
    told = 0
    while not pending.is_full:
        at = NOVEMBER + told
        pending.add(Fact("p/i", "/probe", f"{told:036d}", at, "state", state="down", weight=0), b"12345678", ())
        told += 1
    assert 20_000 < told < 200_000


def test_a_batch_is_cut_where_it_has_a_megabyte_and_nothing_of_it_is_lost() -> None:
    random = Random(5)
    batch = tuple(SimpleNamespace(value=bytes(random.choice((0, 300, 400_000, 2_000_000)))) for _ in range(40))
    parts = list(ingestion._in_parts(batch))  # type: ignore[arg-type]
    assert [record for part in parts for record in part] == list(batch)
    assert all(len(part) == 1 or sum(len(record.value) for record in part) <= 1_000_000 for part in parts)
    assert list(ingestion._in_parts(())) == []


@pytest.fixture
def objective() -> Any:
    return agreement(
        needs=[],
        objectives=[{"id": "o", "indicator": "p/i", "measure": "occurrences", "target": "99",
                     "window": {"calendar": "month"}}],
    )  # fmt: skip


@pytest.mark.parametrize("how", ["one by one", "in parts", "after a restart"])
def test_counts_beyond_64_bits_are_summed_exactly_and_proven(how: str, objective: Any) -> None:
    """Whoever counts bytes gets there; before, one such publisher ended the service at the same record for ever."""
    facts = [
        Fact("p/i", "/a", str(i), NOVEMBER + i // 700 * MINUTE, "ratio",
             samples=((NOVEMBER + i // 700 * MINUTE, MOST - 1, MOST),))
        for i in range(3_000)
    ]  # fmt: skip
    history = streams.arrived(facts, how, Random(3))
    terms = Terms(objective, objective.objectives[0], None, kind="ratio")
    figure = evaluate(terms, history, NOVEMBER + 86_400_000)
    assert (figure.good, figure.total) == (3_000 * (MOST - 1), 3_000 * MOST)
    whole = Delta()
    for fact in facts:
        whole.add(fact)
    stored = Delta.from_document(checkpoints.unpacked(packed(whole.to_document())))
    assert stored.counts == whole.counts
    pack = evidence.pack(terms, "a", 1, stored.by_day(), figure.period, figure.as_of, KEY)
    found = evidence.verify(json.loads(json.dumps(pack)))
    assert found.ok, found.checks
    assert found.figure is not None and found.figure["exact"] == f"{MOST - 1}/{MOST}"


def test_sums_near_64_bits_are_the_same_whether_minutes_come_one_by_one_or_many_at_once() -> None:
    minutes = dict.fromkeys(range(2000), (MOST, MOST))
    one_by_one, at_once, later = History(), History(), History()
    for minute, counted in minutes.items():
        one_by_one.counts.add(minute, *counted)
    at_once.counts.extend(minutes)
    later.counts.extend({2_000: (1, 1)})
    later.counts.extend(minutes)
    sums = {each.counts.sum(0, 2_000) for each in (one_by_one, at_once, later)}
    assert sums == {(2_000 * MOST, 2_000 * MOST, 2_000)}
