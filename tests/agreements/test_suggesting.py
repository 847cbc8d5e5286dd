"""What the past suggests for a target, and what a decision changes in the text: all of it pure."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from samples import agreement, agreement_dict

from sepakat_agreements.clauses import Change, changed
from sepakat_agreements.suggesting import Suggestion, Wanted, amendment, completed, decided, suggestions
from sepakat_shared.contracts import texts
from sepakat_shared.contracts.compliance import (
    BacktestCompleted,
    BacktestedObjective,
    BacktestedPeriod,
    BacktestTotals,
)
from sepakat_shared.errors import Invalid

NOW = datetime(2026, 4, 6, tzinfo=UTC)
TEXT = texts.as_text(agreement())
LATENCY = {
    "id": "latency", "indicator": "nusantara/latency", "measure": "percentile", "percentile": "99",
    "target": {"atMost": "1500", "unit": "ms"}, "window": {"calendar": "month"},
}  # fmt: skip


def tried(reached: list[str], strictest: str | None, **changes: Any) -> BacktestCompleted:
    in_percent = "unit" not in changes
    about: dict[str, Any] = {"objective": "availability", "indicator": "nusantara/x", "target": "99.9", **changes}
    periods = [
        BacktestedPeriod(
            start=NOW, end=NOW, state="met", met=True, attainment=each if in_percent else None,
            value=None if in_percent else each,
        )
        for each in reached
    ]  # fmt: skip
    totals = BacktestTotals(
        periods=len(reached), judged=len(reached), missed=1, unverified=0, no_data=0, strictest_target=strictest
    )
    return BacktestCompleted(
        backtest="b", agreement="toko-checkout", provider="nusantara", customer="toko-maju", at=NOW, start=NOW, end=NOW,
        objectives=(BacktestedObjective(**about, periods=tuple(periods), totals=totals),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reached", "strictest", "suggested", "how", "would_miss"),
    [
        (["99.9700", "99.9650", "99.9500"], "99.9531", "99.95", "tighten", 0),
        (["99.9700", "99.5000", "99.4000"], "99.4987", "99.49", "loosen", 1),
        (["99.9000"], "99.9", "99.9", "keep", 0),
        (["100.0000"], "100", "99.99", "tighten", 0),
    ],
)
def test_a_target_is_suggested_by_what_was_reached(
    reached: list[str], strictest: str, suggested: str, how: str, would_miss: int
) -> None:
    [found] = suggestions(TEXT, tried(reached, strictest))
    assert (found.suggested, found.how, found.would_miss, found.judged) == (suggested, how, would_miss, len(reached))


def test_at_most_is_suggested_from_the_other_side() -> None:
    text = texts.as_text(agreement(objectives=[LATENCY], needs=[]))
    about = {"objective": "latency", "target": "1500", "unit": "ms"}
    [found] = suggestions(text, tried(["900", "1100"], "1100.004", **about))
    assert (found.suggested, found.how, found.would_miss) == ("1100.01", "tighten", 0)
    [eased] = suggestions(text, tried(["900", "1800"], "1700", **about))
    assert (eased.suggested, eased.how, eased.would_miss) == ("1700", "loosen", 1)


def test_nothing_is_suggested_where_nothing_was_judged() -> None:
    [found] = suggestions(TEXT, tried([], None, reason="nothing was recorded"))
    assert (found.suggested, found.how, found.reason) == (None, None, "nothing was recorded")


SUGGESTED = [Suggestion("availability", "99.9", None, "99.95", "tighten", 12, 0, 0)]


def test_a_tightened_target_takes_its_tier_of_credits_along() -> None:
    found, moved = amendment(TEXT, [Wanted("availability", "tighten")], "2026-07-01", SUGGESTED)
    assert {each.clause for each in moved} == {"amendment", "objectives/availability"}
    assert "target of availability: 99.9 % → 99.95 %" in [each.words for each in moved]
    after = changed(TEXT, found)
    objective = after.objectives[0]
    assert str(objective.target) == "99.95" and objective.credits is not None
    assert str(objective.credits.tiers[0].below) == "99.95"


def test_a_target_moves_the_way_that_was_decided() -> None:
    for how, target in (("tighten", "99.5"), ("loosen", "99.99")):
        with pytest.raises(Invalid, match=f"would not {how}"):
            amendment(TEXT, [Wanted("availability", how, target)], None, [])  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="suggests nothing by which to loosen"):
        amendment(TEXT, [Wanted("availability", "loosen")], None, SUGGESTED)
    text = texts.as_text(agreement(objectives=[LATENCY], needs=[]))
    found, _ = amendment(text, [Wanted("latency", "tighten", "1200")], None, [])
    assert changed(text, found).objectives[0].target == texts.Limit(atMost="1200", unit="ms")  # type: ignore[call-arg]


def test_a_retired_objective_takes_its_mentions_along_and_another_one_is_added() -> None:
    added = {**LATENCY, "title": {"en": "Fast", "id": "Cepat"}}
    wanted = [Wanted("availability", "retire"), Wanted("latency", "add", content=json.dumps(added))]
    found, moved = amendment(TEXT, wanted, None, [])
    after = changed(TEXT, completed(TEXT, found))
    assert [each.id for each in after.objectives] == ["latency"] and after.needs[0].served_by == ()
    assert {each.words for each in moved} >= {"objective availability is removed", "objective latency is added"}


def test_what_was_about_retired_objectives_alone_goes_with_them_and_the_parties_read_that() -> None:
    others = [{**LATENCY, "id": id} for id in ("latency", "speed", "uptime")]
    about = {"party": "nusantara", "text": {"en": "A report"}, "within": "P5D"}
    missed = {"event": "target-missed"}
    window = {"start": "2026-02-01T01:00:00+07:00", "duration": "PT2H"}
    text = texts.as_text(agreement(
        objectives=[*agreement_dict()["objectives"], *others],
        needs=[{"id": "sell", "priority": "must", "statement": {"en": "Sell"},
                "servedBy": ["latency", "both", "alone", "availability"]}],
        obligations=[
            {**about, "id": "both", "trigger": {**missed, "objectives": ["latency", "availability"]}},
            {**about, "id": "alone", "trigger": {**missed, "objectives": ["speed", "latency"]}},
            {**about, "id": "any", "trigger": missed},
            {**about, "id": "load", "party": "toko-maju", "every": "P1M", "within": "P5D",
             "unmet": {"pauses": ["speed", "uptime"]}},
        ],
        maintenance={"windows": [
            {**window, "id": "one", "objectives": ["latency", "uptime"]},
            {**window, "id": "two", "objectives": ["speed"]},
            {**window, "id": "all"},
        ]},
        underpinning=[{"agreement": "net", "objectives": ["speed"]}, {"agreement": "dc"}],
    ))  # fmt: skip
    found, moved = amendment(text, [Wanted("latency", "retire"), Wanted("speed", "retire")], None, [])
    after = changed(text, completed(text, found))
    assert [each.id for each in after.objectives] == ["availability", "uptime"]
    assert after.needs[0].served_by == ("both", "availability"), "the obligation that goes serves nothing"
    triggers = {each.id: each.trigger and each.trigger.objectives for each in after.obligations}
    assert triggers == {"both": ("availability",), "any": (), "load": None}
    assert after.obligations[2].unmet is not None and after.obligations[2].unmet.pauses == ("uptime",)
    assert after.maintenance is not None
    assert {each.id: each.objectives for each in after.maintenance.windows} == {"one": ("uptime",), "all": ()}
    assert [(each.agreement, each.objectives) for each in after.underpinning or ()] == [("dc", None)]
    words = [each.words for each in moved]
    assert "obligation alone is removed" in words and "objective speed is removed" in words
    assert any("id two; start" in each and each.startswith("windows of maintenance: ") for each in words)
    assert any("agreement net" in each for each in words)


def test_decisions_that_retire_objectives_neither_undo_each_other_nor_what_was_added_since() -> None:
    window = {"start": "2026-02-01T01:00:00+07:00", "duration": "PT2H"}
    windows: list[Any] = [{**window, "id": "one", "objectives": ["latency", "speed", "availability"]}]
    objectives = [*agreement_dict()["objectives"], {**LATENCY, "id": "latency"}, {**LATENCY, "id": "speed"}]
    need = {"id": "sell", "priority": "must", "statement": {"en": "Sell"}}

    def written(served: list[str], windows: list[Any]) -> dict[str, Any]:
        needs, maintenance = [{**need, "servedBy": served}], {"windows": windows}
        return texts.as_text(agreement(objectives=objectives, needs=needs, maintenance=maintenance))

    text = written(["latency", "speed", "availability"], windows)
    [first], _ = amendment(text, [Wanted("latency", "retire")], None, [])
    [second], _ = amendment(text, [Wanted("speed", "retire")], None, [])
    assert [each.clause for each in (first, second)] == ["objectives/latency", "objectives/speed"]

    later = written(["latency", "speed", "availability"], [*windows, {**window, "id": "two"}])
    after = texts.as_text(changed(later, completed(later, [first])))
    both = changed(after, completed(after, [second]))
    assert [each.id for each in both.objectives] == ["availability"] and both.needs[0].served_by == ("availability",)
    assert both.maintenance is not None
    assert {each.id: each.objectives for each in both.maintenance.windows} == {"one": ("availability",), "two": ()}


def test_what_decisions_of_before_kept_of_other_clauses_gives_way_to_what_follows_now() -> None:
    kept = [Change("objectives/availability", "merge", "null"), Change("maintenance", "merge", '{"windows": []}'),
            Change("amendment", "merge", '{"effectiveFrom": "2026-07-01"}')]  # fmt: skip
    assert decided(kept) == [kept[0], kept[2]]
    added = Wanted("latency", "add", content=json.dumps(LATENCY))
    found, _ = amendment(TEXT, [Wanted("availability", "retire"), added], None, [])
    assert decided(completed(TEXT, found)) == found, "a proposal is known by what was decided"
    assert "maintenance" not in [each.clause for each in completed(TEXT, kept)]


@pytest.mark.parametrize("target", ["NaN", "sNaN", "Infinity", "-NaN"])
def test_a_target_that_is_no_number_is_refused_and_no_failure(target: str) -> None:
    with pytest.raises(Invalid, match=r"^/amendment/objectives/0/target"):
        amendment(TEXT, [Wanted("availability", "tighten", target)], None, [])


def test_what_cannot_be_is_refused_with_its_field() -> None:
    wanted = [Wanted("speed", "retire"), Wanted("availability", "add", content="{}"), Wanted("latency", "add")]
    with pytest.raises(Invalid) as refused:
        amendment(TEXT, wanted, None, [])
    assert [each.pointer for each in refused.value.problems] == [
        "/amendment/objectives/0/objective", "/amendment/objectives/1/objective", "/amendment/objectives/2/content",
    ]  # fmt: skip
    with pytest.raises(Invalid, match="/amendment/objectives/0/content/indicator: "):
        amendment(TEXT, [Wanted("latency", "add", content='{"id": "latency"}')], None, [])
    with pytest.raises(Invalid, match="change nothing"):
        amendment(TEXT, [Wanted("availability", "tighten", "99.9")], None, [])
