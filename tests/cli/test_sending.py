"""`sepakat events send`: every line is accounted for."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from stand import Asked, Run, Stand, answer, problem

from sepakat_cli.commands import events

DOOR = "/v1/events"


def door(asked: Asked) -> Any:
    """Takes even events, and rejects odd ones."""
    results = []
    for line in asked.body.splitlines():
        n = json.loads(line)["n"]
        results.append(
            {"id": str(n), "outcome": "accepted"} if n % 2 == 0 else
            {"id": str(n), "outcome": "rejected", "reason": "data.n: is odd"}
        )  # fmt: skip
    taken = any(each["outcome"] == "accepted" for each in results)
    return answer({"results": results}, 202 if taken else 422)


def lines(*numbers: int) -> bytes:
    return b"".join(b'{"n": %d}\n' % n for n in numbers)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_FIRST_PAUSE", 0.0)


def test_every_rejection_has_its_line_and_reason(stand: Stand, run: Run) -> None:
    stand.on("POST", DOOR, door)
    result = run("events", "send", "-", "--json", input=lines(2) + b"\n\r\n" + lines(3, 4))
    assert result.exit_code == 4
    assert json.loads(result.stdout) == {
        "accepted": 2, "duplicate": 0, "parked": 0, "waiting": {}, "rejected": 1,
        "rejections": [{"line": 4, "id": "3", "reason": "data.n: is odd"}],
    }  # fmt: skip
    assert stand.asked[0].headers["content-type"] == "application/x-ndjson"


def test_a_file_goes_in_batches_with_counts_over_all(stand: Stand, run: Run) -> None:
    stand.on("POST", DOOR, door)
    Path("events.ndjson").write_bytes(lines(*range(0, 2400, 2)))
    result = run("events", "send", "events.ndjson")
    assert (result.exit_code, result.stdout) == (0, "1200 accepted, 0 duplicate, 0 parked, 0 rejected\n")
    assert [len(each.body.splitlines()) for each in stand.asked] == [500, 500, 200]


def test_nothing_taken_is_a_failure_and_nothing_given_is_none(stand: Stand, run: Run) -> None:
    stand.on("POST", DOOR, door)
    result = run("events", "send", "-", input=lines(1, 3))
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "line 1: data.n: is odd")
    assert run("events", "send", "-", input=b"").exit_code == 0
    assert run("events", "send", "nowhere.ndjson").exit_code == 2


def test_a_batch_that_is_too_large_is_halved_and_a_line_that_is_too_large_rejected(stand: Stand, run: Run) -> None:
    def small(asked: Asked) -> Any:
        return problem(413, "a body may have 40 bytes at most") if len(asked.body) > 40 else door(asked)

    stand.on("POST", DOOR, small)
    large = b'{"n": 6, "more": "%s"}\n' % (b"x" * 60)
    result = run("events", "send", "-", "--json", input=lines(2, 4) + large + lines(8, 10, 12))
    assert result.exit_code == 4
    account = json.loads(result.stdout)
    assert account["accepted"] == 5
    assert [(each["line"], each["reason"]) for each in account["rejections"]] == [
        (3, "a body may have 40 bytes at most")
    ]


def test_a_busy_service_is_asked_again(stand: Stand, run: Run) -> None:
    answers = [problem(503, "soon"), problem(429, "slower")]
    stand.on("POST", DOOR, lambda asked: answers.pop() if answers else door(asked))
    assert run("events", "send", "-", input=lines(2)).exit_code == 0
    assert len(stand.asked) == 3


def test_a_service_that_stays_away_ends_it_with_what_was_taken(stand: Stand, run: Run) -> None:
    stand.on("POST", DOOR, lambda asked: door(asked) if len(stand.asked) == 1 else problem(503, "no database"))
    result = run("events", "send", "-", input=lines(*range(0, 1002, 2)))
    assert (result.exit_code, result.stdout) == (3, "500 accepted, 0 duplicate, 0 parked, 0 rejected\n")
    assert "stopped at line 501" in result.stderr


def test_a_refused_request_is_no_result(stand: Stand, run: Run) -> None:
    stand.on("POST", DOOR, problem(403, "this key lacks the scope 'events:write'"))
    result = run("events", "send", "-", input=lines(2))
    assert (result.exit_code, "lacks the scope" in result.stderr) == (1, True)


def test_lines_are_numbered_across_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_BATCH_BYTES", 5)
    stream = io.BytesIO(b"a\n\nbb\r\ncccccccc\n\n\nd")
    read = [(line.number, line.text) for batch in events.batches(stream) for line in batch]
    assert read == [(1, b"a"), (3, b"bb"), (4, b"cccccccc"), (7, b"d")]


def test_a_text_sent_as_events_is_told_from_its_first_lines(stand: Stand, run: Run) -> None:
    stand.on("POST", DOOR, door)
    Path("agreement.yaml").write_text("# ours\napiVersion: sepakat/v1\nkind: Party\n")
    result = run("events", "send", "agreement.yaml")
    assert (result.exit_code, stand.asked) == (2, [])
    assert "looks like YAML" in result.stderr and "sepakat apply -f agreement.yaml" in " ".join(result.stderr.split())
    Path("events.csv").write_text("at,state\n")
    assert "each line is a JSON object" in " ".join(run("events", "send", "events.csv").stderr.split())


def test_what_is_parked_is_named_since_a_name_may_have_a_slip(stand: Stand, run: Run) -> None:
    names = ["a/x", "a/x", "a/y"]
    results = [{"id": str(n), "outcome": "parked", "indicator": name} for n, name in enumerate(names)]
    stand.on("POST", DOOR, lambda _asked: answer({"results": results}, 202))
    result = run("events", "send", "-", input=lines(1, 2, 3))
    assert (result.exit_code, result.stdout) == (0, "0 accepted, 0 duplicate, 3 parked, 0 rejected\n")
    assert "see how it is spelt): 2 for a/x, 1 for a/y" in result.stderr
    many = [{"id": str(n), "outcome": "parked", "indicator": f"a/{n}"} for n in range(7)]
    stand.on("POST", DOOR, lambda _asked: answer({"results": many}, 202))
    assert "1 for a/4 and 2 more" in run("events", "send", "-", input=lines(*range(7))).stderr


def test_what_waits_and_what_was_rejected_are_listed(stand: Stand, run: Run) -> None:
    at = "2026-11-24T08:00:00.000Z"
    waits = {"indicator": "a/x", "events": 3, "first": at, "last": at, "kept_until": "2026-12-01T08:00:00.000Z"}
    stand.on("GET", "/v1/events/parked", lambda _asked: answer({"items": [waits]}))
    assert "2026-12-01T08:00:00.000Z" in run("events", "parked").stdout
    assert json.loads(run("events", "parked", "--json").stdout) == {"items": [waits]}
    refused = {"at": at, "event": None, "reason": "body: is not JSON"}
    stand.on("GET", "/v1/events/rejected", lambda _asked: answer({"items": [refused]}))
    assert "body: is not JSON" in run("events", "rejected").stdout
    assert json.loads(run("events", "rejected", "--json").stdout) == {"items": [refused]}
