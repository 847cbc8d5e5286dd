"""A keyed one-minute count of one topic: ours to the durable checkpoint, against quixstreams, faust-streaming, bytewax.

In each round one after another reads the topic from its beginning, with nothing known before: our metrics service, then
every peer, a script of its own (`peers_*.py`) with the state store that it normally uses. Events per second are taken
from the first record that one saw to the last that it counted, without the start of its process. A peer is done when it
has counted, ours when it has stored. Who takes longer than `SECONDS` is measured by what it did till then. It takes
about ten minutes; the first time `.venv-peers` is made, from a lock of its own.
"""

import asyncio
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cluster import started
from rich.console import Console
from rich.table import Table
from stock import METRICS, Client, forget_what_was_read, publish, register, words

from sepakat_cli.backends import BackendFailed, available
from sepakat_shared.contracts import topics

EVENTS = 300_000
INDICATORS = [f"bench/i{i:03d}" for i in range(200)]
STEP = timedelta(milliseconds=10)
"""Between two events: every indicator has one in two seconds."""
ROUNDS = 5
SECONDS = 20
BOUND = 1.0
OURS = "sepakat"
DOES = {
    OURS: "checks each event against its indicator, refuses repeats by id, adds to one-minute buckets and stores those "
    "with the ids in a checkpoint every 250 ms; done when all is stored",
    "quixstreams": "tumbling window, each new count handed on; RocksDB and a changelog topic, both written with the "
    "offsets every 5 s, at least once; done when all is counted",
    "faust-streaming": "windowed table in memory, each change sent to a changelog topic (linger 50 ms, faster than its "
    "default of none), offsets committed every 2.8 s, at least once; done when all is counted",
    "bytewax": "count_window in the memory of one worker, emitted as windows close; recovery is off as by default and "
    "no offset is committed, so that a crash loses every count; done when all is counted",
}
_SCRIPTS = {
    "quixstreams": "peers_quixstreams.py",
    "faust-streaming": "peers_faust.py",
    "bytewax": "peers_bytewax.py",
}
_ROOT = Path(__file__).parents[1]
_LOCK = _ROOT / "requirements" / "peers.txt"
_VENV = _ROOT / ".venv-peers"
_PYTHON = _VENV / "bin" / "python"
_ENDS_WITHIN = 300


async def measure(backend: str) -> dict[str, Any]:
    if backend == "embedded":
        raise BackendFailed("the peers need Apache Kafka, which the embedded broker is not; say --backend native")
    if (reason := available(backend)) is not None:
        raise BackendFailed(reason)
    installed = await asyncio.to_thread(_installed)
    skipped = {
        name: f"{name} is skipped: it has no wheel for Python {sys.version_info.major}.{sys.version_info.minor}"
        for name in _SCRIPTS if name not in installed
    }  # fmt: skip
    rates = await _measure(backend, list(installed))
    medians = {name: statistics.median(taken) for name, taken in rates.items()}
    fastest = max(installed, key=lambda name: medians[name])
    ratio = medians[OURS] / medians[fastest]
    table = Table("who", "events/s", "what it does", title=f"one-minute count of {EVENTS:,} events by key ({backend})")
    for name, rate in medians.items():
        table.add_row(f"{name} {installed.get(name, '')}", f"{rate:,.0f}", DOES[name])
    table.add_row(f"ours to {fastest} (bound)", f"{ratio:.2f} (> {BOUND})", " ".join(skipped.values()))
    Console(file=sys.stdout).print(table)
    return {
        "bench": "peers", "ratio": round(ratio, 3), "bound": BOUND, "holds": ratio > BOUND, "backend": backend,
        "events": EVENTS, "indicators": len(INDICATORS), "fastest_peer": fastest, "versions": installed,
        "ratio_to_each": {name: round(medians[OURS] / medians[name], 3) for name in installed},
        "per_second": {name: [round(each) for each in taken] for name, taken in rates.items()},
        "does": {name: DOES[name] for name in rates}, "skipped": skipped,
    }  # fmt: skip


async def _measure(backend: str, peers: list[str]) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in (OURS, *peers)}
    with tempfile.TemporaryDirectory() as data:
        async with started(backend, Path(data), services=("metrics",)) as cluster:
            async with Client(cluster.backend.mongo) as client:
                await register(client, INDICATORS)
                cluster.kill("metrics")
                await publish(cluster.backend.kafka, _events(), EVENTS)
                for i in range(ROUNDS):
                    words.print(f"round {i + 1} of {ROUNDS}")
                    await forget_what_was_read(client)
                    rates[OURS].append(await _ours(cluster, client))
                    for name in peers:
                        rates[name].append(await asyncio.to_thread(_count, name, cluster.backend.kafka))
    return rates


