"""An agreement's objectives as OpenSLO v1, and back: what can be said there comes back as it was."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_cli.openslo import exporting, importing
from sepakat_cli.openslo.parts import iso
from sepakat_shared.contracts import reading, texts

GOOD = Path(__file__).parents[1] / "texts" / "corpus" / "good"
FRAME = importing.Frame("toko-checkout", "nusantara", "toko-maju", date(2026, 1, 1), date(2026, 12, 31))


def there_and_back(text: texts.Agreement) -> tuple[texts.Objective, ...]:
    exported, _ = exporting.export(text)
    # Through YAML, as a person would.
    raw = list(yaml.safe_load_all(yaml.safe_dump_all(exported)))
    documents, problems = reading.read(importing.draft(raw, FRAME).documents)
    assert problems == []
    return next(each.objectives for each in documents if isinstance(each, texts.Agreement))


def minutes(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda n: iso(timedelta(minutes=n)))


percents = st.decimals("0.0001", "99.9999", places=4).map(lambda each: f"{each.normalize():f}")
windows = st.one_of(
    st.sampled_from(["day", "week", "month", "quarter", "year"]).map(lambda unit: {"calendar": unit}),
    minutes(1440, 500_000).map(lambda length: {"rolling": length}),
)
values = st.decimals("0.001", "5000", places=3).map(lambda each: f"{each.normalize():f}")
measures = st.one_of(
    st.just({"measure": "occurrences"}),
    st.builds(lambda n, unit: {"measure": "share", "threshold": {"atMost": n, "unit": unit}},
              values, st.sampled_from(["ms", "s"])),
    st.builds(lambda size, target: {"measure": "timeslices", "slice": size, "sliceTarget": target},
              minutes(1, 60), percents),
    st.builds(lambda size: {"measure": "ratio-timeslices", "slice": size}, minutes(1, 60)),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(measures, percents, windows), min_size=1, max_size=4))
def test_what_openslo_can_say_comes_back_as_it_was(drawn: list[tuple[dict[str, Any], str, dict[str, str]]]) -> None:
    objectives = [
        {"id": f"o-{i}", "title": {"en": f"Objective {i}"}, "indicator": f"nusantara/i-{i}", "service": "checkout",
         "target": target, "window": window, **measure}
        for i, (measure, target, window) in enumerate(drawn)
    ]  # fmt: skip
    text = agreement(needs=[], objectives=objectives)
    assert there_and_back(text) == text.objectives


def test_alerts_come_back_with_both_windows() -> None:
    alerts = [{"rate": "14.4", "over": "PT1H", "andOver": "PT5M"}, {"rate": "2", "over": "PT6H"}]
    objective = {"id": "o", "indicator": "nusantara/i", "service": "checkout", "measure": "occurrences", "target": "99",
                 "window": {"calendar": "month"}, "alerts": alerts}  # fmt: skip
    (back,) = there_and_back(agreement(needs=[], objectives=[objective]))
    assert back.alerts is not None
    assert [(each.rate, each.over, each.and_over) for each in back.alerts] == [
        (Decimal("14.4"), timedelta(hours=1), timedelta(minutes=5)),
        (Decimal(2), timedelta(hours=6), timedelta(minutes=30)),
    ]


def test_a_percentile_becomes_the_share_that_decides_it() -> None:
    objective = {"id": "o", "indicator": "nusantara/i", "measure": "percentile", "percentile": "99",
                 "target": {"atMost": 1500, "unit": "ms"}, "window": {"calendar": "month"}}  # fmt: skip
    (back,) = there_and_back(agreement(needs=[], objectives=[objective]))
    assert (back.measure, back.target, back.threshold) == (
        "share", Decimal(99), texts.Limit(at_most=Decimal(1500), unit="ms"),
    )  # fmt: skip


def test_all_that_has_no_place_there_is_listed() -> None:
    result = CliRunner().invoke(app, ["openslo", "export", str(GOOD / "everything.yaml"), "--json"])
    assert result.exit_code == 0, result.output
    shown = json.loads(result.stdout)
    said = {each["pointer"]: each["note"] for each in shown["notes"]}
    slos = [each["metadata"]["name"] for each in shown["documents"] if each["kind"] == "SLO"]
    assert slos == ["success", "slices", "ratios", "means-of-slices", "p99", "fast"]
    # Every objective is there, or is said not to be; and so is every other part of the text.
    assert {f"/objectives/{i}" for i in (4, 7, 8, 9, 10)} <= set(said)
    raw = next(
        each for each in yaml.safe_load_all((GOOD / "everything.yaml").read_text()) if each["kind"] == "Agreement"
    )
    assert {f"/{name}" for name in raw} - {"/apiVersion", "/kind", "/objectives", "/services"} <= set(said)
    assert {"/objectives/0/credits", "/objectives/0/minimumSample", "/objectives/1/unknown", "/objectives/2/profile",
            "/objectives/3/exclusions", "/objectives/5/percentile", "/services/1"} <= set(said)  # fmt: skip
    assert all(each["apiVersion"] == "openslo/v1" for each in shown["documents"])


def test_a_whole_number_of_seconds_is_no_window_there() -> None:
    objective = {"id": "o", "indicator": "nusantara/i", "measure": "occurrences", "target": "99",
                 "window": {"rolling": "PT90S"}}  # fmt: skip
    exported, notes = exporting.export(agreement(needs=[], objectives=[objective]))
    assert exported == []
    assert any(note.pointer == "/objectives/0" and "whole minutes" in note.words for note in notes)
