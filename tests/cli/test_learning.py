"""Post-incident notes on the command line."""

import json
from pathlib import Path

from stand import Run, Stand, answer

PATH = "/v1/incidents/a.1/postmortem"
TEXTS = {"what_happened": "the disk was full", "why": "nobody watched it", "what_will_change": "somebody does"}
PROMISE = {"id": "1", "status": "overdue", "late": True, "due_at": "2026-11-30T16:59:59.999Z", "owner": "rina",
           "text": "an alert", "done_at": None, "done_note": None}  # fmt: skip
SHOWN = {"incident": "a.1", "author": "nusantara", "status": "published", "version": 1, "published_at": None,
         "due_at": None, "late": False, "content": TEXTS, "draft": None, "follow_ups": [PROMISE]}  # fmt: skip


def test_a_note_is_drafted_from_a_file_over_what_was_there(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("PUT", f"{PATH}/draft", answer(SHOWN))
    (tmp_path / "note.yaml").write_text(
        "what_happened: the disk was full\nwhy: nobody watched it\nwhat_will_change: somebody does\n"
        "follow_ups:\n  - {text: an alert, owner: rina, due: 2026-12-01}\n"
    )
    assert run("postmortems", "draft", "a.1", "note.yaml").exit_code == 0
    assert stand.asked[-1].json == {**TEXTS, "follow_ups": [{"text": "an alert", "owner": "rina", "due": "2026-12-01"}]}
    assert "if-match" not in stand.asked[-1].headers
    stand.on("GET", PATH, answer(SHOWN, etag='"3"'))
    run("postmortems", "draft", "a.1", "note.yaml")
    assert stand.asked[-1].headers["if-match"] == '"3"'
    (tmp_path / "list.yaml").write_text("- 1\n")
    for wrong in ("none.yaml", "list.yaml"):
        assert run("postmortems", "draft", "a.1", wrong).exit_code == 2


def test_a_note_is_published_shown_and_what_it_promised_is_done(stand: Stand, run: Run) -> None:
    stand.on("POST", f"{PATH}/publish", answer(SHOWN))
    stand.on("POST", f"{PATH}/follow-ups/1/done", answer(SHOWN))
    stand.on("GET", PATH, answer(SHOWN))
    stand.on("GET", f"{PATH}/versions", answer({"items": [{"version": 1, "at": "x", "by": "rina", **TEXTS}]}))
    shown = run("postmortems", "publish", "a.1").stdout
    assert "the disk was full" in shown and "overdue" in shown
    assert run("postmortems", "done", "a.1", "1", "--note", "since Monday").exit_code == 0
    assert stand.asked[-1].json == {"note": "since Monday"}
    assert json.loads(run("postmortems", "show", "a.1", "--json").stdout) == SHOWN
    assert "nobody watched it" in run("postmortems", "versions", "a.1").stdout


def test_promises_are_listed_by_how_they_stand(stand: Stand, run: Run) -> None:
    item = {**PROMISE, "incident": "a.1", "number": "A-1", "party": "nusantara"}
    stand.on("GET", "/v1/follow-ups", answer({"items": [item]}))
    assert "an alert" in run("postmortems", "follow-ups", "--status", "overdue").stdout
    assert stand.asked[0].query["status"] == "overdue"
    assert run("postmortems", "follow-ups", "--status", "late").exit_code == 2
