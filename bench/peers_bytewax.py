"""bytewax counts a topic by key and minute, for `peers.py`: `peers_bytewax.py KAFKA TOPIC EVENTS SECONDS`.

It has no end but that of the topic, which it reads whole, however long it takes.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, TumblingWindower, count_window
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

MINUTE = timedelta(minutes=1)


class Counts(DynamicSink[Any], StatelessSinkPartition[Any]):
    """Where the counts arrive; it knows when the first record was read and when the last count came."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.windows: dict[tuple[str, int], int] = {}

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "Counts":
        return self

    def read(self, message: KafkaSourceMessage[bytes, bytes]) -> Any:
        if not self.first:
            self.first = time.perf_counter()
        return orjson.loads(message.value)

    def write_batch(self, items: list[tuple[str, tuple[int, int]]]) -> None:
        for key, (window, count) in items:
            self.windows[key, window] = count
        self.last = time.perf_counter()


def main(kafka: str, topic: str) -> None:
    counts = Counts()
    flow = Dataflow("count")
    # Without `tail` the dataflow ends with the topic, and every open window with it.
    messages = op.input("kafka", flow, KafkaSource([kafka], [topic], tail=False))
    events = op.map("read", messages, counts.read)
    clock = EventClock(lambda event: datetime.fromisoformat(event["time"]), wait_for_system_duration=MINUTE)
    minutes = TumblingWindower(length=MINUTE, align_to=datetime(2020, 1, 1, tzinfo=UTC))
    windows = count_window("count", events, clock, minutes, key=lambda event: event["subject"])
    op.output("counts", windows.down, counts)
    run_main(flow)
    counted = sum(counts.windows.values())
    seconds = counts.last - counts.first
    print(json.dumps({"counted": counted, "windows": len(counts.windows), "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
