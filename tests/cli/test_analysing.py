"""Analytics on the command line: the figures in units, and the rows as the service gives them."""

import json
from typing import Any

import pytest
from fastapi import Response
from stand import Run, Stand, answer

NOTHING = {"count": 0, "mean": None, "median": None, "longest": None}


def figures(**changes: Any) -> dict[str, Any]:
    base = {
        "incidents": 3, "open": 1, "mtta_seconds": 600.0, "mttr_seconds": None, "mtbf_seconds": 432_000.0,
        "acknowledge": NOTHING, "restore": NOTHING, "impact_seconds": 5400.0, "levels": {"1": 2, "2": 1}, "repeated": 1,
    }  # fmt: skip
    return base | changes


def test_the_figures_are_shown_in_units_and_kept_exact_in_json(stand: Stand, run: Run) -> None:
    body = {
        "from": "2026-10-01T00:00:00.000Z", "until": "2026-11-01T00:00:00.000Z", "by": "service", "total": figures(),
        "groups": [{"service": "toko/checkout", **figures()}],
        "disputes": {"raised": 2, "open": 1, "results": {"upheld": 1}, "took": NOTHING | {"mean": 86_400.0}},
    }  # fmt: skip
    stand.on("GET", "/v1/analytics", answer(body))
    span = ("--from", "2026-10-01T07:00:00+07:00", "--until", "2026-11-01T00:00:00Z")
    shown = run("analytics", "--by", "service", "--agreement", "toko", *span)
    row = next(line for line in shown.stdout.splitlines() if line.startswith("toko/checkout")).split()
    assert row == ["toko/checkout", "3", "1", "10", "min", "-", "5", "d", "1", "h", "30", "min", "1:", "2,", "2:", "1",
                   "1"]  # fmt: skip
    assert "2 raised, 1 open, 1 upheld; 1 d from raised to ended" in shown.stderr
    assert dict(stand.asked[0].query) == {
        "by": "service", "agreement": "toko", "from": "2026-10-01T07:00:00+07:00", "until": "2026-11-01T00:00:00+00:00",
    }  # fmt: skip
    assert json.loads(run("analytics", "--json").stdout) == body
    stand.on("GET", "/v1/analytics", answer(body | {"groups": []}))
    assert "no incident began" in run("analytics").stderr


@pytest.mark.parametrize(("option", "format"), [("--csv", "csv"), ("--ndjson", "ndjson")])
def test_rows_come_as_the_service_gives_them(stand: Stand, run: Run, option: str, format: str) -> None:
    stand.on("GET", "/v1/analytics/disputes", Response("id,title\r\n1,Kasir mati\r\n"))
    result = run("analytics", option, "--rows", "disputes", "--from", "2026-10-01T00:00:00Z")
    assert result.stdout_bytes == b"id,title\r\n1,Kasir mati\r\n"
    assert dict(stand.asked[0].query) == {"format": format, "from": "2026-10-01T00:00:00+00:00"}


def test_one_way_to_print_is_chosen_and_instants_have_an_offset(run: Run) -> None:
    assert run("analytics", "--csv", "--json").exit_code == 2
    assert run("analytics", "--from", "yesterday").exit_code == 2
