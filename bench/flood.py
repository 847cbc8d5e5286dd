"""10,000 reports of one problem at once: all are answered, all belong to one incident, and nobody drowns in mail.

A thousand people report ten times each, over as many connections as there are senders (SEPAKAT_BENCH_REPORTS=800: 80
people do). The floor is taken in the same run: the same requests to a route that does nothing but insert one document
for each (`flood_floor.py`). What the services do with the reports afterwards goes on when the last one is answered; how
long is printed beside it.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from agreeing import AGREEMENT, agree
from cluster import OPERATOR, api, at_rest, mailing, route, started
from flow import until
from pymongo import AsyncMongoClient
from repeating import answered
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from stock import Client, words

from sepakat_cli.demo import desk as desks

REPORTS = int(os.environ.get("SEPAKAT_BENCH_REPORTS", "10000"))
PEOPLE = max(1, REPORTS // 10)
SENDERS = 20
SERVICE = "checkout"
BOUND = 20.0
"""A report is a commit with its state, who reported it in a document that can be erased, and what is told of it."""
LINKED_BOUND = 3.0
"""The last report belongs to its incident within so many times the time that the door took for all of them."""
_WITHIN = 1_800
"""Seconds, for what goes on when the last report is answered."""
_ANSWERED_WITHIN = 120
"""Seconds, for one report: a service that is started again in between answers the next try."""
NUMBERS_BY_MAIL = 5
"""One address gets so many numbers by mail in an hour, and of each step one message."""


async def measure(backend: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as data, desks.opened(Path(data) / "inbox") as desk:
        async with started(
            backend, Path(data), services=("agreements", "incidents", "notifier"), env=mailing(desk)
        ) as cluster:
            await agree(cluster, [SERVICE], mailed=True)
            key = await _key(cluster)
            async with route("flood_floor", cluster.backend.mongo, Path(data)) as bare:
                _, floor = await _send(bare, key, "to the bare route")
            numbers, ours = await _send(cluster.urls["incidents"], key, "to the door")
            begun = time.perf_counter()
            client: Client = AsyncMongoClient(cluster.backend.mongo)
            incidents = await _linked(client)
            linked = ours + time.perf_counter() - begun
            mails = await _mails(cluster, client, desk)
            await client.close()
    ratio = ours / floor
    most = PEOPLE * (NUMBERS_BY_MAIL + 1)
    holds = ratio <= BOUND and len(numbers) == REPORTS and len(incidents) == 1 and mails <= most
    holds = holds and linked <= LINKED_BOUND * ours
    table = Table("what", f"{REPORTS:,} reports", title=f"{PEOPLE:,} people, {SENDERS} senders at once ({backend})")
    table.add_row("bare route with one insert a request", f"{floor:.1f} s")
    table.add_row("the door for reports", f"{ours:.1f} s")
    table.add_row("ratio (bound)", f"{ratio:.2f} (≤ {BOUND})")
    table.add_row("until all belong to their incident (bound)", f"{linked:.1f} s (≤ {LINKED_BOUND * ours:.1f})")
    table.add_row("numbers given, incidents opened", f"{len(numbers):,}, {len(incidents)}")
    table.add_row("mails to those who reported (bound)", f"{mails:,} (≤ {most:,})")
    Console(file=sys.stdout).print(table)
    return {
        "bench": "flood", "ratio": round(ratio, 3), "bound": BOUND, "holds": holds, "backend": backend,
        "reports": REPORTS, "people": PEOPLE, "senders": SENDERS, "floor_seconds": round(floor, 1),
        "ours_seconds": round(ours, 1), "linked_seconds": round(linked, 1), "numbers": len(numbers),
        "incidents": incidents, "mails": mails,
    }  # fmt: skip


async def _key(cluster: Any) -> str:
    """A key of the customer's, which `incidents` knows already, as it knows the agreement."""
    async with api(cluster.urls["agreements"], OPERATOR) as http:
        body = {"id": "flood", "party": "buyer", "roles": ["customer"], "scopes": ["incidents:write"]}
        key = str((await http.post("/v1/keys", json=body)).raise_for_status().json()["secret"])
    unknown = {"agreement": AGREEMENT, "service": "none", "summary": "refused when all is known"}
    async with api(cluster.urls["incidents"], key) as http:
        while (await http.post("/v1/reports", json=unknown)).status_code != 422:
            await asyncio.sleep(0.1)
    return key


def _report(n: int) -> dict[str, Any]:
    who = n % PEOPLE
    return {
        "agreement": AGREEMENT, "service": SERVICE, "summary": "The checkout does not answer",
        "details": "since nine", "impact": "high", "urgency": "high",
        "reporter": {"name": f"Person {who}", "email": f"person-{who}@buyer.example", "language": "id"},
    }  # fmt: skip


async def _send(url: str, key: str, what: str) -> tuple[set[str], float]:
    """The numbers that were given, and the seconds until every report was answered."""
    left = list(range(REPORTS))
    numbers = set()
    with Progress(console=words) as progress:
        task = progress.add_task(f"reports {what}", total=REPORTS)

        async def sender(http: httpx.AsyncClient) -> None:
            while left:
                numbers.add(await _file(http, left.pop()))
                progress.advance(task)

        async with api(url, key) as http:
            begun = time.perf_counter()
            await asyncio.gather(*[sender(http) for _ in range(SENDERS)])
            return numbers, time.perf_counter() - begun


async def _file(http: httpx.AsyncClient, n: int) -> str:
    """The number of a report, which is sent again with the same key while it is not answered."""
    answer = await answered(http, "/v1/reports", _report(n), f"flood-{n}", _ANSWERED_WITHIN)
    return str(answer.json()["number"])


async def _linked(client: Client) -> list[str]:
    """The incidents that the reports belong to, when each belongs to one."""
    reports = client["sepakat_incidents"]["report"]

    async def linked() -> int:
        # Those that are left are found by an index; the others would be gone through, ever more of them.
        return REPORTS - await reports.count_documents({"incident": None})

    await until("reports belonged to an incident", REPORTS, linked, _WITHIN)
    return list(await reports.distinct("incident"))


async def _mails(cluster: Any, client: Client, desk: Any) -> int:
    """How many mails came for those who reported, when the services had nothing left to do."""
    sent = client["sepakat_notifier"]["notification"]
    await at_rest(cluster, ("incidents", "notifier"))
    ended = {"status": {"$ne": "pending"}}
    await until("messages were ended", await sent.count_documents({}), lambda: sent.count_documents(ended), _WITHIN)
    return sum(each.to.startswith("person-") for each in desk.mails)
