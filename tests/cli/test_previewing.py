"""Calendars of a text as people look at them, without a server."""

import json
from pathlib import Path

import pytest
from samples import agreement_dict
from stand import Run


@pytest.fixture
def text(tmp_path: Path) -> Path:
    office = {"id": "office", "timeZone": "Europe/Berlin", "weekly": {"mon-sun": ["01:30-03:30", "22:00-24:00"]},
              "holidays": {"country": "DE", "add": ["2026-03-31"], "remove": ["2026-04-03"]}}  # fmt: skip
    file = tmp_path / "agreement.json"
    file.write_text(json.dumps(agreement_dict(calendars=[office])))
    return file


def test_a_calendar_of_a_text_is_shown_over_a_clock_change_and_its_holidays(run: Run, text: Path) -> None:
    shown = run("calendar", "preview", str(text), "--from", "2026-03-28", "--days", "10")
    assert shown.exit_code == 0, shown.stderr
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert "Sat 2026-03-28 01:30-03:30 +01:00, 22:00-24:00 +01:00" in lines
    assert "Sun 2026-03-29 01:30-03:30 +01:00/+02:00, 22:00-24:00 +02:00 clocks change" in lines
    assert "Tue 2026-03-31 closed holiday" in lines, "it was added"
    assert "Fri 2026-04-03 01:30-03:30 +02:00, 22:00-24:00 +02:00" in lines, "Good Friday was removed"
    assert "Mon 2026-04-06 closed holiday" in lines, "Easter Monday is one of the country"
    days = json.loads(run("calendar", "preview", str(text), "--from", "2026-03-29", "--days", "1", "--json").stdout)
    [day] = days["calendars"][0]["days"]
    assert day["open"][0] == {"start": "2026-03-29T01:30:00+01:00", "end": "2026-03-29T03:30:00+02:00", "seconds": 3600}


def test_a_calendar_that_is_not_there_is_said_so(run: Run, text: Path) -> None:
    none = run("calendar", "preview", str(text), "--calendar", "shop")
    assert none.exit_code == 2 and "there is no calendar shop in it; there is: office" in " ".join(none.stderr.split())
    assert run("calendar", "preview", str(text), "--from", "tomorrow").exit_code == 2
