"""OpenSLO v1 becomes the draft of an agreement, and of what does not, every field is listed."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from sepakat_cli.__main__ import app
from sepakat_cli.openslo import importing
from sepakat_cli.openslo.importing import Drafted, Frame
from sepakat_shared.contracts import reading, structure, texts
from sepakat_shared.errors import Invalid

EXAMPLES = Path(__file__).parent / "examples"
FRAME = Frame("shop", "nusantara", "toko-maju", date(2026, 1, 1), date(2026, 12, 31))


def drafted(name: str) -> tuple[Drafted, texts.Agreement]:
    found = importing.draft(structure.read((EXAMPLES / name).read_text()).documents, FRAME)
    documents, problems = reading.read(found.documents)
    assert problems == []
    return found, next(each for each in documents if isinstance(each, texts.Agreement))


def as_written(objective: texts.Objective) -> dict[str, Any]:
    plain = {"calendar", "minimumSample", "where", "unknown", "exclusions"}
    return {name: value for name, value in texts.as_text(objective).items() if name not in plain}


def slo(**spec: Any) -> dict[str, Any]:
    source = {"metricSource": {"type": "Prometheus", "spec": {"query": "x"}}}
    base = {
        "service": "web", "budgetingMethod": "Occurrences", "timeWindow": [{"duration": "4w", "isRolling": True}],
        "indicator": {"metadata": {"name": "i"}, "spec": {"ratioMetric": {"good": source, "total": source}}},
        "objectives": [{"target": 0.99}],
    }  # fmt: skip
    return {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": "o"}, "spec": {**base, **spec}}


def test_an_slo_with_all_of_its_own_inside() -> None:
    found, text = drafted("inline.yaml")
    alerts = [{"rate": "14.4", "over": "PT1H", "andOver": "PT5M"}]
    base = {"indicator": "nusantara/web-errors", "service": "web", "measure": "occurrences", "alerts": alerts,
            "window": {"rolling": "P28D"}}  # fmt: skip
    assert [as_written(each) for each in text.objectives] == [
        {**base, "id": "web-availability-1", "title": {"en": "Web availability: promised"}, "target": "99.5"},
        {**base, "id": "web-availability-2", "title": {"en": "Web availability: aimed at"}, "target": "99.95"},
    ]
    assert [note.pointer for note in found.notes] == [
        "/0/spec/alertPolicies/0/spec/alertWhenResolved",
        "/0/spec/alertPolicies/0/spec/conditions/0/spec/condition/alertAfter",
        "/0/spec/alertPolicies/0/spec/conditions/0/spec/severity",
        "/0/spec/alertPolicies/0/spec/notificationTargets",
        "/0/spec/description",
        "/0/spec/indicator/spec/ratioMetric/counter",
        "/0/spec/indicator/spec/ratioMetric/good/metricSource",
        "/0/spec/indicator/spec/ratioMetric/total/metricSource",
    ]


def test_an_slo_that_refers_to_everything_by_name() -> None:
    found, text = drafted("by-reference.yaml")
    (objective,) = (as_written(each) for each in text.objectives)
    assert objective == {
        "id": "payments-latency", "title": {"en": "Payments answer fast"}, "indicator": "nusantara/payment-latency",
        "service": "payments", "measure": "share", "threshold": {"atMost": "0.8"}, "target": "95",
        "window": {"calendar": "month"}, "alerts": [{"rate": "2", "over": "PT6H"}],
    }  # fmt: skip
    assert text.term.time_zone == "Asia/Jakarta"
    assert text.services[0].description.en == "Payments: Takes the money."
    listed = {note.pointer for note in found.notes}
    # Documents as a whole, and single fields of those that are carried over.
    assert {"/5", "/6", "/0/metadata/labels", "/0/metadata/annotations", "/3/spec/description"} <= listed
    assert {"/1/spec/alertWhenNoData", "/1/spec/notificationTargets", "/2/spec/severity"} <= listed


def test_the_three_budgeting_methods() -> None:
    found, text = drafted("budgeting-methods.yaml")
    slices, ratios, ready = (as_written(each) for each in text.objectives)
    assert slices | {"measure": "timeslices", "target": "99", "slice": "PT5M", "sliceTarget": "95"} == slices
    assert ratios | {"measure": "ratio-timeslices", "target": "99.9", "slice": "PT10M"} == ratios
    assert (slices["window"], ready["window"]) == ({"calendar": "quarter"}, {"calendar": "year"})
    said = {note.pointer: note.words for note in found.notes}
    assert "total less bad" in said["/3/spec/ratioMetric/bad"]
    assert "send the counts" in said["/2/spec/indicator/spec/ratioMetric/raw"]


@pytest.mark.parametrize(
    ("spec", "pointer", "words"),
    [
        ({"timeWindow": [{"duration": "2M", "calendar": {}}]}, "/0/spec/timeWindow/0/duration", "no calendar"),
        ({"timeWindow": [{"duration": "soon", "isRolling": True}]}, "/0/spec/timeWindow/0/duration", "no duration"),
        ({"budgetingMethod": "Magic"}, "/0/spec/budgetingMethod", "none of"),
        ({"objectives": [{"displayName": "none"}]}, "/0/spec/objectives/0", "neither"),
        ({"budgetingMethod": "Timeslices"}, "/0/spec/objectives/0", "timeSliceWindow"),
        ({"indicator": {"metadata": {"name": "i"}, "spec": {"thresholdMetric": {}}},
          "objectives": [{"op": "gte", "value": 1, "target": 0.9}]}, "/0/spec/objectives/0/op", "at most"),
        ({"indicator": {"metadata": {"name": "i"}, "spec": {}}}, "/0/spec/indicator/spec", "neither"),
    ],
)  # fmt: skip
def test_what_can_not_be_measured_is_left_out_with_its_reason(spec: dict[str, Any], pointer: str, words: str) -> None:
    found = importing.draft([slo(**spec)], FRAME)
    assert found.documents[-1]["objectives"] == []
    assert any(note.pointer == pointer and words in note.words for note in found.notes)
    assert any("not carried over" in note.words for note in found.notes)


@pytest.mark.parametrize(
    ("spec", "pointer", "window"),
    [
        ({"timeWindow": []}, "/0/spec/timeWindow", {"calendar": "month"}),
        ({"timeWindow": [{"duration": "1M", "isRolling": True}]}, "/0/spec/timeWindow/0/duration", {"rolling": "P30D"}),
        ({"timeWindow": [{"duration": "1M", "calendar": {"startTime": "2026-01-15 12:00:00", "timeZone": "UTC"}}]},
         "/0/spec/timeWindow/0/calendar/startTime", {"calendar": "month"}),
    ],
)  # fmt: skip
def test_a_window_that_becomes_another_is_told(spec: dict[str, Any], pointer: str, window: dict[str, str]) -> None:
    found = importing.draft([slo(**spec)], FRAME)
    assert found.documents[-1]["objectives"][0]["window"] == window
    assert pointer in {note.pointer for note in found.notes}


def test_an_alert_that_could_never_fire_is_not_carried_over() -> None:
    condition = {"kind": "burnrate", "threshold": 14.4, "lookbackWindow": "1h"}
    inline = {"kind": "AlertCondition", "metadata": {"name": "c"}, "spec": {"condition": condition}}
    policies = [{"kind": "AlertPolicy", "metadata": {"name": "p"}, "spec": {"conditions": [inline]}}]
    found = importing.draft([slo(objectives=[{"target": 0.9}], alertPolicies=policies)], FRAME)
    assert "alerts" not in found.documents[-1]["objectives"][0]
    assert any("can never fire" in note.words for note in found.notes)


def test_every_field_that_nobody_knows_is_listed() -> None:
    raw = slo(colour="red", objectives=[{"target": 0.99, "weight": 3}, "more"], alertPolicies="usual")
    raw["metadata"] |= {"owner": {"name": "rina"}}
    listed = {note.pointer for note in importing.draft([raw], FRAME).notes}
    assert {"/0/spec/colour", "/0/spec/objectives/0/weight", "/0/metadata/owner"} <= listed
    assert {"/0/spec/objectives/1", "/0/spec/alertPolicies"} <= listed


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ([], ""),
        (["text"], "/0"),
        ([{**slo(), "apiVersion": "openslo/v1alpha"}], "/0/apiVersion"),
        ([{**slo(), "kind": "SLA"}], "/0/kind"),
        ([{**slo(), "metadata": {}}], "/0/metadata/name"),
        ([{**slo(), "spec": None}], "/0/spec"),
        ([slo(), slo()], "/1/metadata/name"),
        ([slo(indicator=None, indicatorRef="nowhere")], "/0/spec/indicatorRef"),
    ],
)
def test_what_is_not_openslo_v1_is_refused_by_its_place(raw: list[Any], pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        importing.draft(raw, FRAME)
    assert [each.pointer for each in caught.value.problems] == [pointer]


def test_the_command_drafts_what_validate_finds_in_order(tmp_path: Path) -> None:
    out = tmp_path / "draft.yaml"
    files = [str(EXAMPLES / name) for name in ("inline.yaml", "by-reference.yaml", "budgeting-methods.yaml")]
    frame = ["--id", "shop", "--provider", "nusantara", "--customer", "toko-maju", "--from", "2026-02-28"]
    result = CliRunner().invoke(app, ["openslo", "import", *files, *frame, "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert "/0/spec/description: is not carried over" in result.stderr
    assert "/1/spec/timeWindow" not in result.stderr
    assert CliRunner().invoke(app, ["validate", str(out)]).exit_code == 0
    kinds = [each["kind"] for each in yaml.safe_load_all(out.read_text())]
    assert kinds == ["Indicator"] * 4 + ["Agreement"]
