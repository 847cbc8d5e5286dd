"""Comments on the command line."""

import json
from pathlib import Path

from stand import Run, Stand, answer

SAID = {"number": 3, "at": "2026-11-24T08:00:00.000Z", "party": "nusantara", "by": "rina", "visibility": "shared",
        "body": "see the log", "attachments": []}  # fmt: skip


def test_a_comment_is_internal_unless_it_is_said_to_be_shared(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/incidents/a.1/comments", answer(SAID, 201))
    assert run("incidents", "comment", "a.1", "see the log", "--shared").stdout == "a.1: comment 3 (shared)\n"
    run("incidents", "comment", "a.1", "-", input="from a pipe")
    run("incidents", "comment", "a.1", "soon", "--to-reporters")
    assert [(each.json["body"], each.json["visibility"]) for each in stand.asked] == [
        ("see the log", "shared"), ("from a pipe", "internal"), ("soon", "reporters"),
    ]  # fmt: skip
    assert run("incidents", "comment", "a.1", "x", "--shared", "--to-reporters").exit_code == 2


def test_a_file_is_attached_by_where_it_lies_and_what_it_is(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("POST", "/v1/incidents/a.1/comments", answer(SAID, 201))
    (tmp_path / "app.txt").write_text("hello")
    attach = ("--attach", "app.txt@https://files.example/app.txt")
    assert run("incidents", "comment", "a.1", "see", "--shared", *attach).exit_code == 0
    assert stand.asked[0].json["attachments"] == [
        {"name": "app.txt", "media_type": "text/plain", "size": 5, "url": "https://files.example/app.txt",
         "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
    ]  # fmt: skip
    for wrong in ("app.txt", "app.txt@http://files.example/app.txt", "none.txt@https://files.example/x"):
        assert run("incidents", "comment", "a.1", "see", "--attach", wrong).exit_code == 2


def test_what_was_said_is_listed(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/incidents/a.1/comments", answer({"items": [SAID]}))
    assert "see the log" in run("incidents", "comments", "a.1").stdout
    assert json.loads(run("incidents", "comments", "a.1", "--json").stdout) == {"items": [SAID]}
