"""Clauses by their addresses, what a change makes of them, and what is different then, in words."""

import json
from typing import Any

import pytest
from agreements.test_agreement import text
from samples import agreement_dict

from sepakat_agreements.clauses import LISTED, Change, changed, clauses, merged
from sepakat_agreements.difference import differences, in_words
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Invalid


def merge(clause: str, content: Any) -> Change:
    return Change(clause, "merge", json.dumps(content))


def patch(clause: str, *operations: Any) -> Change:
    return Change(clause, "patch", json.dumps(operations))


def words(*changes: Change, **of: Any) -> list[str]:
    before = texts.as_text(text(**of))
    return [each.words for each in differences(before, texts.as_text(changed(before, changes)))]


# The examples of RFC 7396, appendix A.
@pytest.mark.parametrize(
    ("content", "given", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_is_as_its_standard_says_and_changes_nothing_that_it_was_given(
    content: Any, given: Any, result: Any
) -> None:
    before = json.dumps([content, given])
    assert merged(content, given) == result
    assert json.dumps([content, given]) == before


def test_every_part_of_a_text_is_a_clause_but_its_parties() -> None:
    found = clauses(agreement_dict())
    assert list(found) == ["metadata", "signatories", "term", "charges/fee", "services/checkout",
                           "needs/sell-all-day", "objectives/availability", "priorities",
                           "escalation/critical"]  # fmt: skip


def test_differences_are_told_in_words_of_the_field() -> None:
    assert words(merge("objectives/availability", {"target": "99.95"})) == [
        "target of availability: 99.9 % → 99.95 %"
    ]  # fmt: skip
    assert words(merge("objectives/availability", {"credits": {"claimWithin": "P60D"}})) == [
        "claim within of credits of availability: nothing → 60 days"
    ]  # fmt: skip
    tier = {"op": "replace", "path": "/credits/tiers/0/percent", "value": "12"}
    assert words(patch("objectives/availability", tier)) == [
        "percent of tier 1 of credits of availability: 10 % → 12 %"
    ]
    assert words(merge("needs/sell-all-day", {"statement": {"en": "Always"}})) == [
        "statement (en) of sell-all-day: Shoppers can pay at any time → Always"
    ]
    level = {"op": "replace", "path": "/levels/1/acknowledgeWithin", "value": "PT1H"}
    assert words(patch("escalation/critical", level)) == [
        "acknowledge within of level 2 of critical: 30 minutes → 1 hour"
    ]
    assert words(merge("term", {"until": "2027-06-30"})) == ["until of term: 2026-12-31 → 2027-06-30"]


def test_differences_are_told_in_indonesian_too() -> None:
    def said(*changes: Any) -> list[str]:
        before = texts.as_text(text())
        return [in_words(each, "id") for each in differences(before, texts.as_text(changed(before, changes)))]

    assert said(merge("objectives/availability", {"target": "99.95"})) == ["target pada availability: 99,9 % → 99,95 %"]
    assert said(merge("objectives/availability", {"credits": {"claimWithin": "P60D"}})) == [
        "batas waktu klaim pada kredit layanan pada availability: tidak ada → 60 hari"
    ]
    level = {"op": "replace", "path": "/levels/1/acknowledgeWithin", "value": "PT1H"}
    assert said(patch("escalation/critical", level)) == [
        "batas waktu penerimaan pada tingkat 2 pada critical: 30 menit → 1 jam"
    ]
    assert said(merge("term", {"until": "2027-06-30"})) == ["sampai pada jangka waktu: 2026-12-31 → 2027-06-30"]
    assert said(merge("charges/fee", None), merge("objectives/availability", {"credits": None}))[0] == (
        "biaya fee dihapus"
    )
    assert said(merge("creditRules", {"mode": "on-claim"})) == [
        "aturan kredit ditambahkan: cara atas klaim; gangguan yang sama yang tertinggi"
    ]


def test_what_is_told_in_english_from_a_kept_difference_is_what_was_kept() -> None:
    before = texts.as_text(text())
    tier = {"op": "replace", "path": "/credits/tiers/0/percent", "value": "12"}
    changes = [patch("objectives/availability", tier), merge("needs/sell-all-day", {"statement": {"en": "Always"}})]
    found = differences(before, texts.as_text(changed(before, changes)))
    assert [in_words(each, "en") for each in found] == [each.words for each in found]


def test_clauses_come_and_go() -> None:
    duty = {"party": "nusantara", "text": {"en": "Daily backup"}}
    assert words(merge("obligations/backups", duty)) == ["obligation backups is added"]
    assert words(merge("charges/fee", None), merge("objectives/availability", {"credits": None})) == [
        "charge fee is removed",
        "credits of availability: of fee; tiers below 99.9 %; percent 10 % → nothing",
    ]
    assert words(merge("creditRules", {"mode": "on-claim"})) == [
        "credit rules is added: mode on claim; same outage the highest"
    ]
    at_once = {"effectiveFrom": "2026-12-15", "takesEffect": "at-once"}
    assert words(merge("amendment", at_once)) == ["amendment is added: effective from 2026-12-15; takes effect at once"]
    assert words(merge("creditRules", None), creditRules={"mode": "on-claim"}) == ["credit rules is removed"]
    level = {"levels": [{"notify": ["rina"], "acknowledgeWithin": "PT1H"}]}
    assert words(merge("escalation/normal", level)) == ["escalation policy normal is added"]
    both = {"critical": level, "normal": level}
    assert words(merge("escalation/normal", None), escalation=both) == ["escalation policy normal is removed"]


def test_a_clause_that_is_a_list_is_told_by_the_place_of_its_part() -> None:
    lists = {field.alias for field in texts.Agreement.model_fields.values() if "tuple" in str(field.annotation)}
    assert lists - set(LISTED) == {"signatories", "underpinning"}, (
        "every other list has an address for each of its parts"
    )
    first, second = texts.as_text(text())["signatories"]
    moved = [first, {**second, "contact": "sari", "key": "ed25519:AAAA"}]
    assert words(merge("signatories", moved)) == [
        "contact of signatory 2: budi → sari", f"key of signatory 2: {second['key']} → ed25519:AAAA"]  # fmt: skip
    for others in ([first], [first, second, second | {"contact": "sari"}]):
        (told,) = words(merge("signatories", others))
        assert told.startswith("signatories: party nusantara; contact rina; key "), told
    rests = [{"agreement": "hosting", "by": ["uptime"]}]
    assert words(merge("underpinning", [{"agreement": "hosting-2027", "by": ["uptime"]}]), underpinning=rests) == [
        "agreement of underpinning agreement 1: hosting → hosting-2027",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ([merge("parties", {"provider": "x"})], ["/changes/0/clause"]),
        ([merge("objectives", []), merge("term/x", {})], ["/changes/0/clause", "/changes/1/clause"]),
        ([merge("objectives/gone", None)], ["/changes/0/clause"]),
        ([patch("objectives/gone", {"op": "remove", "path": "/target"})], ["/changes/0/clause"]),
        ([patch("objectives/availability", {"op": "test", "path": "/target", "value": "1"})], ["/changes/0/patch"]),
        ([patch("objectives/availability", {"op": "remove", "path": "/nothing"})], ["/changes/0/patch"]),
        ([patch("objectives/availability", {"op": "replace", "path": "", "value": 1})], ["/changes/0/patch"]),
        ([merge("objectives/availability", {"id": "other"})], ["/changes/0/merge"]),
        ([merge("objectives/availability", {"target": 99.95})], ["/changes/0/merge/target"]),
        ([merge("objectives/availability", {"calendar": "office"})], ["/changes/0/merge/calendar"]),
        (
            [merge("term", {"until": "2020-01-01"}), merge("objectives/availability", {"target": "120"})],
            ["/changes/1/merge/target", "/changes/0/merge/until"],
        ),
        ([merge("objectives/availability", None)], ["/changes"]),
        ([merge("metadata", {"id": "other"})], ["/changes"]),
        ([merge("services/checkout", {"description": {"en": "x" * 600_000}})], ["/changes"]),
    ],
)
def test_what_breaks_a_rule_is_refused_by_the_field_that_was_sent(changes: list[Change], pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        changed(texts.as_text(text()), changes)
    assert [each.pointer for each in refused.value.problems] == pointers
