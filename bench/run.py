"""`make bench`: every figure, or the one named; each prints a table and a JSON line. Exit 1 where a bound is missed."""

import argparse
import asyncio
import json
import sys

import breach_latency
import ingestion

BENCHES = {"ingestion": ingestion.measure, "breach_latency": breach_latency.measure}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}; none: all of them")
    parser.add_argument("--backend", default="embedded", help="embedded, native or docker")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHES)}")
    held = True
    for name in given.names or BENCHES:
        result = asyncio.run(BENCHES[name](given.backend))
        print(json.dumps(result), flush=True)
        held = held and bool(result["holds"])
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
