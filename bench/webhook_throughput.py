"""Webhooks posted a second, as a ratio to bare httpx posting the same bodies to the same server.

Ours plans each message (an insert), signs it, checks the address, posts it, and keeps that it was delivered (another
insert, and the state document). The floor posts the bodies with one client and as many requests under way as ours may
have, over connections that are kept, and keeps nothing. Both take turns, each round on fresh messages.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from cluster import started
from notifier import DATA, Notifier, receiving
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.table import Table

from sepakat_notifier.channels.webhook import body_of
from sepakat_notifier.notification import Occasion

MESSAGES = 1_000
ENDPOINTS = 20
ROUNDS = 3
BOUND = 0.5


async def measure(backend: str) -> dict[str, Any]:
    """Ratio of our messages a second to bare httpx's; at least the bound."""
    ours, floor = [], []
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=()) as cluster, receiving(Path(data)) as url:
            client: AsyncMongoClient[Any] = AsyncMongoClient(cluster.backend.mongo, tz_aware=True)
            for n in range(-1, ROUNDS):
                bare = await _floor(f"{url}/well/floor")
                mine = await _ours(client[f"throughput_{n + 1}"], url)
                if n >= 0:  # the first one warms up
                    floor.append(bare)
                    ours.append(mine)
            await client.close()
    ratio = statistics.median(mine / bare for mine, bare in zip(ours, floor, strict=True))
    table = Table("what", "messages/s", title=f"{MESSAGES:,} webhooks to {ENDPOINTS} endpoints ({backend})")
    table.add_row("bare httpx, keeping nothing", f"{statistics.median(floor):,.0f}")
    table.add_row("planned, signed, posted and kept", f"{statistics.median(ours):,.0f}")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≥ {BOUND})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "webhook_throughput", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio >= BOUND,
        "backend": backend, "messages": MESSAGES, "endpoints": ENDPOINTS,
        "floor_per_second": [round(each) for each in floor], "ours_per_second": [round(each) for each in ours],
    }  # fmt: skip


async def _ours(db: Any, url: str) -> float:
    """Messages a second, from the first event until the last message is known to be delivered."""
    notifier = Notifier(db)
    named = [f"hook{n}" for n in range(ENDPOINTS)]
    await notifier.prepare([(each, f"{url}/well/{each}") for each in named])
    async with notifier.running():
        begun = time.perf_counter()
        for n in range(MESSAGES // ENDPOINTS):
            await notifier.plan(f"e{n}")
        await notifier.until_ended(MESSAGES)
        seconds = time.perf_counter() - begun
        lost = [each for each in await notifier.all() if each.status != "delivered"]
    if lost:
        raise RuntimeError(f"{len(lost)} were not delivered; the first: {lost[0].reason}")
    return MESSAGES / seconds


async def _floor(url: str) -> float:
    occasion = Occasion("e", "/sepakat/incidents", "sepakat.incident.opened.v1", "bench.shop.0001", None, DATA)
    body = body_of(occasion)
    left = iter(range(MESSAGES))
    async with httpx.AsyncClient(timeout=30) as http:

        async def sender() -> None:
            for n in left:
                headers = {"content-type": "application/cloudevents+json", "webhook-id": str(n)}
                (await http.post(url, content=body, headers=headers)).raise_for_status()

        begun = time.perf_counter()
        await asyncio.gather(*[sender() for _ in range(32)])
        return MESSAGES / (time.perf_counter() - begun)
