"""Decisions that want the same: what a text has already is wanted no more, and no mistake. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from samples import agreement, agreement_dict

from sepakat_agreements.agreement import Status, Version
from sepakat_agreements.clauses import Change, changed
from sepakat_agreements.drafting import has_all, is_of
from sepakat_agreements.proposal import Proposal
from sepakat_agreements.review import Amendment
from sepakat_agreements.suggesting import Wanted, amendment, completed
from sepakat_shared.contracts import texts
from sepakat_shared.errors import Conflict

NOW = datetime(2026, 4, 6, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 30, 17, tzinfo=UTC)
"""Of the first of July in Jakarta, the day from which the decisions are."""
LATENCY = {
    "indicator": "nusantara/latency", "measure": "percentile", "percentile": "99",
    "target": {"atMost": "1500", "unit": "ms"}, "window": {"calendar": "month"},
}  # fmt: skip


def version(*more: str, proposals: tuple[Proposal, ...] = ()) -> Version:
    """The small agreement with objectives of these names beside its one."""
    objectives = [*agreement_dict()["objectives"], *[{**LATENCY, "id": each} for each in more]]
    return Version(1, texts.as_text(agreement(objectives=objectives)), "h", proposals=proposals)


def retiring(before: Version, *objectives: str) -> Amendment:
    changes, words = amendment(before.text, [Wanted(each, "retire") for each in objectives], "2026-07-01", [])
    return Amendment(tuple(changes), tuple(each.words for each in words))


def beginning(version: Version, at: datetime | None, status: Status = Status.SIGNED) -> Version:
    return replace(version, effective_from=at, status=status)


def proposed(changes: list[Change], outcome: Any = None) -> Proposal:
    return Proposal(
        1, "nusantara", "h", tuple(changes), (), None, "rina", NOW, NOW + timedelta(days=1), outcome=outcome
    )


def test_two_decisions_that_retire_the_same_objective_are_both_done_by_one_version() -> None:
    before, after = version("latency", "speed"), beginning(version("speed"), MIDNIGHT)
    first, second = retiring(before, "latency"), retiring(before, "latency")
    assert not has_all(before, first)
    assert has_all(after, first) and has_all(after, second)


def test_what_another_decision_has_retired_is_left_out_and_the_rest_is_done() -> None:
    before, after = version("latency", "speed"), version("speed")
    both = retiring(before, "latency", "speed")
    left = completed(after.text, both.changes)
    assert [each.clause for each in left] == ["objectives/speed", "amendment"]
    assert [each.id for each in changed(after.text, left).objectives] == ["availability"]


def test_a_proposal_is_known_as_a_decisions_also_without_what_the_text_has_no_more() -> None:
    before, after = version("latency", "speed"), version("speed")
    both = retiring(before, "latency", "speed")
    made = proposed(completed(after.text, both.changes))
    assert is_of(after, made, both)
    assert has_all(version("speed", proposals=(made,)), both)
    assert not is_of(before, made, both), "there it would leave something out"
    assert not is_of(after, proposed([*made.changes, Change("needs/x", "merge", "null")][1:2]), both)
    assert not has_all(version("speed", proposals=(proposed(list(made.changes), "rejected"),)), both)


def test_a_version_that_was_signed_to_begin_later_than_was_decided_is_refused_with_both_days() -> None:
    wanted = retiring(version("latency"), "latency")
    for begins in (MIDNIGHT, MIDNIGHT - timedelta(days=30), MIDNIGHT + timedelta(hours=9)):
        assert has_all(beginning(version(), begins), wanted)
    with pytest.raises(Conflict) as refused:
        has_all(beginning(version(), MIDNIGHT + timedelta(days=31)), wanted)
    [problem] = refused.value.problems
    assert problem.pointer == "/amendment/effectiveFrom"
    assert "from 2026-08-01 on and not from 2026-07-01 on" in problem.rule


def test_a_draft_that_would_begin_later_than_was_decided_is_still_to_be_changed() -> None:
    wanted = retiring(version("latency"), "latency")
    for begins in (None, MIDNIGHT + timedelta(days=31)):
        assert not has_all(beginning(version(), begins, Status.DRAFT), wanted)
    assert has_all(beginning(version(), MIDNIGHT, Status.DRAFT), wanted)


def test_a_decision_that_names_no_day_is_done_by_a_version_of_any() -> None:
    before = version("latency")
    changes, words = amendment(before.text, [Wanted("latency", "retire")], None, [])
    wanted = Amendment(tuple(changes), tuple(each.words for each in words))
    assert has_all(beginning(version(), MIDNIGHT + timedelta(days=31)), wanted)
    assert has_all(beginning(version(), None, Status.DRAFT), wanted)
