"""10,000 webhooks to 100 endpoints of which 10 hang and 10 fail: how long the others' take, beside a quiet run.

The quiet run is the floor: the same messages at the same pace to the same endpoints, all of which work. An event tells
every endpoint, so a hundred messages are planned at once. What is compared is the time from planning a message to
knowing that it was delivered, of the 80 endpoints that work in both runs. Every message must have ended, for a reason
that is kept.
"""

import asyncio
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from cluster import started
from notifier import Notifier, receiving
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table

from sepakat_notifier.notification import Notification

EVENTS = 100
WELL, HANGING, FAILING = 80, 10, 10
SECONDS_BETWEEN = 2.0
BOUND = 1.5
SETTINGS = {"notifier_attempt_timeout": "PT10S", "notifier_give_up_after": "PT30S", "notifier_circuit_pause": "PT5S"}
"""Short, so that what hangs is given up before the bench's reader gives up; the same in both runs."""


async def measure(backend: str) -> dict[str, Any]:
    """Ratio of the well endpoints' p99 to that of the quiet run; at most the bound, and everything accounted for."""
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=()) as cluster, receiving(Path(data)) as url:
            client: AsyncMongoClient[Any] = AsyncMongoClient(cluster.backend.mongo, tz_aware=True)
            await _run(client["warming"], url, "warming", "well", 2)
            quiet, _ = await _run(client["quiet"], url, "quiet", "well", EVENTS)
            busy, ended = await _run(client["busy"], url, "busy", "hangs", EVENTS)
            seen = await _seen(url)
            await client.close()
    ratio = _p99(busy) / _p99(quiet)
    whole = sum(ended.values()) == EVENTS * (WELL + HANGING + FAILING) and ended["delivered"] == EVENTS * WELL
    once = all(seen[f"/well/busy/{n}"] == [EVENTS, EVENTS] for n in range(WELL))
    table = Table(
        "what", "p50", "p99",
        title=f"{EVENTS * 100:,} webhooks to 100 endpoints, of which 10 hang and 10 fail ({backend})",
    )  # fmt: skip
    for name, taken in (("all work", quiet), ("20 do not; of the other 80", busy)):
        table.add_row(name, f"{statistics.median(taken) * 1000:.0f} ms", f"{_p99(taken) * 1000:.0f} ms")
    table.add_row("ratio (bound)", "", f"{ratio:.2f} (≤ {BOUND})")
    table.add_row("ended", ", ".join(f"{count:,} {how}" for how, count in sorted(ended.items())), "")
    table.add_row("attempts at those that hang, fail", f"{_requests(seen, '/hangs')}", f"{_requests(seen, '/fails')}")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "hanging_endpoints", "ratio": round(ratio, 3), "bound": BOUND,
        "holds": ratio <= BOUND and whole and once, "backend": backend, "messages": EVENTS * 100, "ended": dict(ended),
        "each_once": once, "quiet_p99_seconds": round(_p99(quiet), 4), "busy_p99_seconds": round(_p99(busy), 4),
        "attempts_at_hanging": _requests(seen, "/hangs"), "attempts_at_failing": _requests(seen, "/fails"),
    }  # fmt: skip


async def _run(db: Any, url: str, name: str, hanging: str, events: int) -> tuple[list[float], Counter[str]]:
    """Seconds that each message of the well endpoints took, and how all of them ended."""
    notifier = Notifier(db, **SETTINGS)
    failing = "fails" if hanging == "hangs" else hanging
    kinds = ["well"] * WELL + [hanging] * HANGING + [failing] * FAILING
    named = [f"hook{n}" for n in range(len(kinds))]
    places = enumerate(zip(named, kinds, strict=True))
    await notifier.prepare([(id, f"{url}/{kind}/{name}/{n}") for n, (id, kind) in places])
    loop = asyncio.get_running_loop()
    async with notifier.running():
        begun = loop.time()
        for n in range(events):
            await asyncio.sleep(max(0.0, begun + n * SECONDS_BETWEEN - loop.time()))
            await notifier.plan(f"e{n}")
        await notifier.until_ended(events * len(named))
        found = await notifier.all()
    without = [each for each in found if each.status != "delivered" and not each.reason]
    if without:
        raise RuntimeError(f"{len(without)} ended without a reason")
    well = set(named[:WELL])
    return [_taken(each) for each in found if each.recipient in well], Counter(each.status.value for each in found)


def _taken(ended: Notification) -> float:
    if ended.ended_at is None:
        raise RuntimeError(f"{ended.id} has not ended")
    return (ended.ended_at - ended.created_at).total_seconds()


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


async def _seen(url: str) -> dict[str, list[int]]:
    async with httpx.AsyncClient() as http:
        return dict((await http.get(f"{url}/seen")).json())


def _requests(seen: dict[str, list[int]], below: str) -> int:
    return sum(count for path, (count, _) in seen.items() if path.startswith(below))
