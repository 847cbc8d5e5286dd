"""Reading one agreement among 10,000 over the API, against a bare FastAPI route that does one `find_one` by id.

Both answer the same client, one question after another, in rounds that take turns; what counts is the 99th percentile.
"""

import copy
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cluster import OPERATOR, api, route, started
from pymongo import AsyncMongoClient
from rich.console import Console
from rich.progress import track
from rich.table import Table
from stock import Client, words

AGREEMENTS = 10_000
READS = 1_000
ROUNDS = 5
BOUND = 3.0
_AT_ONCE = 200


async def measure(backend: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("agreements",)) as cluster:
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            async with api(cluster.urls["agreements"], OPERATOR) as http:
                (await http.put("/v1/agreements/bench-00000", content=json.dumps(_text()))).raise_for_status()
                ids = await _multiplied(client)
                async with (
                    route("agreement_read_floor", cluster.backend.mongo, Path(data)) as url,
                    httpx.AsyncClient(base_url=url, timeout=30) as bare,
                ):
                    rounds = [(await _percentiles(bare, ids), await _percentiles(http, ids)) for _ in range(ROUNDS)]
            await client.close()
    floor, ours = ([each[i] for each in rounds] for i in (0, 1))
    ratio = statistics.median(mine[1] / least[1] for least, mine in rounds)
    table = Table(
        "what", "median ms", "p99 ms", title=f"one of {AGREEMENTS:,} agreements, {READS:,} reads a round ({backend})"
    )
    for what, of in (("bare route with one find_one", floor), ("GET /v1/agreements/{id}", ours)):
        table.add_row(what, *[f"{statistics.median(each[i] for each in of):.2f}" for i in (0, 1)])
    table.add_row("ratio of p99 (bound)", "", f"{ratio:.2f} (≤ {BOUND})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "agreement_read", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio <= BOUND,
        "backend": backend, "agreements": AGREEMENTS, "reads": READS,
        "floor_p99_ms": [round(each[1], 2) for each in floor],
        "ours_p99_ms": [round(each[1], 2) for each in ours],
    }  # fmt: skip


def _text() -> dict[str, Any]:
    today = datetime.now(UTC).date()
    return {
        "apiVersion": "sepakat/v1", "kind": "Agreement", "metadata": {"id": "bench-00000", "title": {"en": "Bench"}},
        "parties": {"provider": "bench", "customer": "buyer"},
        "signatories": [{"party": "bench", "contact": "rina", "key": "ed25519:" + "A" * 43 + "="},
                        {"party": "buyer", "contact": "budi", "key": "ed25519:" + "A" * 43 + "="}],
        "term": {"from": str(today), "until": str(today + timedelta(days=365)), "timeZone": "Asia/Jakarta"},
        "services": [{"id": "checkout", "description": {"en": "Checkout"}}],
        "objectives": [
            {"id": f"availability-{window}", "indicator": "bench/checkout", "measure": "time", "target": "99.9",
             "window": {"calendar": window}}
            for window in ("day", "week", "month", "quarter", "year")
        ],
    }  # fmt: skip


async def _multiplied(client: Client) -> list[str]:
    """The one agreement that was written over the API, many times over under other ids, with its commits.

    These count as published: while thousands were told to Kafka, it is that what would be measured.
    """
    db = client["sepakat_agreements"]
    [state] = await db["agreement"].find({}).to_list(None)
    commits = await db["commits"].find({"aggregate": f"agreement/{state['_id']}"}).to_list(None)
    ids = [f"bench-{i:05d}" for i in range(AGREEMENTS)]
    for first in track(range(1, AGREEMENTS, _AT_ONCE), "stocking", console=words):
        new = ids[first : first + _AT_ONCE]
        await db["agreement"].insert_many([{**_named(state, id), "_id": id} for id in new])
        await db["commits"].insert_many(
            [{**_named(each, id), "_id": each["_id"].replace(state["_id"], id), "aggregate": f"agreement/{id}",
              "published": True} for id in new for each in commits]
        )  # fmt: skip
    return ids


def _named(document: dict[str, Any], id: str) -> dict[str, Any]:
    copied = copy.deepcopy(document)
    if "state" in copied:
        copied["state"]["id"] = id
        copied["state"]["text"]["metadata"]["id"] = id
    return copied


async def _percentiles(http: httpx.AsyncClient, ids: list[str]) -> tuple[float, float]:
    """Milliseconds: the median and the 99th percentile."""
    taken = []
    for id in random.sample(ids, READS):
        begun = time.perf_counter()
        (await http.get(f"/v1/agreements/{id}")).raise_for_status()
        taken.append((time.perf_counter() - begun) * 1e3)
    taken.sort()
    return statistics.median(taken), taken[len(taken) * 99 // 100]
