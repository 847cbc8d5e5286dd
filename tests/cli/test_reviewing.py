"""Reviews as people and scripts read, hold and close them."""

import json
from pathlib import Path
from typing import Any

from fastapi import Response
from stand import Run, Stand, answer

PATH = "/v1/agreements/toko-checkout/reviews"
AMENDMENT = {"words": ["target of availability: 99.9 % → 99.95 %"], "version": 2, "proposal": None}
REVIEW: dict[str, Any] = {
    "review": 1, "state": "open", "because": "cadence", "meeting": "2026-04-10", "since": "2025-12-31T17:00:00.000Z",
    "until": "2026-04-04T17:00:00.000Z", "chair": "nusantara/rina", "conclusion": None,
    "feedback": {"csat": [{"service": "checkout", "count": 2, "mean": "3.50"}], "nps": {"score": "-50", "count": 2},
                 "needs": [{"need": "sell-all-day", "met": 1, "unmet": 1}]},
    "comments": [{"number": 1, "party": "toko-maju", "text": "February hurt"}],
    "decisions": [{"number": 1, "owner": "nusantara/rina", "text": "A harder target", "due": "2026-05-01",
                   "amendment": AMENDMENT}],
}  # fmt: skip


def test_reviews_are_listed_with_what_comes_next(stand: Stand, run: Run) -> None:
    stand.on("GET", PATH, answer({"items": [REVIEW]}))
    calendar = {"meeting": "2026-07-10", "opens_at": "2026-07-04T17:00:00.000Z", "reviews": 1}
    stand.on("GET", f"{PATH}/calendar", answer(calendar))
    listed = run("reviews", "list", "toko-checkout")
    assert "2026-04-10" in listed.stdout and "2026-07-10" in listed.stderr
    assert json.loads(run("reviews", "list", "toko-checkout", "--json").stdout)["calendar"] == calendar


def test_what_was_said_and_decided_is_shown(stand: Stand, run: Run) -> None:
    stand.on("GET", f"{PATH}/1", answer(REVIEW))
    shown = run("reviews", "show", "toko-checkout", "1").stdout
    for said in (
        "nusantara/rina",
        "February hurt",
        "3.50 of 5, by 2",
        "-50, by 2",
        "met 1, unmet 1",
        "A harder target (until 2026-05-01)",
        "99.9 % → 99.95 %",
    ):
        assert said in shown, said


def test_each_move_sends_what_it_needs(stand: Stand, run: Run) -> None:
    for path in ("", "/1/comments", "/1/feedback", "/1/decisions", "/1/close", "/1/decisions/1/amendment"):
        stand.on("POST", PATH + path, answer(REVIEW))
    stand.on("POST", f"{PATH}/1/suggestions", answer({"backtest": "b", "state": "requested", "items": []}))
    run("reviews", "open", "toko-checkout", "--reason", "the campaign")
    run("reviews", "comment", "toko-checkout", "1", "February hurt")
    run("reviews", "feedback", "toko-checkout", "1", "--csat", "checkout=4", "--nps", "8", "--unmet", "sell-all-day")
    run("reviews", "decide", "toko-checkout", "1", "A harder target", "--owner", "rina", "--due", "2026-05-01",
        "--tighten", "availability", "--loosen", "latency=1800", "--retire", "speed")  # fmt: skip
    run("reviews", "close", "toko-checkout", "1")
    assert run("reviews", "draft", "toko-checkout", "1", "1").stdout == "toko-checkout: version 2\n"
    assert "requested" in run("reviews", "suggest", "toko-checkout", "1", "--ask").stderr
    bodies = [each.json for each in stand.asked if each.body and each.body != b"null"]
    assert bodies == [
        {"reason": "the campaign"},
        {"text": "February hurt"},
        {"csat": {"checkout": 4}, "nps": 8, "words": None, "needs": [{"need": "sell-all-day", "met": False}],
         "contact": None},
        {"text": "A harder target", "owner": "rina", "due": "2026-05-01", "amendment": {
            "objectives": [{"objective": "availability", "how": "tighten"},
                           {"objective": "latency", "how": "loosen", "target": "1800"},
                           {"objective": "speed", "how": "retire"}],
            "effective_from": None}},
        {"conclusion": None},
    ]  # fmt: skip
    assert run("reviews", "feedback", "toko-checkout", "1", "--csat", "checkout").exit_code == 2


def test_the_document_is_written_in_the_form_that_the_name_says(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("GET", f"{PATH}/1/document", Response(b"%PDF-1.7", media_type="application/pdf"))
    file = tmp_path / "review.pdf"
    run("reviews", "document", "toko-checkout", "1", "-o", str(file), "--lang", "id")
    assert file.read_bytes() == b"%PDF-1.7"
    assert stand.asked[0].query == {"format": "pdf", "lang": "id"}
    assert run("reviews", "document", "toko-checkout", "1", "-o", str(tmp_path / "review.doc")).exit_code == 2
