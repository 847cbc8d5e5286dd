"""Amendments: which version governs which time, and that each part is judged by itself."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement

from sepakat_metrics.buckets import transition_of
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_metrics.parts import Part, Version, part_at, parts_at, parts_of
from sepakat_metrics.terms import Adjustments, Terms
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts.texts import Indicator

HOUR, DAY = 3_600_000, 86_400_000
NOVEMBER = to_ms(datetime(2026, 11, 1, tzinfo=UTC))
DECEMBER, JANUARY = NOVEMBER + 30 * DAY, NOVEMBER + 61 * DAY
MIDDLE = NOVEMBER + 15 * DAY
OF = "nusantara/checkout-state"


def objective(target: str, **changes: Any) -> dict[str, Any]:
    return {"id": "o", "indicator": OF, "measure": "time", "target": target, "window": {"calendar": "month"}, **changes}


def version(number: int, starts: int, *objectives: dict[str, Any], **changes: Any) -> Version:
    term = {"from": "2026-01-01", "until": "2027-12-31", "timeZone": "UTC"}
    text = agreement(objectives=list(objectives), needs=[], term=term, **changes)
    return Version("toko", number, f"sha256:{number}", starts, text)


def found(part: Part | None) -> tuple[int, tuple[int, int]] | None:
    return None if part is None else (part.version.number, part.period)


FIRST = version(1, NOVEMBER - 300 * DAY, objective("99"))
AT_ONCE = {"amendment": {"takesEffect": "at-once"}}


def test_new_terms_begin_with_the_next_period() -> None:
    versions = [FIRST, version(2, MIDDLE, objective("99.9"))]
    assert found(part_at(versions, "o", MIDDLE + DAY)) == (1, (NOVEMBER, DECEMBER))
    assert found(part_at(versions, "o", DECEMBER)) == (2, (DECEMBER, JANUARY))
    assert found(part_at(versions, "o", DECEMBER - 1)) == (1, (NOVEMBER, DECEMBER))


def test_terms_of_the_first_instant_of_a_period_govern_that_period() -> None:
    assert found(part_at([FIRST, version(2, DECEMBER, objective("99.9"))], "o", DECEMBER)) == (2, (DECEMBER, JANUARY))


def test_at_once_splits_the_period_and_each_part_has_a_budget_of_its_own() -> None:
    versions = [FIRST, version(2, MIDDLE, objective("99.9"), **AT_ONCE)]
    before, after = part_at(versions, "o", MIDDLE - 1), part_at(versions, "o", MIDDLE)
    assert found(before) == (1, (NOVEMBER, MIDDLE))
    assert found(after) == (2, (MIDDLE, DECEMBER))
    known = History()
    for at, state, weight in (
        (NOVEMBER, "up", 1_000_000),
        (MIDDLE - HOUR, "down", 0),
        (MIDDLE + HOUR, "up", 1_000_000),
    ):
        known.states.add(transition_of(Fact(OF, "/p", str(at), at, "state", state=state, weight=weight)))
    budgets = []
    for part in (before, after):
        assert part is not None
        figure = evaluate(Terms(part.version.text, part.objective, None, kind="state"), known, DECEMBER, part.period)
        budgets.append((figure.budget, figure.lost, figure.met))
    assert budgets == [(15 * 864, 3600, True), (15 * 86.4, 3600, False)]


def test_an_objective_that_was_not_changed_is_not_split_and_bears_the_newest_version() -> None:
    other = {**objective("95"), "id": "other"}
    first = version(1, NOVEMBER - 300 * DAY, objective("99"), other)
    versions = [first, version(2, MIDDLE, objective("99.9"), other, **AT_ONCE)]
    assert found(part_at(versions, "other", MIDDLE + DAY)) == (2, (NOVEMBER, DECEMBER))
    assert found(part_at(versions, "o", MIDDLE + DAY)) == (2, (MIDDLE, DECEMBER))


def test_a_month_that_was_over_is_judged_by_the_text_of_its_time_whatever_was_amended_since() -> None:
    """Before, an amended maintenance window or charge changed figures and credits of months that were long closed."""
    patch = {"windows": [{"id": "patch", "start": "2026-11-02T00:00:00Z", "duration": "PT2H"}]}
    first = version(1, NOVEMBER - 300 * DAY, objective("99"), maintenance=patch)
    versions = [first, version(2, DECEMBER + 9 * DAY, objective("99")), version(3, JANUARY, objective("99"))]
    assert found(part_at(versions, "o", MIDDLE)) == (1, (NOVEMBER, DECEMBER))
    assert found(part_at(versions, "o", DECEMBER)) == (2, (DECEMBER, JANUARY))
    assert found(part_at(versions, "o", JANUARY)) == (3, (JANUARY, JANUARY + 31 * DAY))
    assert found(part_before(versions, "o", DECEMBER)) == (1, (NOVEMBER, DECEMBER))
    part = part_at(versions, "o", MIDDLE)
    assert part is not None
    known = History()
    known.states.add(transition_of(Fact(OF, "/p", "1", NOVEMBER, "state", state="up", weight=1_000_000)))
    figure = evaluate(Terms(part.version.text, part.objective, None, kind="state"), known, DECEMBER, part.period)
    assert figure.excluded == 7200


def test_a_version_that_changes_nothing_begins_no_earlier_than_the_terms_that_it_keeps() -> None:
    versions = [FIRST, version(2, MIDDLE, objective("99.9")), version(3, MIDDLE + DAY, objective("99.9"))]
    assert found(part_at(versions, "o", MIDDLE + 2 * DAY)) == (1, (NOVEMBER, DECEMBER))
    assert found(part_at(versions, "o", DECEMBER)) == (3, (DECEMBER, JANUARY))


def test_a_changed_calendar_changes_the_objective() -> None:
    def office(hours: str) -> dict[str, Any]:
        return {"calendars": [{"id": "office", "timeZone": "UTC", "weekly": {"mon-fri": hours}}]}

    versions = [
        version(1, NOVEMBER - 300 * DAY, objective("99", calendar="office"), **office("08:00-17:00")),
        version(2, MIDDLE, objective("99", calendar="office"), **office("07:00-17:00"), **AT_ONCE),
    ]
    assert found(part_at(versions, "o", MIDDLE)) == (2, (MIDDLE, DECEMBER))


def test_a_new_objective_begins_when_its_version_does_and_one_that_is_gone_ends_with_its_period() -> None:
    new = {**objective("95"), "id": "new"}
    versions = [FIRST, version(2, MIDDLE, new)]
    assert part_at(versions, "new", MIDDLE - 1) is None
    assert found(part_at(versions, "new", MIDDLE)) == (2, (MIDDLE, DECEMBER))
    assert found(part_at(versions, "o", DECEMBER - 1)) == (1, (NOVEMBER, DECEMBER))
    assert part_at(versions, "o", DECEMBER) is None


def test_what_comes_back_as_it_was_before_it_ended_is_not_split_even_at_once() -> None:
    other = {**objective("95"), "id": "other"}
    left_out, changed = version(2, MIDDLE - 5 * DAY, other), version(2, MIDDLE - 5 * DAY, objective("99.9"))
    for meanwhile in (left_out, changed):
        versions = [FIRST, meanwhile, version(3, MIDDLE, objective("99"), **AT_ONCE)]
        assert found(part_at(versions, "o", NOVEMBER)) == (3, (NOVEMBER, DECEMBER))
        assert found(part_at(versions, "o", MIDDLE)) == (3, (NOVEMBER, DECEMBER))
        assert found(part_at(versions, "o", DECEMBER)) == (3, (DECEMBER, JANUARY))
        assert found(part_before(versions, "o", NOVEMBER)) == (1, (NOVEMBER - 31 * DAY, NOVEMBER))


def test_a_rolling_window_takes_new_terms_at_once() -> None:
    rolling = {"window": {"rolling": "P7D"}}
    versions = [version(1, NOVEMBER, objective("99", **rolling)), version(2, MIDDLE, objective("99.9", **rolling))]
    assert found(part_at(versions, "o", MIDDLE - 1)) == (1, (MIDDLE - 1 - 7 * DAY, MIDDLE - 1))
    assert found(part_at(versions, "o", MIDDLE)) == (2, (MIDDLE - 7 * DAY, MIDDLE))


def test_a_version_that_is_not_effective_yet_changes_nothing() -> None:
    later = version(2, JANUARY + 5 * DAY, objective("99.9"), **AT_ONCE)
    assert found(part_at([FIRST, later], "o", MIDDLE)) == (1, (NOVEMBER, DECEMBER))


def part_before(versions: list[Version], objective: str, at: int) -> Part | None:
    part, before = parts_at(versions, objective, at)
    assert part == part_at(versions, objective, at)
    return before


def ended(*versions: Version, at: int) -> list[Version]:
    return [replace(each, ends=at) for each in versions]


def test_the_end_of_an_agreement_cuts_its_last_period_and_nothing_comes_after() -> None:
    versions = ended(FIRST, at=MIDDLE)
    assert found(part_at(versions, "o", MIDDLE - 1)) == (1, (NOVEMBER, MIDDLE))
    assert part_at(versions, "o", MIDDLE) is None
    assert found(part_before(versions, "o", MIDDLE)) == (1, (NOVEMBER, MIDDLE))
    assert found(part_before(versions, "o", JANUARY)) == (1, (NOVEMBER, MIDDLE))
    assert found(part_before(versions, "o", MIDDLE - 1)) == (1, (NOVEMBER - 31 * DAY, NOVEMBER))


def test_the_last_period_of_an_objective_that_an_amendment_left_out_is_still_to_be_closed() -> None:
    other = {**objective("95"), "id": "other"}
    first = version(1, NOVEMBER - 300 * DAY, objective("99"), other)
    versions = [first, version(2, MIDDLE, objective("99"))]
    assert found(part_at(versions, "other", DECEMBER - 1)) == (1, (NOVEMBER, DECEMBER))
    assert part_at(versions, "other", DECEMBER) is None
    assert found(part_before(versions, "other", JANUARY)) == (1, (NOVEMBER, DECEMBER))
    assert found(part_before(ended(*versions, at=JANUARY), "other", JANUARY + DAY)) == (1, (NOVEMBER, DECEMBER))
    assert part_before([version(1, NOVEMBER, objective("99"))], "never", JANUARY) is None


def test_before_a_rolling_window_came_what_its_terms_followed() -> None:
    rolling = {**objective("99"), "window": {"rolling": "P7D"}}
    versions = [FIRST, version(2, MIDDLE, rolling)]
    assert found(part_at(versions, "o", DECEMBER + DAY)) == (2, (DECEMBER - 6 * DAY, DECEMBER + DAY))
    assert found(part_before(versions, "o", DECEMBER + DAY)) == (1, (NOVEMBER, DECEMBER))
    assert part_before([version(1, NOVEMBER, rolling)], "o", DECEMBER) is None


def test_all_parts_of_a_split_month_are_found_from_any_of_them() -> None:
    versions = [FIRST, version(2, MIDDLE, objective("99.9"), **AT_ONCE), version(3, DECEMBER - DAY, objective("99.9"))]
    split = [(1, (NOVEMBER, MIDDLE)), (3, (MIDDLE, DECEMBER))]
    for day, expected in ((MIDDLE - 1, split), (MIDDLE, split), (DECEMBER, [(3, (DECEMBER, JANUARY))])):
        part = part_at(versions, "o", day)
        assert part is not None
        assert [found(each) for each in parts_of(versions, part)] == expected
    rolling = part_at([version(1, NOVEMBER, objective("99", window={"rolling": "P7D"}))], "o", MIDDLE)
    assert rolling is not None
    assert parts_of([], rolling) == [rolling]


def by_limit(
    number: int, starts: int, limit: str, target: str = "95", of: dict[str, Any] | None = None, **changes: Any
) -> Version:
    how = {"measure": "per-case", "clock": {"from": "opened", "until": "resolved"}, **(of or {})}
    return version(number, starts, objective(target, threshold={"atMost": limit}, **how), **changes)


def test_cases_know_the_terms_of_before_where_these_judged_them_otherwise() -> None:
    def earlier(versions: list[Version], at: int) -> list[tuple[int, int]]:
        part = part_at(versions, "o", at)
        assert part is not None
        return [(until, each.number) for until, each in part.earlier]

    versions = [
        by_limit(1, NOVEMBER, "PT4H"),
        by_limit(2, MIDDLE, "PT4H"),
        by_limit(3, MIDDLE + DAY, "PT2H", **AT_ONCE),
    ]
    assert earlier(versions, MIDDLE) == []
    assert earlier(versions, MIDDLE + DAY) == [(MIDDLE + DAY, 2)]
    versions.append(by_limit(4, DECEMBER + DAY, "PT1H"))
    assert earlier(versions, JANUARY) == [(MIDDLE + DAY, 2), (JANUARY, 3)]
    work = {"maintenance": {"windows": [{"id": "patch", "start": "2026-12-02T00:00:00Z", "duration": "PT2H"}]}}
    assert earlier([versions[0], by_limit(2, MIDDLE, "PT4H", **work)], DECEMBER) == [(NOVEMBER, 1)]
    assert earlier([FIRST, by_limit(2, MIDDLE, "PT4H")], DECEMBER) == []
    known = part_at(versions, "o", JANUARY)
    assert known is not None
    assert known.is_under_those_of(replace(known, period=(0, 1)))
    assert not known.is_under_those_of(replace(known, earlier=known.earlier[1:]))
    terms = known.terms(None, Adjustments())
    assert [(until, of.clock.limit) for until, of in terms.earlier] == [(MIDDLE + DAY, 4 * HOUR), (JANUARY, 2 * HOUR)]
    # Announced maintenance of another service is taken out.
    other = by_limit(2, MIDDLE, "PT4H", of={"service": "checkout"}, **AT_ONCE)
    assert earlier([versions[0], other], MIDDLE) == [(MIDDLE, 1)]
    # Another target, or a title, judges no case otherwise.
    assert earlier([versions[0], by_limit(2, MIDDLE, "PT4H", target="99", **AT_ONCE)], MIDDLE) == []


def test_what_never_came_into_force_judges_no_case() -> None:
    """Before, what was to begin with the next period judged what was opened until then, though others came first."""
    first, next_month = by_limit(1, NOVEMBER - DAY, "PT4H"), by_limit(2, MIDDLE - DAY, "PT3H")
    overtaken = part_at([first, next_month, by_limit(3, MIDDLE, "PT2H", **AT_ONCE)], "o", MIDDLE)
    replaced = part_at([first, next_month, by_limit(3, MIDDLE, "PT2H")], "o", DECEMBER)
    for part, until in ((overtaken, MIDDLE), (replaced, DECEMBER)):
        assert part is not None
        assert [(begin, each.number) for begin, each in part.earlier] == [(until, 1)]


def test_terms_that_could_not_be_measured_do_not_keep_what_mends_them_from_being_measured() -> None:
    indicator = Indicator.model_validate({"metadata": {"id": OF}, "kindOfEvents": "ticket"})
    of_states = by_limit(1, NOVEMBER, "PT4H", of={"clock": {"from": "down", "until": "up"}})
    part = part_at([of_states, by_limit(2, MIDDLE, "PT4H", **AT_ONCE)], "o", MIDDLE)
    assert part is not None
    assert [each.number for _, each in part.earlier] == [1]
    assert part.terms(indicator, Adjustments()).earlier == ()


# -- whatever is amended -----------------------------------------------------------------------------------------------

MONTHS = [(NOVEMBER, DECEMBER), (DECEMBER, JANUARY), (JANUARY, JANUARY + 31 * DAY)]
AMENDED = st.lists(
    st.tuples(st.integers(0, 91), st.sampled_from([None, "99", "99.9"]), st.booleans()), max_size=4
).map(lambda drawn: sorted(drawn, key=lambda each: each[0]))  # fmt: skip
"""(days since November, the target or None for no such objective, whether at once)."""


def amended(drawn: list[tuple[int, str | None, bool]]) -> list[Version]:
    versions = [FIRST]
    for number, (day, target, at_once) in enumerate(drawn, start=2):
        objectives = [objective(target)] if target else [{**objective("95"), "id": "other"}]
        versions.append(version(number, NOVEMBER + day * DAY, *objectives, **(AT_ONCE if at_once else {})))
    return versions


@given(AMENDED, st.booleans())
@settings(max_examples=200, deadline=None)
def test_parts_never_overlap_and_what_is_over_is_not_changed_by_what_is_signed_later(
    drawn: list[tuple[int, str | None, bool]], cut: bool
) -> None:
    versions = amended(drawn)
    if cut:
        versions = ended(*versions, at=MIDDLE + 20 * DAY)
    for start, end in MONTHS:
        days = range(start, end, DAY)
        parts = [part_at(versions, "o", day) for day in days]
        for day, part in zip(days, parts, strict=True):
            if part is None:
                continue
            assert start <= part.period[0] <= day < part.period[1] <= end
            within = [each for other, each in zip(days, parts, strict=True) if part.period[0] <= other < part.period[1]]
            assert all(each == part for each in within), "all days of a part are of it, and of no other"
        for one, other in pairwise(part for part in parts if part is not None):
            touch = one.period[1] == other.period[0]
            assert not (touch and one.objective == other.objective), "nothing is split under equal terms"
        # What is signed for after this month changes neither its parts nor the texts that they are judged by.
        by_then = [each for each in versions if each.starts < end]
        if not cut:
            assert [part_at(by_then, "o", day) for day in days] == parts
        at_once = [each.starts for each in versions if each.text.amendment is not None]
        if parts[0] is not None and not cut and not any(start < starts < end for starts in at_once):
            assert len({part.period for part in parts if part is not None}) == 1, "nobody agreed to split it"
