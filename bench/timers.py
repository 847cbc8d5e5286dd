"""100,000 pending deadlines, 1,000 of them due in one instant: until all are committed, and what the waiting costs.

The floor is 1,000 bare inserts, one after another, of the very documents that were committed, into a collection without
indexes; beside it stands one bulk insert of them, which no service that hashes and checks each one can come near.
Lateness is seen from outside, by a reader of the database that asks every few milliseconds.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cluster import processor_seconds, started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.progress import track
from rich.table import Table
from stock import Client, words

from sepakat_incidents import line as domain
from sepakat_incidents.clocks import Terms
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Trigger
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.store import Incidents, line_id
from sepakat_shared.clock import ManualClock, SystemClock
from sepakat_shared.commits import Commits, verify_chain
from sepakat_shared.mongo import Document

PENDING = 100_000
DUE = 1_000
ROUNDS = 5
BOUND = 2.0
IDLE_SECONDS = 30
IDLE_BOUND = 3.0
"""Processor seconds a minute that the pending ones may cost, over service and database."""
INCIDENTS = "sepakat_incidents"
_FIRES_IN = timedelta(seconds=8)
_LIMIT = timedelta(days=2)
_WITHIN = 120


async def measure(backend: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("incidents",)) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo, tz_aware=True)
            idle = [await _idle(cluster, client)]
            await _stock_pending(client)
            idle.append(await _idle(cluster, client))
            rounds = [await _round(client, number) for number in track(range(ROUNDS), "firing", console=words)]
            await client.close()
    ratio = statistics.median(taken[-1] / bare for taken, bare, _ in rounds)
    late = [sorted(taken) for taken, _, _ in rounds]
    p50, p99 = (statistics.median(each[len(each) * percent // 100 - 1] for each in late) for percent in (50, 99))
    bare, bulk = (statistics.median(each[place] for each in rounds) for place in (1, 2))
    more = sum(idle[1].values()) - sum(idle[0].values())
    table = Table("what", "", title=f"{DUE:,} of {PENDING:,} deadlines in one instant ({backend}), medians of {ROUNDS}")
    table.add_row("bare inserts, one after another (in one bulk)", f"{bare:.2f} s ({bulk:.2f} s)")
    table.add_row("due until all are committed", f"{statistics.median(each[-1] for each in late):.2f} s")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≤ {BOUND})")
    table.add_row("lateness p50, p99", f"{p50 * 1000:.0f} ms, {p99 * 1000:.0f} ms")
    table.add_row("processor time of waiting, a minute, over that with none pending (bound)",
                  f"{more:.2f} s (≤ {IDLE_BOUND})")  # fmt: skip
    Console(file=sys.stdout).print(table)
    return {
        "bench": "timers", "ratio": round(ratio, 3), "bound": BOUND,
        "holds": ratio <= BOUND and more <= IDLE_BOUND, "backend": backend, "pending": PENDING, "due": DUE,
        "due_until_committed_seconds": [round(taken[-1], 3) for taken, _, _ in rounds],
        "bare_inserts_seconds": [round(each, 3) for _, each, _ in rounds],
        "bulk_insert_seconds": [round(each, 3) for *_, each in rounds],
        "lateness_ms": {"p50": round(p50 * 1000), "p99": round(p99 * 1000)},
        "idle_cpu_seconds_a_minute": {"none_pending": idle[0], "all_pending": idle[1]}, "idle_bound": IDLE_BOUND,
    }  # fmt: skip


# -- what waits --------------------------------------------------------------------------------------------------------


async def _stock_pending(client: Client) -> None:
    """State documents as `incidents` stores them, due in the days after tomorrow."""
    [(_, like)] = await _lines(client, ["like"], datetime.now(UTC) + timedelta(days=3))
    states = client[INCIDENTS]["line"]
    for first in track(range(0, PENDING, 1_000), "stocking", console=words):
        await states.insert_many(
            [
                {**like, "_id": line_id("pending", f"s{i:06d}"), "due_at": like["due_at"] + timedelta(seconds=i)}
                for i in range(first, first + 1_000)
            ],
            ordered=False,
        )


async def _lines(client: Client, services: Sequence[str], due: datetime) -> list[tuple[Document, Document]]:
    """(first commit, state document) of lines with an open incident whose next level is told at `due`."""
    opened = due - timedelta(hours=1)
    commits = Commits(client[INCIDENTS], ManualClock(opened))
    lines = Incidents(commits, Rotations(commits)).lines
    hour = Rung(("oncall",), 3600)
    how = Handling("P1", Ladder((hour, Rung(("rina",), _LIMIT.total_seconds()))), (Terms("restore", 9e6),), 1)
    made = []
    for service in services:
        id = line_id("bench", service)
        trigger = Trigger("impairment", "impairment:x", f"e-{service}", opened, {"en": "down"})
        events = domain.begin(None, id, About("bench", service, "bench", "buyer"), trigger, how, opened)
        commit = lines._commit(id, None, events, "bench", None, opened)
        loaded = lines._fold(id, None, commit)
        made.append(({**commit, "published": True}, {"_id": id, **lines._documents.document(loaded)}))
    return made


# -- what is measured --------------------------------------------------------------------------------------------------


async def _round(client: Client, number: int) -> tuple[list[float], float, float]:
    """Seconds from due to committed of each, and those of the same inserts, bare: one by one, and as one bulk."""
    db = client[INCIDENTS]
    services = [f"r{number}-{i:04d}" for i in range(DUE)]
    due = SystemClock().now() + _FIRES_IN
    made = await _lines(client, services, due)
    await db["commits"].insert_many([commit for commit, _ in made])
    await db["line"].insert_many([state for _, state in made])
    if SystemClock().now() >= due:
        raise TimeoutError(f"{DUE} lines were not stocked within {_FIRES_IN}")
    ids = [f"line/{line_id('bench', service)}:00000002" for service in services]
    taken = await _seen(client, ids, due)
    # What follows (states, publishing) is over before the floor is taken.
    async with asyncio.timeout(_WITHIN):
        while await db["commits"].count_documents({"published": False}):
            await asyncio.sleep(0.2)
    commits = await db["commits"].find({"aggregate": {"$in": [id.partition(":")[0] for id in ids]}}).to_list(None)
    verify_chain(sorted((each for each in commits if each["aggregate"] == ids[0][:-9]), key=lambda each: each["n"]))
    fired = [each for each in commits if each["n"] == 2]
    if len(fired) != DUE or len(commits) != 2 * DUE:
        raise AssertionError(f"{len(fired)} of {DUE} deadlines made {len(commits) - DUE} commits")
    begun = time.perf_counter()
    for commit in fired:
        await db[f"bare_{number}"].insert_one(commit)
    bare = time.perf_counter() - begun
    begun = time.perf_counter()
    await db[f"bulk_{number}"].insert_many(fired)
    return taken, bare, time.perf_counter() - begun


async def _seen(client: Client, ids: Sequence[str], due: datetime) -> list[float]:
    """When each commit was seen in the database, in seconds after `due`: sixteen of those that are missing are asked
    for at a time, and one that is there says that those before it are (all are counted afterwards).
    """
    commits, taken = client[INCIDENTS]["commits"], []
    async with asyncio.timeout(_WITHIN):
        while missing := ids[len(taken) :]:
            asked = [missing[(len(missing) - 1) * i // 16] for i in range(17)]
            found = await commits.find({"_id": {"$in": asked}}, {"_id": 1}).to_list(None)
            at = (datetime.now(UTC) - due).total_seconds()
            last = max((ids.index(each["_id"]) for each in found), default=len(taken) - 1)
            taken += [at] * (last + 1 - len(taken))
            await asyncio.sleep(0.01)
    return taken


async def _idle(cluster: Any, client: Client) -> dict[str, float]:
    """Processor seconds a minute of the service, and of the database where that is a process of this machine."""
    pids = {"incidents": cluster.pid("incidents")}
    database = getattr(cluster.backend, "_database", None)
    if database is not None:
        pids["database"] = database.pid
    await client[INCIDENTS]["line"].find_one({})
    await asyncio.sleep(3)
    before = {name: processor_seconds(pid) for name, pid in pids.items()}
    await asyncio.sleep(IDLE_SECONDS)
    return {name: round((processor_seconds(pid) - before[name]) * 60 / IDLE_SECONDS, 2) for name, pid in pids.items()}
