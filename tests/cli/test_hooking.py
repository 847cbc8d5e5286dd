"""Webhook endpoints, deliveries and preferences on the command line."""

import json
from pathlib import Path

from stand import Run, Stand, answer

PATH = "/v1/webhook-endpoints"
SHOWN = {"id": "9f2c", "party": "toko-maju", "url": "https://hooks.example/", "types": [], "ordered": True,
         "fallback": "budi", "status": "failing", "reason": "it answered 503", "failing_since": "x"}  # fmt: skip


def test_an_endpoint_is_added_listed_and_commanded(stand: Stand, run: Run) -> None:
    stand.on("POST", PATH, answer(SHOWN | {"secret": "whsec_x"}, 201))
    stand.on("GET", PATH, answer({"items": [SHOWN]}))
    stand.on("GET", f"{PATH}/9f2c", answer(SHOWN))
    made = run("webhooks", "add", "toko-maju", "https://hooks.example/", "--ordered", "--type", "sepakat.incident.*")
    assert "whsec_x" in made.stdout
    assert stand.asked[-1].json == {"party": "toko-maju", "url": "https://hooks.example/", "ordered": True,
                                    "types": ["sepakat.incident.*"], "fallback": None}  # fmt: skip
    assert json.loads(run("webhooks", "list", "--json").stdout) == {"items": [SHOWN]}
    assert "answered 503" in run("webhooks", "show", "9f2c").stdout
    for command, path in (("disable", "disable"), ("enable", "enable"), ("rotate", "rotate-secret")):
        stand.on("POST", f"{PATH}/9f2c/{path}", answer(SHOWN))
        assert run("webhooks", command, "9f2c").exit_code == 0
    stand.on("DELETE", f"{PATH}/9f2c", answer(None, 204))
    assert run("webhooks", "remove", "9f2c").exit_code == 0


def test_the_test_button_ends_as_the_endpoint_answered(stand: Stand, run: Run) -> None:
    stand.on("POST", f"{PATH}/9f2c/test", answer({"delivered": True, "reason": None, "seconds": "0.010"}))
    assert run("webhooks", "test", "9f2c").exit_code == 0
    stand.on("POST", f"{PATH}/9f2c/test", answer({"delivered": False, "reason": "answered 404", "seconds": "0.010"}))
    failed = run("webhooks", "test", "9f2c")
    assert failed.exit_code == 1 and "answered 404" in failed.stderr


def test_what_was_missed_is_replayed_from_an_instant_with_its_offset(stand: Stand, run: Run) -> None:
    stand.on("POST", f"{PATH}/9f2c/replay", answer({"replayed": 3}))
    assert "3" in run("webhooks", "replay", "9f2c", "--since", "2026-11-24T09:00:00+07:00").stdout
    assert stand.asked[-1].json == {"since": "2026-11-24T09:00:00+07:00"}
    assert run("webhooks", "replay", "9f2c", "--since", "yesterday").exit_code == 2


def test_a_delivery_is_tried_again(stand: Stand, run: Run) -> None:
    stand.on("POST", "/v1/deliveries/n1/retry", answer({"id": "n1", "status": "pending"}))
    assert "pending" in run("deliveries", "retry", "n1").stdout


def test_a_preference_is_set_from_a_file_over_what_was_read(stand: Stand, run: Run, tmp_path: Path) -> None:
    path = "/v1/preferences/nusantara/rina"
    stand.on("GET", path, answer({"language": None}, etag='"4"'))
    stand.on("PUT", path, answer({"language": "id"}))
    (tmp_path / "rina.yaml").write_text(
        'language: id\nquiet: {begin: "22:00", end: "07:00", time_zone: Asia/Jakarta}\n'
        "vacation: {start: 2026-12-20T00:00:00+07:00, end: 2027-01-02T00:00:00+07:00, delegate: ana}\n"
    )
    assert run("preferences", "set", "nusantara", "rina", "rina.yaml").exit_code == 0
    asked = stand.asked[-1]
    assert asked.headers["if-match"] == '"4"' and asked.json["quiet"]["begin"] == "22:00"
    assert asked.json["vacation"]["start"].startswith("2026-12-20T00:00:00")
    (tmp_path / "list.yaml").write_text("- 1\n")
    for wrong in ("none.yaml", "list.yaml"):
        assert run("preferences", "set", "nusantara", "rina", wrong).exit_code == 2
    assert json.loads(run("preferences", "show", "nusantara", "rina", "--json").stdout) == {"language": None}
