"""Chat endpoints and subscriptions on the command line."""

import json
from pathlib import Path

from stand import Run, Stand, answer

PATH = "/v1/chat-endpoints"
SHOWN = {"id": "9f2c", "party": "toko-maju", "service": "slack", "types": [], "fallback": None, "status": "failing",
         "reason": "the endpoint answered 404", "failing_since": "x"}  # fmt: skip


def test_a_chat_is_added_with_an_address_from_a_file_and_commanded(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("POST", PATH, answer(SHOWN, 201))
    stand.on("GET", PATH, answer({"items": [SHOWN]}))
    stand.on("GET", f"{PATH}/9f2c", answer(SHOWN))
    address = tmp_path / "slack.txt"
    address.write_text("https://hooks.slack.com/services/A/B/C\n")
    made = run("chats", "add", "toko-maju", "--address-file", str(address), "--type", "sepakat.incident.*")
    assert made.exit_code == 0 and "hooks.slack.com" not in made.stdout
    assert stand.asked[-1].json == {
        "party": "toko-maju", "address": "https://hooks.slack.com/services/A/B/C", "service": None,
        "types": ["sepakat.incident.*"], "language": "en", "time_zone": "UTC", "fallback": None, "owner": None,
    }  # fmt: skip
    assert run("chats", "add", "toko-maju", "--address-file", str(tmp_path / "none")).exit_code == 2
    assert json.loads(run("chats", "list", "--json").stdout) == {"items": [SHOWN]}
    assert "answered 404" in run("chats", "show", "9f2c").stdout
    kept = {"types": ["sepakat.incident.*"], "language": "id", "time_zone": "UTC", "fallback": "budi"}
    stand.on("GET", f"{PATH}/9f2c", answer(SHOWN | kept, etag='"4"'))
    stand.on("PUT", f"{PATH}/9f2c", answer(SHOWN | kept | {"owner": "rina"}))
    assert "rina" in run("chats", "owner", "9f2c", "rina").stdout
    assert stand.asked[-1].json == kept | {"owner": "rina"} and stand.asked[-1].headers["if-match"] == '"4"'
    for command in ("disable", "enable"):
        stand.on("POST", f"{PATH}/9f2c/{command}", answer(SHOWN))
        assert run("chats", command, "9f2c").exit_code == 0
    stand.on("POST", f"{PATH}/9f2c/test", answer({"delivered": False, "reason": "answered 404", "seconds": "0.010"}))
    failed = run("chats", "test", "9f2c")
    assert failed.exit_code == 1 and "answered 404" in failed.stderr
    stand.on("DELETE", f"{PATH}/9f2c", answer(None, 204))
    assert run("chats", "remove", "9f2c").exit_code == 0
