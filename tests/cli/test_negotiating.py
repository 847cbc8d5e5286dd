"""A negotiation as people and scripts lead it on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from stand import Run, Stand, answer

PATH = "/v1/agreements/toko-checkout"
CHANGE = {"clause": "objectives/availability", "merge": {"target": "99.95"}}
WORDS = {"words": "target of availability: 99.9 % → 99.95 %"}
PROPOSAL: dict[str, Any] = {
    "number": 1, "party": "toko-maju", "by": "budi", "at": "2026-11-24T09:00:00.000Z", "reason": "campaign weeks",
    "counters": None, "answer_by": "2026-12-08T09:00:00.000Z", "base": "sha256:aa", "changes": [CHANGE],
    "differences": [WORDS], "closed": None,
    "comments": [{"party": "nusantara", "by": "rina", "at": "2026-11-25T09:00:00.000Z", "text": "from when on?"}],
}  # fmt: skip
TABLE: dict[str, Any] = {
    "agreement": "toko-checkout", "version": 1, "status": "draft", "hash": "sha256:aa", "proposals": [PROPOSAL],
}  # fmt: skip
DONE = {"outcome": "rejected", "party": "nusantara", "by": "rina", "reason": "too dear", "at": "x"}


def test_changes_are_proposed_by_options_or_from_a_file(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("POST", f"{PATH}/proposals", answer(TABLE, 201))
    file = tmp_path / "changes.json"
    file.write_text(json.dumps([{"clause": "creditRules", "merge": None}]))
    operation = {"op": "remove", "path": "/credits"}
    told = run("negotiate", "propose", "toko-checkout", "--merge", 'objectives/availability={"target": "99.95"}',
               "--patch", f"objectives/availability=[{json.dumps(operation)}]", "--file", file,
               "--reason", "campaign weeks", "--answer-by", "2026-12-08T09:00:00Z", "--counters", "3")  # fmt: skip
    assert told.stdout == (
        "toko-checkout: proposal 1 of toko-maju: waits for an answer until 2026-12-08T09:00:00.000Z\n"
    )
    assert stand.asked[0].json == {
        "changes": [CHANGE, {"clause": "objectives/availability", "patch": [operation]},
                    {"clause": "creditRules", "merge": None}],
        "reason": "campaign weeks", "answer_by": "2026-12-08T09:00:00+00:00", "counters": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "say what changes"),
        (["--merge", "term"], "CLAUSE=JSON"),
        (["--merge", "term={"], "CLAUSE=JSON"),
        (["--file", "nowhere.json"], "there is no such file"),
    ],
)
def test_what_can_not_be_read_is_not_sent(stand: Stand, run: Run, options: list[str], words: str) -> None:
    result = run("negotiate", "propose", "toko-checkout", *options)
    assert (result.exit_code, words in result.stderr) == (2, True)
    assert stand.asked == []


def test_accepting_shows_what_changes_and_names_the_text_that_follows(stand: Stand, run: Run) -> None:
    following = {"hash": "sha256:bb", "hindered_by": None, "differences": [WORDS]}
    stand.on("GET", f"{PATH}/proposals/1", answer({**PROPOSAL, "following": following}))
    accepted = {**PROPOSAL, "closed": {**DONE, "outcome": "accepted", "reason": None}}
    stand.on("POST", f"{PATH}/proposals/1/accept", answer({**TABLE, "proposals": [accepted]}))
    told = run("negotiate", "accept", "toko-checkout", "1")
    assert told.stdout == "toko-checkout: proposal 1 of toko-maju: accepted by nusantara\n"
    assert WORDS["words"] in told.stderr
    assert stand.asked[-1].json == {"hash": "sha256:bb"}
    assert run("negotiate", "accept", "toko-checkout", "1", "--hash", "sha256:cc").exit_code == 0
    assert stand.asked[-1].json == {"hash": "sha256:cc"}


def test_other_moves_go_where_they_belong(stand: Stand, run: Run) -> None:
    moves = {"reject": ["--reason", "too dear"], "withdraw": [], "comments": ["from when on?"]}
    for what, more in moves.items():
        stand.on("POST", f"{PATH}/proposals/1/{what}", answer({**TABLE, "proposals": [{**PROPOSAL, "closed": DONE}]}))
        told = run("negotiate", what.removesuffix("s"), "toko-checkout", "1", *more)
        assert told.stdout == "toko-checkout: proposal 1 of toko-maju: rejected by nusantara: too dear\n"
    assert [each.json for each in stand.asked] == [
        {"reason": "too dear"}, {"reason": None}, {"text": "from when on?"}]  # fmt: skip


def test_a_negotiation_and_its_clauses_are_shown(stand: Stand, run: Run) -> None:
    stand.on("GET", f"{PATH}/negotiation", answer(TABLE))
    stand.on("GET", f"{PATH}/proposals/1", answer({**PROPOSAL, "following": None}))
    content = {"id": "availability", "target": "99.9"}
    clauses = {"version": 1, "items": [{"clause": "objectives/availability", "content": content}]}
    stand.on("GET", f"{PATH}/clauses", answer(clauses))
    assert WORDS["words"] in run("negotiate", "show", "toko-checkout").stdout
    one = run("negotiate", "show", "toko-checkout", "1").stdout
    assert "from when on?" in one and "campaign weeks" in one
    assert "objectives/availability" in run("negotiate", "clauses", "toko-checkout").stdout
    whole = run("negotiate", "clauses", "toko-checkout", "--clause", "objectives/availability")
    assert json.loads(whole.stdout) == content
    assert run("negotiate", "clauses", "toko-checkout", "--clause", "term").exit_code == 2
