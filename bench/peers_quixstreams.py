"""quixstreams counts a topic by key and minute, for `peers.py`: `peers_quixstreams.py KAFKA TOPIC EVENTS SECONDS`."""

import json
import sys
import time
from datetime import datetime, timedelta
from typing import Any

from quixstreams import Application


def main(kafka: str, topic: str, events: int, seconds: float) -> None:
    app = Application(
        kafka, consumer_group=f"quixstreams-{time.time_ns()}", auto_offset_reset="earliest", loglevel="WARNING"
    )
    first = last = 0.0
    seen = 0
    windows: set[tuple[bytes, int]] = set()

    def instant(event: dict[str, Any], _headers: Any, _timestamp: float, _type: Any) -> int:
        nonlocal first
        if not first:
            first = time.perf_counter()
        return round(datetime.fromisoformat(event["time"]).timestamp() * 1000)

    def counted(result: dict[str, Any], key: bytes, _timestamp: int, _headers: Any) -> None:
        nonlocal seen, last
        windows.add((key, result["start"]))
        seen += 1
        last = time.perf_counter()
        if seen == events or last - first >= seconds:
            app.stop()

    counts = app.dataframe(app.topic(topic, timestamp_extractor=instant)).tumbling_window(timedelta(minutes=1)).count()
    counts.current().update(counted, metadata=True)
    app.run()
    print(json.dumps({"counted": seen, "windows": len(windows), "seconds": last - first}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
