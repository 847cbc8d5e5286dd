"""faust-streaming counts a topic by key and minute, for `peers.py`: `peers_faust.py KAFKA TOPIC EVENTS SECONDS`."""

import json
import os
import sys
import time
from datetime import datetime
from typing import Any

import faust

PARTITIONS = 4


def main(kafka: str, topic: str, events: int, seconds: float) -> None:
    app = faust.App(
        f"faust-{time.time_ns()}",
        broker=f"kafka://{kafka}",
        datadir=".",
        topic_partitions=PARTITIONS,
        producer_linger=0.05,
        web_enabled=False,
    )
    source = app.topic(topic, key_type=str, value_serializer="json", partitions=PARTITIONS)
    # A table forgets by the wall clock, and the events are hours old.
    table = app.Table("counts", default=int).tumbling(60.0, expires=86_400.0).relative_to(_instant)

    @app.agent(source)
    async def count(stream: Any) -> None:
        first, seen = 0.0, 0
        async for event in stream:
            if not first:
                first = time.perf_counter()
            table[event["subject"]] += 1
            seen += 1
            taken = time.perf_counter() - first
            if seen == events or taken >= seconds:
                print(json.dumps({"counted": seen, "windows": len(table.table.data), "seconds": taken}), flush=True)
                os._exit(0)  # a clean stop has the changelog flushed, which is not measured

    faust.Worker(app, loglevel="ERROR", redirect_stdouts=False, quiet=True).execute_from_commandline()


def _instant(event: Any) -> float:
    return datetime.fromisoformat(event.value["time"]).timestamp()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
