"""Disputes as people and scripts raise, read and settle them."""

import json
from pathlib import Path
from typing import Any

import pytest
from stand import Run, Stand, answer, problem

SPAN = "2026-11-10T10:00:00Z/2026-11-10T11:00:00Z"
EXCLUSION = {"kind": "exclusion", "start": "2026-11-10T10:00:00Z", "end": "2026-11-10T11:00:00Z"}
DISPUTE: dict[str, Any] = {
    "id": "d.0001", "number": "D-1", "status": "answer", "agreement": "toko-checkout", "raised_by": "toko-maju",
    "raised_at": "2026-12-02T02:00:00.000Z", "ended_at": None, "outcome": None, "forum": "BANI",
    "subject": {"kind": "verdict", "id": "availability/2026-11"},
    "measured": {"attainment": "99.8990", "target": "99.9", "met": False, "state": "breached"}, "agreed": None,
    "offers": [{"number": 1, "party": "toko-maju", "remedy": {"adjustments": [{**EXCLUSION, "objectives": ["a"]}]}}],
    "turn": {"act": "answer", "awaits": ["nusantara"], "deadline": "2026-12-07T17:00:00.000Z"},
}  # fmt: skip
SETTLED = {**DISPUTE, "status": "settled", "turn": None,
           "outcome": {"result": "partly", "how": "agreement", "remedy": {"terms": "an apology"}}}  # fmt: skip
REMEDY = {"credit_percent": None, "terms": None}


def test_a_dispute_is_raised_with_what_is_asked_and_the_hash_of_an_evidence_pack(
    stand: Stand, run: Run, tmp_path: Path
) -> None:
    stand.on("POST", "/v1/disputes", answer(DISPUTE, 201))
    pack = tmp_path / "november.json"
    pack.write_text(json.dumps({"hash": "sha256:" + "0" * 64}))
    result = run("disputes", "raise", "--agreement", "toko-checkout", "--verdict", "availability", "--exclude", SPAN,
                 "--statement", "a firewall", "--pack", pack, "--evidence", "https://log.example/1")  # fmt: skip
    assert result.stdout == "d.0001: answer: waits for nusantara until 2026-12-07T17:00:00.000Z\n"
    sent = stand.asked[0].json
    assert sent["subject"] == {"kind": "verdict", "objective": "availability", "period": None}
    assert sent["asked"] == {**REMEDY, "adjustments": [EXCLUSION]}
    assert [each.get("hash") for each in sent["evidence"]] == [None, "sha256:" + "0" * 64]
    assert sent["evidence"][0]["url"] == "https://log.example/1"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "exactly one of"),
        (["--verdict", "a", "--clause", "b"], "exactly one of"),
        (["--verdict", "a", "--exclude", "2026-11-10"], "START/END"),
        (["--verdict", "a", "--events", "5@"], "GOOD/TOTAL@INSTANT"),
        (["--incident", "a", "--ticket", "T-1"], "needs --seconds"),
        (["--verdict", "a", "--pack", "nowhere.json"], "there is no such file"),
    ],
)
def test_what_can_not_be_read_is_not_sent(stand: Stand, run: Run, options: list[str], words: str) -> None:
    result = run("disputes", "raise", "--statement", "x", *options)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert stand.asked == []


