"""Obligations and improvement plans as people and scripts read them and act on them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from stand import Run, Stand, answer

ID = "toko-checkout.load.20260131T170000Z"
OWED: dict[str, Any] = {
    "id": ID, "agreement": "toko-checkout", "obligation": "load", "party": "toko-maju", "owner": "budi",
    "owed_to": "nusantara", "status": "overdue", "begins_at": "2026-01-01T00:00:00.000Z",
    "due_at": "2026-01-31T17:00:00.000Z", "met_at": None, "note": None, "contested_because": None, "accepted_at": None,
    "reason": None, "evidence": [{"name": "load.pdf", "url": "https://files.example/load.pdf"}],
}  # fmt: skip
PLAN: dict[str, Any] = {
    "id": "toko-checkout.001", "party": "nusantara", "status": "agreed", "owner": None, "draft_by": "2026-03-15T00:00Z",
    "measures": [{"id": "1", "text": "a second site", "due_at": "2026-03-31T17:00:00.000Z", "done_at": None}],
}  # fmt: skip
STEP = {"at": "2026-01-31T17:00:00.001Z", "by": "timer", "what": "Missed"}


def test_what_is_owed_is_listed_and_shown_with_its_history(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/obligations", answer({"items": [OWED]}))
    stand.on("GET", f"/v1/obligations/{ID}", answer(OWED))
    stand.on("GET", f"/v1/obligations/{ID}/history", answer({"items": [STEP]}))
    listed = run("obligations", "list", "--agreement", "toko-checkout", "--status", "overdue").stdout
    assert ID in listed and "budi" in listed
    assert {stand.asked[0].query[name] for name in ("agreement", "status")} == {"toko-checkout", "overdue"}
    shown = run("obligations", "show", ID).stdout
    assert "https://files.example/load.pdf" in shown and "Missed" in shown
    assert json.loads(run("obligations", "show", ID, "--json").stdout)["history"] == [STEP]


def test_each_move_of_an_obligation_sends_what_it_needs(stand: Stand, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "load.pdf"
    file.write_bytes(b"load")
    stand.on("POST", "/v1/agreements/toko-checkout/obligations/contact/requests", answer(OWED, 201))
    stand.on("GET", f"/v1/obligations/{ID}", answer(OWED, etag='"3"'))
    for what in ("fulfil", "accept", "contest", "excuse"):
        stand.on("POST", f"/v1/obligations/{ID}/{what}", answer(OWED))
    told = run("obligations", "request", "toko-checkout", "contact", "--note", "whom do we call?")
    assert told.stdout == f"{ID}: overdue, due by 2026-01-31T17:00:00.000Z\n"
    run("obligations", "fulfil", ID, "--evidence", f"{file}@https://files.example/load.pdf")
    run("obligations", "accept", ID)
    run("obligations", "contest", ID, "--reason", "of December")
    run("obligations", "excuse", ID, "--reason", "a strike")
    requested, fulfilled, _, accepted, contested, excused = stand.asked
    assert accepted.headers["if-match"] == '"3"'
    assert requested.json == {"about": None, "note": "whom do we call?"}
    assert fulfilled.json["evidence"] == [
        {"name": "load.pdf", "media_type": "application/pdf", "size": 4, "url": "https://files.example/load.pdf",
         "sha256": hashlib.sha256(b"load").hexdigest()},
    ]  # fmt: skip
    assert (contested.json, excused.json) == ({"reason": "of December"}, {"reason": "a strike"})
    refused = run("obligations", "fulfil", ID, "--evidence", "load.pdf")
    assert refused.exit_code != 0 and "--evidence" in refused.stderr


def test_plans_and_rights_are_shown_and_each_move_sends_what_it_needs(stand: Stand, run: Run) -> None:
    standing = {
        "agreement": "toko-checkout", "plans": [PLAN],
        "misses": [{"at": "2026-02-01T00:00:00.000Z", "party": "nusantara", "kind": "target",
                    "subject": "availability"}],
        "rights": [{"id": "1", "party": "toko-maju", "stands": True, "until": None}],
    }  # fmt: skip
    stand.on("GET", "/v1/agreements/toko-checkout/standing", answer(standing))
    stand.on("GET", "/v1/improvement-plans", answer({"items": [PLAN]}))
    path = f"/v1/improvement-plans/{PLAN['id']}"
    stand.on("GET", path, answer(PLAN, etag='"5"'))
    stand.on("GET", f"{path}/history", answer({"items": [STEP]}))
    for what in ("draft", "agree", "return", "progress", "close"):
        stand.on("POST", f"{path}/{what}", answer(PLAN))
    said = run("plans", "standing", "toko-checkout").stdout
    assert "availability" in said and "right 1 of toko-maju to terminate: stands" in said
    assert PLAN["id"] in run("plans", "list").stdout
    assert "a second site" in run("plans", "show", PLAN["id"]).stdout
    before = len(stand.asked)
    run("plans", "draft", PLAN["id"], "--owner", "rina", "--measure", "a site@2026-04-01T00:00:00+07:00")
    run("plans", "agree", PLAN["id"])
    run("plans", "return", PLAN["id"], "--reason", "and a drill?")
    run("plans", "progress", PLAN["id"], "--note", "bought", "--done", "1")
    run("plans", "close", PLAN["id"], "--conclusion", "no miss since", "--ineffective")
    moves = [each for each in stand.asked[before:] if each.method == "POST"]
    assert moves[1].headers["if-match"] == '"5"'
    bodies = [each.json for each in moves if not each.path.endswith("/agree")]
    assert bodies == [
        {"owner": "rina", "measures": [{"text": "a site", "due_at": "2026-04-01T00:00:00+07:00"}]},
        {"reason": "and a drill?"}, {"note": "bought", "done": ["1"]},
        {"result": "ineffective", "conclusion": "no miss since"},
    ]  # fmt: skip
    assert run("plans", "draft", PLAN["id"], "--owner", "rina", "--measure", "a site").exit_code != 0
