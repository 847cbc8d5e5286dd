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


def verdict(met: bool | None, **changes: Any) -> dict[str, Any]:
    return {"attainment": "99.8000", "value": None, "unit": None, "target": "99.9", "met": met, **changes}


def test_reports_of_months_are_listed_shown_and_written(stand: Stand, run: Run, tmp_path: Path) -> None:
    path = "/v1/agreements/toko-checkout/monthly-reports"
    report = {"month": "2026-03", "version": 1, "since": "a", "until": "b", "compiled_at": "2026-04-02T00:00:00.000Z"}
    stand.on("GET", path, answer({"items": [report]}))
    assert "2026-04-02T00:00:00.000Z" in run("reviews", "monthly", "list", "toko-checkout").stdout
    assert json.loads(run("reviews", "monthly", "list", "toko-checkout", "--json").stdout) == {"items": [report]}
    periods = [
        {"start": "s1", "end": "e1", "measured": verdict(False), "agreed": verdict(True, attainment="99.9500")},
        {"start": "s2", "end": "e2", "measured": verdict(None, value="41.5", unit="min"), "agreed": None},
    ]
    pack = {"objectives": [{"objective": "availability", "periods": periods}], "incidents": [{}], "disputes": [],
            "credits": []}  # fmt: skip
    stand.on("GET", f"{path}/2026-03/pack", answer(pack))
    shown = run("reviews", "monthly", "show", "toko-checkout", "2026-03")
    lines = [" ".join(each.split()) for each in shown.stdout.splitlines()]
    assert lines[1:] == [
        "availability s1 e1 99.9500 99.9 yes", "availability s2 e2 41.5 min 99.9 too little was seen"
    ]  # fmt: skip
    assert shown.stderr.strip() == "incidents: 1; disputes: 0; credits: 0"
    assert json.loads(run("reviews", "monthly", "show", "toko-checkout", "2026-03", "--json").stdout) == pack
    stand.on("GET", f"{path}/2026-03/document", Response(b"<html>", media_type="text/html"))
    file = tmp_path / "march.html"
    assert run("reviews", "monthly", "document", "toko-checkout", "2026-03", "-o", str(file)).exit_code == 0
    assert (file.read_bytes(), stand.asked[-1].query) == (b"<html>", {"format": "html"})
    refused = run("reviews", "monthly", "document", "toko-checkout", "2026-03", "-o", str(tmp_path / "march.doc"))
    assert refused.exit_code == 2 and ".pdf or .html" in refused.stderr


def test_the_document_is_written_in_the_form_that_the_name_says(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("GET", f"{PATH}/1/document", Response(b"%PDF-1.7", media_type="application/pdf"))
    file = tmp_path / "review.pdf"
    run("reviews", "document", "toko-checkout", "1", "-o", str(file), "--lang", "id")
    assert file.read_bytes() == b"%PDF-1.7"
    assert stand.asked[0].query == {"format": "pdf", "lang": "id"}
    assert run("reviews", "document", "toko-checkout", "1", "-o", str(tmp_path / "review.doc")).exit_code == 2
