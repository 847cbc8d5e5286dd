"""Texts, versions and amendments as people and scripts ask for them on the command line."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from samples import agreement_dict
from stand import Run, Stand, answer

PATH = "/v1/agreements/toko-checkout"
VERSION: dict[str, Any] = {
    "id": "toko-checkout", "version": 2, "status": "signed", "hash": "sha256:bb", "provider": "nusantara",
    "customer": "toko-maju", "effective_from": "2026-12-14T17:00:00+00:00", "signatures": [{"party": "nusantara"}],
}  # fmt: skip
DIFFERENCE = {"from": 1, "to": 2, "differences": [{"words": "target of availability: 99.9 % → 99.95 %"}]}
CHANGE = {"clause": "objectives/availability", "merge": {"target": "99.95"}}


def test_texts_and_versions_are_shown(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/agreements", answer({"items": [VERSION]}))
    stand.on("GET", PATH, answer({**VERSION, "text": {"kind": "Agreement"}}))
    stand.on("GET", f"{PATH}/versions/1", answer({**VERSION, "version": 1, "text": {"kind": "Agreement"}}))
    stand.on("GET", f"{PATH}/versions", answer({"items": [VERSION]}))
    stand.on("GET", f"{PATH}/diff", answer(DIFFERENCE))
    assert "toko-checkout  nusantara" in run("agreements", "list").stdout
    assert yaml.safe_load(run("agreements", "show", "toko-checkout", "--version", "1").stdout) == {"kind": "Agreement"}
    run("agreements", "show", "toko-checkout", "--as-of", "2026-03-01T00:00:00Z")
    assert stand.asked[-1].query == {"as-of": "2026-03-01T00:00:00+00:00"}
    assert "2026-12-14T17:00:00+00:00  nusantara" in run("agreements", "versions", "toko-checkout").stdout
    told = run("agreements", "diff", "toko-checkout", "--from", "1")
    assert told.stdout == "target of availability: 99.9 % → 99.95 %\n"
    assert stand.asked[-1].query == {"from": "1"}
    both = run("agreements", "show", "toko-checkout", "--version", "1", "--as-of", "2026-03-01T00:00:00Z")
    assert both.exit_code == 2


def test_an_amendment_is_begun_with_changes_or_with_a_whole_text(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("POST", f"{PATH}/amendments", answer({**VERSION, **DIFFERENCE, "status": "draft"}, 201))
    told = run("agreements", "amend", "toko-checkout", "--merge", 'objectives/availability={"target": "99.95"}',
               "--effective-from", "2026-12-15", "--at-once")  # fmt: skip
    assert told.stdout == (
        "toko-checkout: version 2: draft, sha256:bb\ntarget of availability: 99.9 % → 99.95 %\n"
    )  # fmt: skip
    how = {"effectiveFrom": "2026-12-15", "takesEffect": "at-once"}
    assert stand.asked[-1].json == {"changes": [CHANGE, {"clause": "amendment", "merge": how}]}
    file = tmp_path / "next.yaml"
    file.write_text(yaml.safe_dump(agreement_dict()))
    assert run("agreements", "amend", "toko-checkout", "--text", file).exit_code == 0
    assert stand.asked[-1].json["text"]["metadata"]["id"] == "toko-checkout"
    assert "amendment" not in stand.asked[-1].json["text"]


@pytest.mark.parametrize("options", [[], ["--text", "next.yaml", "--merge", "term={}"]])
def test_what_changes_is_said_in_one_way(stand: Stand, run: Run, options: list[str]) -> None:
    assert run("agreements", "amend", "toko-checkout", *options).exit_code == 2
    assert stand.asked == []


TERM: dict[str, Any] = {
    "agreement": "toko-checkout", "status": "active", "last_day": "2026-12-31", "renewed": True, "ended_at": None,
    "termination": None, "ahead": [{"what": "notice", "at": "2026-11-01T17:00:00.000Z"}],
}  # fmt: skip
GIVEN = {"party": "toko-maju", "at": "2026-11-24T09:00:00.000Z", "reason": "another provider", "honoured": False}


def test_the_term_is_shown_ended_and_kept(stand: Stand, run: Run) -> None:
    stand.on("GET", f"{PATH}/term", answer(TERM))
    stand.on("POST", f"{PATH}/termination", answer({**TERM, "termination": GIVEN}, 201))
    stand.on("POST", f"{PATH}/termination/withdraw", answer({**TERM, "ended_at": "2026-12-31T17:00:00.000Z"}))
    told = run("agreements", "term", "toko-checkout")
    assert told.stdout == "toko-checkout: active, until 2026-12-31 (renewed)\n"
    assert "last instant for notice" in told.stderr
    given = run("agreements", "terminate", "toko-checkout", "--last-day", "2026-12-31", "--reason", "x", "--cause")
    assert "notice was not kept" in given.stderr
    assert stand.asked[-1].json == {"last_day": "2026-12-31", "ground": "cause", "reason": "x"}
    run("agreements", "terminate", "toko-checkout", "--last-day", "2026-12-31", "--reason", "x", "--right", "1")
    assert stand.asked[-1].json == {"last_day": "2026-12-31", "ground": "cause", "reason": "x", "right": "1"}
    assert "ended 2026-12-31" in run("agreements", "keep", "toko-checkout").stdout
