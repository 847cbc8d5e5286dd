"""Texts are read strictly: every error names the field by JSON Pointer and the rule it breaks."""

import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from samples import agreement, agreement_dict

from sepakat_shared.contracts import reading, texts
from sepakat_shared.errors import Invalid, Malformed


def problems_of(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        reading.parse_documents(yaml.safe_dump(raw))
    return {problem.pointer: problem.rule for problem in caught.value.problems}


def changed(path: str, value: Any) -> dict[str, Any]:
    raw = agreement_dict()
    here: Any = raw
    *parents, last = [int(part) if part.isdigit() else part for part in path.strip("/").split("/")]
    for part in parents:
        here = here.setdefault(part, {"notice": "P1D"}) if isinstance(here, dict) else here[part]
    here[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("/objectives/0/traget", "99", "not a field"),
        ("/objectives/0/target", 99.9, "exact"),
        ("/objectives/0/target", "101", "percentage"),
        ("/objectives/0/target", "NaN", "finite"),
        ("/objectives/0/measure", "uptime", "occurrences"),
        ("/objectives/0/window", {}, "exactly one"),
        ("/objectives/0/window", {"calendar": "month", "rolling": "P28D"}, "exactly one"),
        ("/objectives/0/credits/of", "rent", "charges"),
        ("/objectives/0/calendar", "office", "calendar"),
        ("/needs/0/servedBy", ["nothing"], "objective"),
        ("/parties/customer", "nusantara", "another party"),
        ("/term/until", "2025-12-31", "before"),
        ("/term/timeZone", "Asia/Sukabumi", "IANA"),
        ("/term/renewal/notice", "P36526D", "100 years"),
        ("/term/renewal/for", "P99Y13M", "100 years"),
        ("/term/renewal/for", f"P{'9' * 5_000}D", "100 years"),
        ("/term/termination/notice", "P800000D", "100 years"),
        ("/priorities/P1/escalation", "nobody", "escalation policy"),
        ("/escalation/critical/levels/0/acknowledgeWithin", "15 minutes", "ISO 8601"),
        ("/escalation/critical/levels/0/notify", [], "must have at least 1 entry"),
    ],
)
def test_a_broken_rule_is_named_with_its_field(path: str, value: Any, words: str) -> None:
    problems = problems_of(changed(path, value))
    pointer = "/needs/0/servedBy/0" if path == "/needs/0/servedBy" else path
    assert words in problems[pointer]


@pytest.mark.parametrize(
    ("measure", "target", "rule"),
    [
        ("mean", "PT10M", "a mean objective has a limit: {atMost: PT10M}"),
        ("percentile", "PT0.5S", "a percentile objective has a limit: {atMost: PT0.5S}"),
        ("mean", "600", "a mean objective has a limit: {atMost: 1500, unit: ms}"),
        ("mean", "10 min", "a mean objective has a limit: {atMost: 1500, unit: ms}"),
        ("mean", "99.9", "a mean objective has a limit: {atMost: 1500, unit: ms}"),
        ("per-case", "PT4H",
         'a per-case objective has a percentage, such as "99.9", and the limit as threshold: {atMost: PT4H}'),
        ("time", "PT4H", 'a time objective has a percentage, such as "99.9"; a mean or percentile has a limit'),
        ("time", "99,9", 'write a number in digits with a point, such as "99.9", and no unit or % in it'),
        ("uptime", "PT4H", 'write a number in digits with a point, such as "99.9", and no unit or % in it'),
    ],
)  # fmt: skip
def test_a_target_that_its_measure_cannot_have_is_told_with_what_to_write(measure: str, target: str, rule: str) -> None:
    raw = changed("/objectives/0/target", target)
    raw["objectives"][0]["measure"] = measure
    assert problems_of(raw)["/objectives/0/target"] == rule


def test_a_term_may_be_renewed_for_a_hundred_years() -> None:
    for span in ("P100Y", "P1200M", "P36525D"):
        raw = agreement_dict()
        raw["term"]["renewal"] = {"notice": "P36525D", "for": span}
        assert reading.parse_documents(yaml.safe_dump(raw)), span


def test_a_share_objective_needs_its_threshold() -> None:
    assert "required" in problems_of(changed("/objectives/0/measure", "share"))["/objectives/0/threshold"]