def _events() -> Iterator[tuple[str, bytes]]:
    """(indicator, CloudEvent in JSON of 288 bytes), one after another through the indicators."""
    begin = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=6)
    for i in range(EVENTS):
        id = INDICATORS[i % len(INDICATORS)]
        event = {
            "specversion": "1.0", "id": f"{i:032x}", "source": "/bench/load", "type": "sepakat.metric.sample.v1",
            "subject": id, "time": (begin + i * STEP).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json", "data": {"indicator": id, "good": 99, "total": 100},
        }  # fmt: skip
        yield id, json.dumps(event).encode()


# -- ours --------------------------------------------------------------------------------------------------------------


async def _ours(cluster: Any, client: Client) -> float:
    """Events per second of the metrics service. Raises RuntimeError when it does not count all that it reads."""
    await cluster.start_service("metrics")
    rate = await _until_stored(client)
    async with httpx.AsyncClient(base_url=cluster.urls["metrics"]) as http:
        lines = (await http.get("/metrics")).raise_for_status().text.splitlines()
    cluster.kill("metrics")
    outcomes = [line for line in lines if line.startswith("sepakat_metric_events_total{")]
    if not outcomes or any('outcome="counted"' not in line for line in outcomes):
        raise RuntimeError(f"the metrics service did not count all that it read: {'; '.join(outcomes)}")
    return rate


async def _until_stored(client: Client) -> float:
    """Events per second from the first checkpoints to the last one, by the database."""
    while True:
        await asyncio.sleep(1)  # asking is work for the database, and the checkpoints tell the time themselves
        stored = await client[METRICS]["checkpoints"].find({}, {"first": 1, "end": 1, "at": 1}).to_list(None)
        if not stored:
            continue
        begun, done = min(each["at"] for each in stored), max(each["at"] for each in stored)
        whole = sum(each["end"] - each["first"] for each in stored) >= EVENTS
        if whole or done - begun >= timedelta(seconds=SECONDS):
            break
    # What the partitions' first checkpoints hold, one written after the other, was read before and does not count.
    counted = sum(each["end"] - each["first"] for each in stored if each["at"] - begun > timedelta(milliseconds=100))
    return float(counted / (done - begun).total_seconds())


# -- the peers ---------------------------------------------------------------------------------------------------------


def _installed() -> dict[str, str]:
    """The versions of those in `.venv-peers`, which is made when its lock has changed. Raises BackendFailed."""
    stamp = _VENV / ".locked"
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        words.print(f"making {_VENV.name} from {_LOCK.relative_to(_ROOT)}, once")
        _run([sys.executable, "-m", "venv", "--clear", str(_VENV)])
        _run([str(_PYTHON), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", str(_LOCK)])
        stamp.write_text(digest)
    code = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    versions: dict[str, str] = json.loads(_run([str(_PYTHON), "-c", code]))
    return {name: versions[name] for name in _SCRIPTS if name in versions}


def _count(name: str, kafka: str) -> float:
    """Events per second of one peer. Raises BackendFailed when it fails, RuntimeError when it counts something else."""
    with tempfile.TemporaryDirectory() as state:
        script = Path(__file__).parent / _SCRIPTS[name]
        said = _run([str(_PYTHON), str(script), kafka, topics.METRICS, str(EVENTS), str(SECONDS)], Path(state))
    taken = json.loads(said[said.rindex("{") :])  # a terminal's control characters may stand before it
    windows = len(INDICATORS) * -(-EVENTS * STEP // timedelta(minutes=1))
    if taken["counted"] == EVENTS and taken["windows"] != windows:
        raise RuntimeError(f"{name} counted in {taken['windows']} windows instead of {windows}")
    if taken["counted"] != EVENTS and taken["seconds"] < SECONDS:
        raise RuntimeError(f"{name} counted {taken['counted']:,} of {EVENTS:,} events")
    return float(taken["counted"] / taken["seconds"])


def _run(command: list[str], directory: Path | None = None) -> str:
    """What it printed. Raises BackendFailed with the end of its words."""
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=_ENDS_WITHIN)
    except subprocess.TimeoutExpired as late:
        said = b"".join(part for part in (late.stdout, late.stderr) if part).decode("utf-8", "replace")
        raise BackendFailed(f"{' '.join(command)} did not end within {_ENDS_WITHIN} s:\n{said[-2000:]}") from late
    if done.returncode != 0:
        raise BackendFailed(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout
