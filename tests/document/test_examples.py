"""What the worked examples say is what measuring comes to, on events like those that they tell of."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from samples import agreement_dict

from sepakat_cli.commands.evaluate import evaluate_files
from sepakat_document import compose, examples, formulas, recurrence
from sepakat_document.periods import first_period
from sepakat_document.source import Source
from sepakat_document.speech import Speech
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts import texts

ZONE = ZoneInfo("Asia/Jakarta")
OFFICE = {"id": "office", "timeZone": "Asia/Jakarta", "weekly": {"mon-fri": "08:00-17:00"}}
LIMIT = {"atMost": 800, "unit": "ms"}
LEVELS: dict[str, dict[str, Any]] = {
    "time": {"measure": "time", "target": "99.9"},
    "a time in office hours": {"measure": "time", "target": "99.5", "calendar": "office"},
    "occurrences": {"measure": "occurrences", "target": "99.95"},
    "a share": {"measure": "share", "target": "95", "threshold": LIMIT},
    "a percentile": {"measure": "percentile", "percentile": "99", "target": LIMIT},
}


def written(objective: dict[str, Any]) -> dict[str, Any]:
    base = {"id": "o", "indicator": "nusantara/i", "window": {"calendar": "month"}}
    return agreement_dict(needs=[], calendars=[OFFICE], objectives=[{**base, **objective}])


def source(objective: dict[str, Any]) -> Source:
    return compose.source_of(texts.Agreement.model_validate(written(objective)), "en")


def told_of(worked: examples.Worked, measure: str, start: datetime) -> Iterator[str]:
    """Events of which the example could be told."""
    good, total = int(worked.good or 0), int(worked.total or 0)

    def event(n: int, kind: str, at: datetime, **data: Any) -> str:
        return json.dumps({"specversion": "1.0", "id": str(n), "source": "/p", "type": f"sepakat.metric.{kind}.v1",
                           "time": at.isoformat(), "data": {"indicator": "nusantara/i", **data}})  # fmt: skip

    if measure == "time":
        down = start + timedelta(days=5, hours=9)
        yield event(0, "state", start, state="up")
        yield event(1, "state", down, state="down")
        yield event(2, "state", down + timedelta(seconds=total - good), state="up")
    elif measure == "occurrences":
        yield event(0, "sample", start + timedelta(hours=1), good=good, total=total)
    else:
        values = [500] * good + [1000] * (total - good)
        yield event(0, "measurement", start + timedelta(hours=1), values=values, unit="ms")


@pytest.mark.parametrize("name", LEVELS)
def test_the_arithmetic_of_an_example_is_that_of_measuring(name: str) -> None:
    of = source(LEVELS[name])
    objective = of.text.objectives[0]
    worked = examples.worked(of, objective)
    start, end = (datetime.combine(day, time.min, ZONE).astimezone(UTC) for day in first_period(of, objective))
    lines = [line.encode() for line in told_of(worked, objective.measure, start)]
    period = to_ms(start), to_ms(end)
    (figure,) = evaluate_files(yaml.safe_dump(written(LEVELS[name])), lines, end, period)["objectives"]
    assert worked.total is not None and worked.good is not None
    assert Fraction(figure["exact"]) == worked.good / worked.total
    assert figure["met"] is worked.met is False


@pytest.mark.parametrize("target", ["90", "99.9", "99.9999"])
def test_the_loss_of_an_example_is_the_next_round_one_above_what_is_allowed(target: str) -> None:
    of = source({"measure": "time", "target": target})
    worked = examples.worked(of, of.text.objectives[0])
    assert worked.good is not None and worked.total is not None
    assert 1 - worked.good / worked.total > 1 - Fraction(Decimal(target)) / 100


def test_an_example_tells_the_credit_of_the_lowest_tier_that_applies() -> None:
    tiers = [{"below": "99.9", "percent": "10"}, {"below": "99.899", "percent": "25"}]
    of = source({"measure": "time", "target": "99.9", "credits": {"of": "fee", "tiers": tiers}})
    # January: 2,678,400 s, 2,678.4 of which may be lost; 2,700 are: 99.8992 %, below the first tier alone.
    last = examples.worked(of, of.text.objectives[0]).lines[-1]
    assert last.endswith("The credit is 10% of IDR\u00a025,000,000: IDR\u00a02,500,000.")


def test_a_case_is_told_with_what_decides_where_there_are_few() -> None:
    case = {"measure": "per-case", "clock": {"from": "opened", "until": "restored"}, "threshold": {"atMost": "PT4H"},
            "target": "95", "minimumCases": 20, "allowedMisses": 1, "where": {"priority": "P1"}}  # fmt: skip
    of = source(case)
    worked = examples.worked(of, of.text.objectives[0])
    assert (worked.good, worked.total, worked.met) == (18, 20, False)
    assert worked.lines[-1] == "Of only 6 cases, 1 late would still meet it, and 2 would not."
    assert formulas.formula(of, of.text.objectives[0]) == "share = cases within 4\u00a0hours ÷ all cases"


@pytest.mark.parametrize(
    ("rule", "english", "indonesian"),
    [
        ("FREQ=MONTHLY;BYDAY=1SU", "every month, on the first Sunday", "setiap bulan, pada Minggu pertama"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "every 2 weeks, on Tuesday and Thursday",
         "setiap 2 pekan, pada Selasa dan Kamis"),
        ("FREQ=DAILY;COUNT=3", "every day, 3 times", "setiap hari, 3 kali"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month, on day 15", "setiap bulan, pada tanggal 15"),
        ("FREQ=DAILY;BYSETPOS=1", "FREQ=DAILY; BYSETPOS=1", "FREQ=DAILY; BYSETPOS=1"),
    ],
)  # fmt: skip
def test_a_recurrence_is_said_in_words_or_left_as_it_is(rule: str, english: str, indonesian: str) -> None:
    assert (recurrence.in_words(Speech("en"), rule), recurrence.in_words(Speech("id"), rule)) == (english, indonesian)


def test_numbers_dates_and_durations_are_those_of_the_language() -> None:
    english, indonesian = Speech("en"), Speech("id")
    assert (english.percent(Decimal("99.95")), indonesian.percent(Decimal("99.95"))) == ("99.95%", "99,95%")
    # Half to even, and never up to what it does not reach.
    assert english.rounded_percent(Fraction(9994949, 10_000_000)) == "99.9495%"
    assert indonesian.money(Decimal("1250.505"), "USD") == "USD\u00a01.250,505"
    assert english.money(Decimal(25_000_000), "IDR") == "IDR\u00a025,000,000"
    day = datetime(2026, 5, 1, 22, tzinfo=ZONE)
    assert (english.date(day.date()), indonesian.date(day.date())) == ("1 May 2026", "1 Mei 2026")
    assert indonesian.instant(day) == "1 Mei 2026 22.00 UTC+07:00"
    span = timedelta(days=1, hours=2, seconds=3.5)
    assert english.duration(span) == "1\u00a0day 2\u00a0hours 3.5\u00a0seconds"
    assert indonesian.duration(timedelta(0)) == "0\u00a0detik"
    assert (english.span("P1Y3M"), indonesian.span("P5D")) == ("1\u00a0year 3\u00a0months", "5\u00a0hari")
    assert english.each(english.span("P1D")) == "day"