def test_a_procedure_for_disputes_says_whose_turn_it_is_and_until_when() -> None:
    steps: list[dict[str, Any]] = [
        {"by": "both", "answerWithin": "P5D", "otherwise": "upheld"},
        {"by": "both", "otherwise": "next"},
        {"by": "provider", "decideWithin": "P1D", "otherwise": "forum"},
    ]
    raw = agreement_dict(
        disputes={"raiseWithin": "P30D", "days": "business", "calendar": "none", "steps": steps, "forum": "BANI"}
    )
    found = problems_of(raw)
    assert set(found) == {"/disputes/calendar", "/disputes/steps/0/by", "/disputes/steps/1", "/disputes/steps/2/by"}


def test_every_problem_is_told_at_once() -> None:
    raw = changed("/objectives/0/target", 1.5)
    raw["extra"] = 1
    assert {"/objectives/0/target", "/extra"} <= set(problems_of(raw))


BREAKS: dict[str, tuple[str, Any]] = {
    "/metadata/id": ("/metadata/id", "Not An Id"),
    "/term/until": ("/term/until", "2020-01-01"),
    "/term/timeZone": ("/term/timeZone", "Mars"),
    "/services/0/description": ("/services/0/description", {}),
    "/needs/0/servedBy/0": ("/needs/0/servedBy/0", "nothing"),
    "/needs/0/priority": ("/needs/0/priority", "perhaps"),
    "/charges/0/amount": ("/charges/0/amount", "-3"),
    "/objectives/1/target": ("/objectives/1/target", "0"),
    "/objectives/1/unknown": ("/objectives/1/unknown", "perhaps"),
    "/objectives/2/indicator": ("/objectives/2/indicator", "somebody/else"),
    "/objectives/2/credits/tiers/0/below": ("/objectives/2/credits/tiers/0/below", 99.9),
    "/escalation/critical/levels/1/acknowledgeWithin": ("/escalation/critical/levels/1/acknowledgeWithin", "PT0S"),
    "/escalation/critical/levels/0/notify": ("/escalation/critical/levels/0/notify", []),
    "/priorities/P2/escalation": ("/priorities/P2/escalation", "gentle"),
    "/more": ("/more", 1),
}


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(sorted(BREAKS)), min_size=1))
def test_no_broken_rule_hides_another_and_none_is_made_up(broken: set[str]) -> None:
    raw = agreement_dict()
    first = raw["objectives"][0]
    raw["objectives"] = [first, *({**deepcopy(first), "id": f"more-{i}"} for i in range(2))]
    for name in broken:
        path, value = BREAKS[name]
        here: Any = raw
        *parents, last = [int(part) if part.isdigit() else part for part in path.strip("/").split("/")]
        for part in parents:
            here = here[part]
        here[last] = value
    unreadable_term = {"/term/timeZone", "/term/until"} <= broken
    assert set(problems_of(raw)) == broken - ({"/term/until"} if unreadable_term else set())


def test_the_documents_of_a_stream_are_told_apart() -> None:
    good, bad = yaml.safe_dump(agreement_dict()), yaml.safe_dump(agreement_dict(unknown=1))
    with pytest.raises(Invalid) as caught:
        reading.parse_documents(f"{good}---\n{bad}")
    assert [problem.pointer for problem in caught.value.problems] == ["/1/unknown"]


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2", "a: &x [1]\nb: *x", "1: 2", "\x00"])
def test_unreadable_yaml_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        reading.parse_documents(text)


def test_no_document_at_all_is_none() -> None:
    assert reading.parse_documents("") == []


def test_the_hash_is_of_what_is_said_and_not_of_how_it_is_written() -> None:
    text = agreement()
    as_yaml = reading.parse_documents(yaml.safe_dump(agreement_dict(), sort_keys=True))[0]
    as_json = reading.parse_documents(json.dumps(agreement_dict()))[0]
    read_back = texts.Agreement.model_validate(texts.as_text(text))
    assert {texts.text_hash(each) for each in (text, as_yaml, as_json, read_back)} == {texts.text_hash(text)}
    other = agreement(parties={"provider": "nusantara", "customer": "toko-lain"})
    assert texts.text_hash(other) != texts.text_hash(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_a_duration_survives_being_written(duration: timedelta) -> None:
    whole = duration // timedelta(milliseconds=1) * timedelta(milliseconds=1)
    adapter: TypeAdapter[timedelta] = TypeAdapter(texts.Duration)
    assert adapter.validate_python(adapter.dump_python(whole)) == whole


@pytest.mark.parametrize("bad", ["P", "PT", "P1M", "-PT1M", "PT1.5M", "1d", ""])
def test_a_duration_that_has_no_fixed_length_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        TypeAdapter(texts.Duration).validate_python(bad)
