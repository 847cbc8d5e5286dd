"""What an event costs, and what an indicator takes in memory, with a day, a month and a year behind it.

Everything is in this process: an event is added to the history and its objective, over the calendar year, judged anew.
Counts come once a minute, states every 30 seconds with an outage a day, measurements ten a minute.
"""

import gc
import os
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from stock import objective, words

from sepakat_metrics.buckets import Delta
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import MINUTE_MS, UP, Fact
from sepakat_metrics.history import History
from sepakat_metrics.terms import Terms
from sepakat_shared.contracts import texts

DAYS = (1, 30, 365)
EVENTS = 300
ROUNDS = 5
BOUND = 1.5
_DAY = 86_400_000
_END = 1_798_675_200_000
"""The last day of 2026 begins."""
_OBJECTIVES: dict[str, dict[str, Any]] = {
    "ratio": {},
    "state": {"measure": "time"},
    "measurement": {"measure": "share", "threshold": {"atMost": 800, "unit": "ms"}, "target": "95"},
}
_PAGE = os.sysconf("SC_PAGE_SIZE")


async def measure(backend: str) -> dict[str, Any]:
    """`backend` is not asked: no server has a part in this."""
    costs = {kind: _costs(kind) for kind in _OBJECTIVES}
    # Each in a process of its own: what another one has freed would be taken up again, and not be seen.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes:
        sizes = {kind: {days: processes.submit(_size, kind, days).result() for days in DAYS} for kind in _OBJECTIVES}
    ratios = {
        kind: statistics.median(year / day for day, year in zip(of[DAYS[0]], of[DAYS[-1]], strict=True))
        for kind, of in costs.items()
    }
    ratio = max(ratios.values())
    table = Table("events", "days", "µs an event", "MiB an indicator", title="a history that grows")
    for kind, of in costs.items():
        for days in DAYS:
            table.add_row(kind, str(days), f"{statistics.median(of[days]):.0f}", f"{sizes[kind][days] / 2**20:.2f}")
    table.add_row("ratio of a year to a day, the worst (bound)", "", f"{ratio:.2f} (≤ {BOUND})", "")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "history_growth", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND,
        "ratios": {kind: round(each, 3) for kind, each in ratios.items()}, "rounds": ROUNDS, "events": EVENTS,
        "microseconds_an_event": {kind: {str(days): [round(each, 1) for each in of[days]] for days in DAYS}
                                  for kind, of in costs.items()},
        "bytes_an_indicator": {kind: {str(days): each for days, each in of.items()} for kind, of in sizes.items()},
    }  # fmt: skip


def _costs(kind: str) -> dict[int, list[float]]:
    """µs an event, by the days behind it; in turns, so that a busy moment of the machine is one for all."""
    standing = {days: (_terms(kind), _history(kind, days)) for days in DAYS}
    costs: dict[int, list[float]] = {days: [] for days in DAYS}
    for i in range(ROUNDS + 1):
        for days, (terms, history) in standing.items():
            taken = _round(terms, history, [_event(kind, _END + (i * EVENTS + j) * 100) for j in range(EVENTS)])
            # The first round lays out what the others go on from.
            if i:
                costs[days].append(taken)
                words.print(f"{kind}: {days} days, {taken:.0f} µs an event")
    return costs


def _round(terms: Terms, history: History, facts: list[Fact]) -> float:
    begun = time.perf_counter()
    for fact in facts:
        history.add(fact)
        evaluate(terms, history, fact.at + 1)
    return (time.perf_counter() - begun) / len(facts) * 1e6


def _size(kind: str, days: int) -> int:
    """Bytes that one history takes of this process, ready to be asked."""
    terms, before = _terms(kind), _resident()
    history = _history(kind, days)
    evaluate(terms, history, _END)
    gc.collect()
    return _resident() - before


def _history(kind: str, days: int) -> History:
    history = History()
    history.thresholds = (800 * UP,)
    for delta in _stocked(kind, days):
        history.apply(delta)
    return history


def _terms(kind: str) -> Terms:
    id = "bench/indicator"
    text = texts.Agreement.model_validate(
        {"metadata": {"id": "bench"}, "parties": {"provider": "bench", "customer": "buyer"},
         "term": {"from": "2020-01-01", "until": "2099-12-31", "timeZone": "UTC"},
         "services": [{"id": "s", "description": {"en": "s"}}],
         "objectives": [objective("o", id, **{"window": {"calendar": "year"}, **_OBJECTIVES[kind]})]}
    )  # fmt: skip
    silence = {"silence": {"after": "PT5M", "means": "unknown"}} if kind == "state" else {}
    indicator = texts.Indicator.model_validate({"metadata": {"id": id}, "kindOfEvents": kind, **silence})
    return Terms(text, text.objectives[0], indicator)


def _stocked(kind: str, days: int) -> Iterator[Delta]:
    """What is stored of each of the last days."""
    for begin in range(_END - days * _DAY, _END, _DAY):
        delta = Delta((800 * UP,))
        if kind == "state":
            for at in range(begin, begin + _DAY, 30_000):
                delta.add(_event(kind, at, "down" if at - begin < 600_000 else "up"))
        else:
            for at in range(begin, begin + _DAY, MINUTE_MS):
                delta.add(_event(kind, at))
        yield delta


def _event(kind: str, at: int, state: str = "up") -> Fact:
    id = f"{at:014d}"
    if kind == "ratio":
        return Fact("bench/indicator", "/bench", id, at, kind, ((at, 99, 100),))
    if kind == "state":
        return Fact("bench/indicator", "/bench", id, at, kind, state=state, weight=UP if state == "up" else 0)
    values = tuple((100 + (at // MINUTE_MS * 37 + i * 61) % 800) * UP for i in range(10))
    return Fact("bench/indicator", "/bench", id, at, kind, values=values, unit="ms")


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
