"""Files that a command is given: one that is missing is named, and no secret that a file holds is shown to anybody."""

from pathlib import Path

import pytest
from stand import Run, Stand, answer

from sepakat_cli.documents import mapping_of
from sepakat_cli.output import BadInput


def test_a_signing_key_in_place_of_an_api_key_is_refused_without_its_contents(stand: Stand, run: Run) -> None:
    run("keys", "new", "sinta.pem")
    result = run("status", "--api-key-file", "sinta.pem")
    assert result.exit_code == 2
    assert "sinta.pem holds no API key but a key to sign with" in " ".join(result.stderr.split())
    assert not any(line in result.output for line in Path("sinta.pem").read_text().splitlines())
    assert stand.asked == []


@pytest.mark.parametrize("held", ["spk_one\nspk_two\n", "", '{\n  "secret": "spk_one"\n}', "spk_\x07one", "kunci–satu"])
def test_what_is_not_one_word_is_no_api_key_and_is_not_repeated(held: str, stand: Stand, run: Run) -> None:
    Path("key").write_text(held)
    result = run("status", "--api-key-file", "key")
    assert (result.exit_code, stand.asked) == (2, [])
    assert "key holds no API key, which is one word on one line" in " ".join(result.stderr.split())
    assert "one" not in result.output.replace("one word on one line", "")


def test_the_environment_is_held_to_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEPAKAT_CLI_API_KEY", "spk_one\nspk_two")
    result = run("status")
    assert (result.exit_code, "spk_" in result.output) == (2, False)


def test_a_file_that_holds_no_signing_key_is_told_so_without_its_contents(stand: Stand, run: Run) -> None:
    stand.on("GET", "/v1/status", answer({"items": []}))
    Path("key").write_text("spk_a_secret")
    result = run("keys", "show", "key")
    assert (result.exit_code, "spk_" in result.output) == (2, False)
    assert "sepakat keys new" in result.stderr


def test_an_operators_key_is_one_word_too(run: Run) -> None:
    run("keys", "new", "sinta.pem")
    result = run("init", "--kafka", "localhost:1", "--mongo", "mongodb://localhost:1", "--admin-key-file", "sinta.pem")
    assert result.exit_code == 2
    assert "holds no API key" in result.stderr


@pytest.mark.parametrize(
    "command", [["evaluate"], ["backtest"], ["validate"], ["render", "--html", "out.html"]], ids=lambda each: each[0]
)
def test_every_file_that_is_missing_is_named_at_once(command: list[str], run: Run) -> None:
    result = run(command[0], "agreement.yaml", "events.ndjson", *command[1:])
    assert result.exit_code == 2
    assert result.stderr.count("there is no such file") == 2
    assert "Errno" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [["verify", "gone"], ["keys", "show", "gone"], ["sign", "x", "--party", "p", "--contact", "c", "--key", "gone"],
     ["events", "send", "gone"], ["preferences", "set", "p", "c", "gone"]],
    ids=lambda each: each[0],
)  # fmt: skip
def test_a_file_that_is_missing_is_told_in_words(command: list[str], run: Run) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "gone: there is no such file" in result.stderr


SLIPS = {
    "start: 2026-13-45": "file.yaml: this is not readable YAML: /start: '2026-13-45' can't be read",
    "2026-01-01: x": "the key '2026-01-01' is not text",
    "data: !!binary aGk=": "/data: tags (tag:yaml.org,2002:binary) are not allowed",
    "muted: true\nmuted: false": "'muted' stands twice, on lines 1 and 2",
    f"deep: {'[' * 2000}": "nested more than 24 deep",
    "quiet: {a/b: [1, .nan]}": "file.yaml: /quiet/a~1b/1: nan is no number that JSON has",
    "name: .inf": "/name: inf is no number",
    'name: "\\ud800"': "/name: half a character",
    "muted: true\n---\nmuted: false": "holds 2 documents, and must be one",
    "": "must hold fields, as `language: id`",
    "- 1": "must hold fields, as `language: id`",
}


@pytest.mark.parametrize("written", SLIPS)
def test_a_slip_in_a_file_is_told_in_words_with_its_place(written: str, tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(written)
    with pytest.raises(BadInput) as refused:
        mapping_of(tmp_path / "file.yaml", "language: id")
    assert SLIPS[written] in str(refused.value)


def test_instants_and_days_are_sent_as_text(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text("vacation: {start: 2026-12-24, end: 2027-01-02T08:00:00Z}\nmuted: true\n")
    vacation = {"start": "2026-12-24", "end": "2027-01-02T08:00:00+00:00"}
    assert mapping_of(tmp_path / "file.yaml", "") == {"vacation": vacation, "muted": True}


@pytest.mark.parametrize("command", [["preferences", "set", "nusantara", "rina"], ["letters", "set", "nusantara"]])
def test_a_slip_in_a_file_ends_a_command_before_anything_is_asked(command: list[str], stand: Stand, run: Run) -> None:
    Path("file.yaml").write_text("start: 2026-13-45\n")
    assert (run(*command, "file.yaml").exit_code, stand.asked) == (2, [])
