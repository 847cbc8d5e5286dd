"""Good and bad agreements as people write them: each bad one is refused with every place and how to mend it."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sepakat_cli.__main__ import app

CORPUS = Path(__file__).parent / "corpus"
GOOD = sorted(path.name for path in (CORPUS / "good").iterdir())
BAD = sorted(path.name for path in (CORPUS / "bad").iterdir())


def problems_in(path: Path) -> list[tuple[str, str]]:
    result = CliRunner().invoke(app, ["validate", str(path), "--json"])
    (file,) = json.loads(result.stdout)["files"]
    assert (result.exit_code, bool(file["problems"])) in ((0, False), (1, True))
    return [(each["pointer"], each["rule"]) for each in file["problems"]]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_text_breaks_no_rule(name: str) -> None:
    assert problems_in(CORPUS / "good" / name) == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_text_is_refused_with_all_its_errors_and_no_others(name: str) -> None:
    path = CORPUS / "bad" / name
    expected = [(each[0], each[1]) for each in re.findall(r"^# expected: (\S+) (.*)$", path.read_text(), re.M)]
    found = problems_in(path)
    assert {pointer for pointer, _ in found} == {pointer for pointer, _ in expected}
    for pointer, words in expected:
        assert any(at == pointer and words in rule for at, rule in found), (pointer, words, found)


def test_every_problem_is_shown_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    path = CORPUS / "bad" / "tiers-out-of-order.yaml"
    result = CliRunner().invoke(app, ["validate", str(path)])
    line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if "tiers:" in text)
    assert f"{path}:{line}: /objectives/0/credits/tiers/1/below: must be under 95" in result.stdout
    assert "rules are broken" in result.stderr


def test_an_agreement_is_checked_beside_the_indicators_of_another_file(tmp_path: Path) -> None:
    indicator = tmp_path / "indicator.json"
    raw = json.loads((CORPUS / "good" / "indicator.json").read_text())
    indicator.write_text(json.dumps({**raw, "kindOfEvents": "state"}))
    agreement = CORPUS / "good" / "office-hours.yaml"
    result = CliRunner().invoke(app, ["validate", str(indicator), str(agreement)])
    assert result.exit_code == 1
    assert "/objectives/0/measure: occurrences is of ratio events" in result.stdout


def test_advice_breaks_no_rule(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate", str(CORPUS / "good" / "checkout.yaml")])
    assert result.exit_code == 0
    assert "advice: /3/objectives/0/credits/tiers/2/percent: is above the cap of 30 %" in result.stdout
