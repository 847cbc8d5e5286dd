"""What others wrote is shown by the terminal, and never steers it."""

import json

import pytest
from stand import Run, Stand, answer, problem

from sepakat_cli.output import harmless

STEERING = {
    "the screen is cleared": "\x1b[2J", "the same in one character": "\x9b2J", "the title is set": "\x1b]0;x\x07",
    "the line is written anew": "\r", "the order is turned": "\u202e", "what is not seen": "\u200b\U000e0041",
    "half a character": "\ud800", "the character before is gone": "\x08",
}  # fmt: skip
LOOK = {"party": "toko-maju", "name": "Toko\x1b[2J Maju\u202e", "wordings": []}
LETTER = {"subject": "down\x9b2J", "text": "Since\n\tten\x1b]0;x\x07", "html": ""}


@pytest.mark.parametrize("steering", STEERING.values(), ids=STEERING)
def test_what_steers_is_replaced_and_everything_around_it_stays(steering: str) -> None:
    shown = harmless(f"Kasir – 收银\n\té {steering}!")
    assert shown.startswith("Kasir – 收银\n\té \ufffd") and shown.endswith("!")
    assert not set(steering) & set("\x1b\x9b\x07\x08\r\u202e\u200b\U000e0041\ud800") & set(shown)


def test_tables_lines_and_refusals_show_it_and_json_has_it_as_it_is(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/brandings/toko-maju", answer(LOOK))
    assert "Toko\ufffd[2J Maju\ufffd" in run("letters", "show", "toko-maju").stdout
    as_json = run("letters", "show", "toko-maju", "--json").stdout
    assert json.loads(as_json) == LOOK and "\x1b" not in as_json
    stand.on("POST", "/v1/previews", answer(LETTER))
    shown = run("letters", "preview", "sepakat.incident.opened.v1")
    assert shown.stdout == "down\ufffd2J\n\nSince\n\tten\ufffd]0;x\ufffd\n"
    stand.on("GET", "/v1/brandings/other", problem(403, "not \x1b[8myours"))
    refused = run("letters", "show", "other")
    assert refused.exit_code == 1 and "not \ufffd[8myours" in refused.stderr
