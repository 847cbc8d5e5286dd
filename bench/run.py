"""`make bench`: every figure, or the one named; each prints a table and a JSON line. Exit 1 where a bound is missed."""

import argparse
import asyncio
import json
import sys

import agreement_read
import breach_latency
import cold_start
import flood
import hanging_endpoints
import history_growth
import ingestion
import instances
import objectives_growth
import peers
import reevaluation
import status_read
import storm
import timers
import webhook_throughput

from sepakat_cli.backends import BackendFailed

BENCHES = {
    "ingestion": ingestion.measure,
    "ingestion_batched": ingestion.measure_batched,
    "breach_latency": breach_latency.measure,
    "objectives_growth": objectives_growth.measure,
    "reevaluation": reevaluation.measure,
    "status_read": status_read.measure,
    "cold_start": cold_start.measure,
    "agreement_read": agreement_read.measure,
    "instances": instances.measure,
    "storm": storm.measure,
    "flood": flood.measure,
    "timers": timers.measure,
    "history_growth": history_growth.measure,
    "hanging_endpoints": hanging_endpoints.measure,
    "webhook_throughput": webhook_throughput.measure,
    "peers": peers.measure,
}
NEEDS = {"peers": "native"}
"""The backend of a benchmark that cannot do with the embedded one."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}; none: all of them")
    parser.add_argument("--backend", help="embedded, native or docker; without it each takes what it needs")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHES)}")
    held = True
    for name in given.names or BENCHES:
        try:
            result = asyncio.run(BENCHES[name](given.backend or NEEDS.get(name, "embedded")))
        except BackendFailed as error:
            print(f"{name} was not measured: {error}", file=sys.stderr)
            held = False
            continue
        print(json.dumps(result), flush=True)
        held = held and bool(result["holds"])
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