def test_a_clock_a_credit_and_a_clause_are_named_in_their_own_ways(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/disputes", answer(DISPUTE, 201))
    run("disputes", "raise", "--statement", "x", "--incident", "a.b.1", "--clock", "response", "--seconds", "-600")
    run("disputes", "raise", "--statement", "x", "--agreement", "t", "--credit-of", "o", "--credit", "5")
    run("disputes", "raise", "--statement", "x", "--agreement", "t", "--clause", "objectives/o", "--terms", "clearer")
    run("disputes", "raise", "--statement", "x", "--agreement", "t", "--verdict", "o", "--events",
        "3/1200@2026-11-10T10:00:00Z", "--down", SPAN)  # fmt: skip
    clock, credit, clause, verdict = (each.json for each in stand.asked)
    assert clock["subject"] == {"kind": "clock", "incident": "a.b.1", "clock": "response"}
    assert clock["asked"]["adjustments"] == [{"kind": "case-time", "seconds": -600}]
    assert (credit["subject"]["kind"], credit["asked"]["credit_percent"]) == ("credit", "5")
    assert (clause["subject"]["clause"], clause["asked"]["terms"]) == ("objectives/o", "clearer")
    assert [each["kind"] for each in verdict["asked"]["adjustments"]] == ["downtime", "events"]


def test_answers_offers_and_ends_go_where_they_belong(stand: Stand, run: Run) -> None:
    for what in ("answer", "counter", "accept", "withdraw", "decide"):
        stand.on("POST", f"/v1/disputes/d.0001/{what}", answer(SETTLED))
    assert run("disputes", "answer", "d.0001", "--statement", "no").exit_code == 0
    assert run("disputes", "counter", "d.0001", "--statement", "half", "--exclude", SPAN).exit_code == 0
    assert run("disputes", "counter", "d.0001", "--statement", "half").exit_code == 2
    assert run("disputes", "accept", "d.0001", "--offer", "2").stdout == "d.0001: settled: partly\n"
    assert run("disputes", "withdraw", "d.0001").exit_code == 0
    assert run("disputes", "decide", "d.0001", "--result", "rejected", "--statement", "no").exit_code == 0
    sent = [each.json for each in stand.asked]
    assert sent[0] == {"statement": "no", "evidence": [], "offer": None}
    assert sent[1]["offer"] == {**REMEDY, "adjustments": [EXCLUSION]}
    assert sent[2:] == [
        {"offer": 2}, {"statement": None}, {"result": "rejected", "statement": "no", "remedy": None},
    ]  # fmt: skip


def test_both_figures_the_offers_and_what_was_said_are_shown(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/disputes/d.0001", answer({**SETTLED, "agreed": {"attainment": "100.0000", "met": True}}))
    pack = {"description": "the pack of November", "url": "https://files.example/p.json", "hash": "sha256:" + "0" * 64}
    statement = {"text": "it was down", "evidence": [pack, {"description": "our log", "url": None, "hash": None}]}
    said = [{"at": "2026-12-02T02:00:00Z", "what": "Raised", "by": "budi", "statement": statement}]
    stand.on("GET", "/v1/disputes/d.0001/history", answer({"items": said}))
    shown = run("disputes", "show", "d.0001").stdout
    for words in ("99.8990 against 99.9, breached", "100.0000", "offer 1 (toko-maju)", "it was down", "an apology"):
        assert words in shown
    lines = shown.splitlines()
    assert f"evidence of budi: {', '.join(pack.values())}" in lines and "evidence of budi: our log" in lines
    assert json.loads(run("disputes", "show", "d.0001", "--json").stdout)["history"] == said


def test_evidence_that_is_an_address_alone_is_shown_once(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/disputes/d.0001", answer(SETTLED))
    address = "https://x.example/log"
    statement = {"text": "it was down", "evidence": [{"description": address, "url": address, "hash": None}]}
    said = [{"at": "2026-12-02T02:00:00Z", "what": "Raised", "by": "budi", "statement": statement}]
    stand.on("GET", "/v1/disputes/d.0001/history", answer({"items": said}))
    assert f"evidence of budi: {address}" in run("disputes", "show", "d.0001").stdout.splitlines()


def test_lists_say_whose_turn_it_is_and_until_when_a_figure_may_be_disputed(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/disputes", answer({"items": [DISPUTE]}))
    shown = run("disputes", "list", "--status", "answer").stdout
    assert "nusantara" in shown and "2026-12-07T17:00:00.000Z" in shown
    assert stand.asked[0].query["status"] == "answer"
    figure = {"agreement": "toko-checkout", "objective": "availability", "figure": DISPUTE["measured"], "until": None,
              "final": False,
              "period": {"start": "2026-10-31T17:00:00.000Z", "end": "2026-11-30T17:00:00.000Z", "rolling": False},
              }  # fmt: skip
    stand.on("GET", "/v1/disputables", answer({"items": [figure]}))
    assert "final at 2026-12-01T17:00:00.000Z" in run("disputes", "open").stdout
    assert json.loads(run("disputes", "open", "--json").stdout) == {"items": [figure]}


def test_a_refusal_says_why(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/disputes/d.0001/accept", problem(409, "offer 1 is not on the table"))
    result = run("disputes", "accept", "d.0001", "--offer", "1")
    assert (result.exit_code, "is not on the table" in result.stderr) == (1, True)


def test_a_dispute_without_a_period_that_is_refused_says_which_one_it_was_about(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/disputes", problem(422, "it lies outside"))
    period = {"start": "2026-11-25T17:00:00.000Z", "end": "2026-11-26T17:00:00.000Z", "rolling": False}
    stand.on("GET", "/v1/disputables", answer({"items": [{"objective": "uptime", "period": period}]}))
    asked = ["disputes", "raise", "--agreement", "t", "--verdict", "uptime", "--down", SPAN, "--statement", "x"]
    result = run(*asked)
    assert result.exit_code == 1
    assert "the one told last, 2026-11-25T17:00:00.000Z to 2026-11-26T17:00:00.000Z" in " ".join(result.stderr.split())
    assert "--period" not in run(*asked, "--period", "2026-11-10T00:00:00Z").stderr


def test_the_only_offer_is_accepted_without_its_number_and_several_are_listed(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/disputes/d.0001", answer(DISPUTE))
    stand.on("POST", "/v1/disputes/d.0001/accept", answer(SETTLED))
    assert run("disputes", "accept", "d.0001").exit_code == 0
    assert stand.asked[-1].json == {"offer": 1}
    offers = [*DISPUTE["offers"], {"number": 2, "party": "nusantara", "remedy": {"terms": "an apology"}}]
    stand.on("GET", "/v1/disputes/d.0001", answer({**DISPUTE, "offers": offers}))
    result = run("disputes", "accept", "d.0001")
    assert (result.exit_code, "--offer 2: nusantara, an apology" in result.stderr) == (2, True)
