"""How letters look and what is public, on the command line."""

import json
from pathlib import Path

from stand import Run, Stand, answer

FEED = {"agreement": "toko", "allowed": {"nusantara": True, "toko-maju": False}, "public": False, "atom": None,
        "json": None}  # fmt: skip
LOOK = {"party": "toko-maju", "name": "Toko Maju", "colour": "#1f3a5f", "footer_en": None, "footer_id": None,
        "wordings": [{"type": "sepakat.incident.opened.v1", "language": "en", "subject": "{{ title }}!", "text": "x"}],
        }  # fmt: skip
LETTER = {"subject": "[P1] Checkout is down", "text": "Since …", "html": "<html>…"}


def test_a_public_status_is_allowed_withdrawn_and_shown_with_its_addresses(stand: Stand, run: Run) -> None:
    path = "/v1/status-feeds/toko"
    stand.on("PUT", path, answer(FEED))
    half = run("status-feeds", "allow", "toko")
    assert stand.asked[-1].json == {"allowed": True}
    assert "allowed by nusantara yes" in " ".join(half.stdout.split()) and "both parties must allow it" in half.stderr
    public = FEED | {"public": True, "atom": "https://x.example/s.atom", "json": "https://x.example/s.json"}
    stand.on("GET", path, answer(public))
    shown = run("status-feeds", "show", "toko")
    assert "https://x.example/s.atom" in shown.stdout and "both parties" not in shown.stderr
    assert json.loads(run("status-feeds", "show", "toko", "--json").stdout) == public
    assert run("status-feeds", "withdraw", "toko").exit_code == 0
    assert stand.asked[-1].json == {"allowed": False}
    assert run("status-feeds", "show", "other").exit_code == 1


def test_a_look_is_set_from_a_file_over_what_was_read(stand: Stand, run: Run, tmp_path: Path) -> None:
    path = "/v1/brandings/toko-maju"
    stand.on("GET", path, answer(LOOK, etag='"0"'))
    stand.on("PUT", path, answer(LOOK))
    (tmp_path / "look.yaml").write_text('name: Toko Maju\ncolour: "#1f3a5f"\n')
    after = run("letters", "set", "toko-maju", "look.yaml")
    assert "sepakat.incident.opened.v1 (en) {{ title }}!" in " ".join(after.stdout.split())
    asked = stand.asked[-1]
    assert asked.json == {"name": "Toko Maju", "colour": "#1f3a5f"} and asked.headers["if-match"] == '"0"'
    assert json.loads(run("letters", "show", "toko-maju", "--json").stdout) == LOOK
    (tmp_path / "list.yaml").write_text("- 1\n")
    for wrong in ("none.yaml", "list.yaml"):
        assert run("letters", "set", "toko-maju", wrong).exit_code == 2


def test_a_letter_is_seen_before_it_is_ever_sent(stand: Stand, run: Run, tmp_path: Path) -> None:
    stand.on("POST", "/v1/previews", answer(LETTER))
    (tmp_path / "look.yaml").write_text("name: Toko Maju\n")
    type = "sepakat.incident.opened.v1"
    shown = run("letters", "preview", type, "--language", "id", "--look", "look.yaml", "--html", "letter.html")
    assert shown.stdout == "[P1] Checkout is down\n\nSince …\n" and "letter.html" in shown.stderr
    assert (tmp_path / "letter.html").read_text() == "<html>…"
    assert stand.asked[-1].json == {"type": type, "language": "id", "time_zone": "Asia/Jakarta", "form": "mail",
                                    "branding": {"name": "Toko Maju"}}  # fmt: skip
    stand.on("POST", "/v1/previews", answer({"body": {"blocks": []}}))
    assert json.loads(run("letters", "preview", type, "--form", "slack").stdout) == {"blocks": []}
    assert run("letters", "preview", type, "--form", "slack", "--html", "x.html").exit_code == 2
