"""Back-tests against cases worked out by hand, and held to what they promise: a target that would have been met."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import agreement, agreement_dict

from sepakat_metrics import backtesting, proposals
from sepakat_metrics.backtesting import Trial, periods_of, strictest
from sepakat_metrics.buckets import Delta
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.figures import shown
from sepakat_metrics.history import History
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.proposals import Backtest, Completed, Failed
from sepakat_metrics.terms import Adjustments, Terms, Unsupported
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import from_ms, to_ms
from sepakat_shared.contracts.agreements import BacktestRequested
from sepakat_shared.contracts.compliance import BacktestCompleted, BacktestedObjective, Credit, Money
from sepakat_shared.contracts.texts import Agreement, Indicator
from sepakat_shared.errors import Invalid

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SEPTEMBER, OCTOBER, NOVEMBER = (to_ms(datetime(2026, month, 1, tzinfo=UTC)) - 7 * HOUR for month in (9, 10, 11))
"""Midnight in Jakarta on the first of each month, in ms."""
CREDITS = {"of": "fee", "tiers": [{"below": "99.9", "percent": "10"}, {"below": "99", "percent": "25.5"}]}


def text(zone: str = "Asia/Jakarta", **changes: Any) -> Agreement:
    base = {"id": "o", "indicator": "nusantara/state", "measure": "time", "target": "99.9",
            "window": {"calendar": "month"}}  # fmt: skip
    term = {"from": "2026-01-01", "until": "2026-12-31", "timeZone": zone}
    return agreement(objectives=[{**base, **changes}], needs=[], term=term)


def indicator(kind: str = "state", **changes: Any) -> Indicator:
    return Indicator.model_validate({"metadata": {"id": "nusantara/state"}, "kindOfEvents": kind, **changes})


def states(*told: tuple[int, str]) -> History:
    weights = {"up": 1_000_000, "down": 0, "unknown": None}
    known = History()
    for at, state in told:
        known.add(Fact("nusantara/state", "/p", str(at), at, "state", state=state, weight=weights[state]))
    return known


def counts(*told: tuple[int, int, int]) -> History:
    known = History()
    for at, good, total in told:
        known.add(Fact("nusantara/state", "/p", str(at), at, "ratio", samples=((at, good, total),)))
    return known


def values(*told: tuple[int, Sequence[int]], thresholds: tuple[int, ...] = ()) -> History:
    """Values in whole ms."""
    known = History()
    known.thresholds = thresholds
    for at, each in told:
        in_micro = tuple(value * 1_000_000 for value in each)
        known.add(Fact("nusantara/state", "/p", str(at), at, "measurement", values=in_micro, unit="ms"))
    return known


def tried(agreed: Agreement, known: History, span: Interval, **more: Any) -> BacktestedObjective:
    more.setdefault("indicator", None)
    trial = Trial(agreed, agreed.objectives[0], span=span, **more)
    for run in trial.runs:
        for _ in trial.judge(known, run):
            pass
    return trial.result()


def totals(result: BacktestedObjective) -> tuple[int, int, int, int, int]:
    assert result.totals is not None
    return (result.totals.periods, result.totals.judged, result.totals.missed, result.totals.unverified,
            result.totals.no_data)  # fmt: skip


# -- which periods -----------------------------------------------------------------------------------------------------


def test_only_whole_calendar_periods_are_judged() -> None:
    [monthly] = text().objectives
    assert list(periods_of(monthly, "Asia/Jakarta", (SEPTEMBER, NOVEMBER))) == [
        (SEPTEMBER, OCTOBER), (OCTOBER, NOVEMBER)
    ]  # fmt: skip
    assert list(periods_of(monthly, "Asia/Jakarta", (SEPTEMBER + 1, NOVEMBER + DAY))) == [(OCTOBER, NOVEMBER)]
    assert list(periods_of(monthly, "Asia/Jakarta", (SEPTEMBER + 1, NOVEMBER - 1))) == []


def test_what_a_target_permits_is_told_in_money_by_the_first_need_with_an_impact() -> None:
    words = {"en": "Shoppers can pay", "id": "Pembeli dapat membayar"}
    needs = [
        {"id": "vague", "statement": words, "priority": "must", "servedBy": ["o"]},
        {"id": "others", "statement": words, "priority": "must", "servedBy": [],
         "impact": {"cost": "1", "currency": "IDR", "per": "PT1S"}},
        {"id": "pay", "statement": words, "priority": "must", "servedBy": ["o"],
         "impact": {"cost": "40000000", "currency": "IDR", "per": "PT1H"}},
    ]  # fmt: skip
    agreed = text().model_copy(update={"needs": agreement(objectives=text().objectives, needs=needs).needs})
    result = tried(agreed, states((SEPTEMBER, "up")), (SEPTEMBER, NOVEMBER), indicator=indicator())
    assert [(each.permitted_loss, each.permitted_cost) for each in result.periods] == [
        ("2592.000", Money(amount="28800000.00", currency="IDR")),
        ("2678.400", Money(amount="29760000.00", currency="IDR")),
    ]
    of_events = text(measure="occurrences").model_copy(update={"needs": agreed.needs})
    told = tried(of_events, counts((SEPTEMBER, 1, 1)), (SEPTEMBER, OCTOBER), indicator=indicator("ratio"))
    assert [each.permitted_cost for each in told.periods] == [None], "events that may fail last no time"


def test_a_day_of_a_clock_change_is_a_period_like_any_other() -> None:
    [daily] = text("Europe/Berlin", window={"calendar": "day"}).objectives
    start = to_ms(datetime(2026, 10, 24, 22, tzinfo=UTC))
    lengths = [b - a for a, b in periods_of(daily, "Europe/Berlin", (start, start + 3 * DAY))]
    assert lengths == [25 * HOUR, DAY]


def test_rolling_windows_follow_each_other_up_to_the_end() -> None:
    [rolling] = text(window={"rolling": "P7D"}).objectives
    end = OCTOBER + 12_345
    assert list(periods_of(rolling, "UTC", (end - 20 * DAY, end))) == [
        (end - 14 * DAY, end - 7 * DAY), (end - 7 * DAY, end)
    ]  # fmt: skip


def test_more_periods_than_one_event_can_tell_are_refused_with_the_rule() -> None:
    agreed = text(window={"rolling": "PT1M"})
    with pytest.raises(Unsupported, match=r"objective o: window: one back-test has room for 2000 periods"):
        Trial(agreed, agreed.objectives[0], indicator(), (SEPTEMBER, NOVEMBER))


# -- figures -----------------------------------------------------------------------------------------------------------


def test_two_months_worked_out_by_hand() -> None:
    known = states((SEPTEMBER, "up"), (OCTOBER + DAY, "down"), (OCTOBER + DAY + 8 * HOUR, "up"))
    result = tried(text(credits=CREDITS), known, (SEPTEMBER, NOVEMBER + HOUR), indicator=indicator())
    good, bad = result.periods
    assert (good.attainment, good.met, good.state, good.coverage) == ("100.0000", True, "met", "100.0000")
    assert (good.start, good.end) == (from_ms(SEPTEMBER), from_ms(OCTOBER))
    # 30 days allow 43 min 12 s, 31 days 44 min 38.4 s; 8 hours of 744 were lost.
    assert (good.permitted_loss, bad.permitted_loss) == ("2592.000", "2678.400")
    assert (good.permitted_cost, bad.permitted_cost) == (None, None), "no need says what it would cost"
    assert (bad.attainment, bad.met, bad.state) == ("98.9247", False, "breached")
    assert bad.budget is not None
    assert (bad.budget.consumed, bad.budget.remaining, bad.budget.unit) == ("28800.0000", "-26121.6000", "seconds")
    assert good.credit == Credit(percent="0", amount="0", currency="IDR")
    assert bad.credit == Credit(percent="25.5", amount="6375000.0", currency="IDR")
    assert totals(result) == (2, 2, 1, 0, 0)
    assert result.totals is not None
    assert result.totals.credits == Money(amount="6375000.0", currency="IDR")
    # One of two is not 95 %: both must be met.
    assert result.totals.strictest_target == "98.9247"
    assert (result.target, result.unit, result.reason) == ("99.9", None, None)


def test_what_was_not_seen_is_neither_met_nor_missed_and_owes_nothing() -> None:
    known = states((SEPTEMBER, "up"), (SEPTEMBER + 20 * DAY, "unknown"), (OCTOBER, "down"), (OCTOBER + DAY, "unknown"))
    result = tried(text(credits=CREDITS), known, (SEPTEMBER - 31 * DAY, NOVEMBER),
                   indicator=indicator(minimumCoverage="90"))  # fmt: skip
    assert [each.state for each in result.periods] == ["no_data", "unverified", "breached"]
    assert [each.met for each in result.periods] == [None, None, False]
    assert [each.credit is None for each in result.periods] == [True, True, False]
    assert totals(result) == (3, 1, 1, 1, 1)
    assert result.totals is not None and result.totals.strictest_target is None


def test_nothing_recorded_gives_no_strictest_target() -> None:
    result = tried(text(), History(), (SEPTEMBER, NOVEMBER))
    assert totals(result) == (2, 0, 0, 0, 2)
    assert result.totals is not None
    assert (result.totals.strictest_target, result.totals.credits) == (None, None)


def test_what_was_agreed_on_since_counts_here_too() -> None:
    known = states((SEPTEMBER, "up"), (SEPTEMBER + DAY, "down"), (SEPTEMBER + DAY + HOUR, "up"))
    excluded = Adjustments(excluded=((SEPTEMBER + DAY, SEPTEMBER + DAY + HOUR),))
    assert tried(text(), known, (SEPTEMBER, OCTOBER)).periods[0].met is False
    assert tried(text(), known, (SEPTEMBER, OCTOBER), adjustments=excluded).periods[0].met is True


def test_a_target_by_cases_is_as_strict_as_the_cases_were_answered() -> None:
    known = History()
    for i in range(8):
        at = SEPTEMBER + i * DAY
        late = 2 * HOUR if i == 3 else HOUR // 2
        for step, when in (("opened", at), ("responded", at + late)):
            known.add(Fact("nusantara/state", "/p", f"{i}{step}", when, "ticket", ticket=f"T-{i}", step=step))
    clock = {"from": "opened", "until": "responded"}
    agreed = text(measure="per-case", target="95", clock=clock, threshold={"atMost": "PT1H"})
    result = tried(agreed, known, (SEPTEMBER, OCTOBER), kind="ticket")
    assert (result.periods[0].attainment, result.periods[0].permitted_loss) == ("87.5000", None)
    assert result.totals is not None and result.totals.strictest_target == "87.5000"
    few = text(measure="per-case", target="95", clock=clock, threshold={"atMost": "PT1H"}, minimumCases=10,
               allowedMisses=1)  # fmt: skip
    strict = tried(few, known, (SEPTEMBER, OCTOBER), kind="ticket").totals
    assert strict is not None and strict.strictest_target == "100.0000", "few cases are judged by allowed misses alone"


# -- the strictest target ----------------------------------------------------------------------------------------------


def test_nineteen_of_twenty_are_enough_and_eighteen_of_nineteen_are_not() -> None:
    def of(good_days: int) -> str | None:
        told = [(SEPTEMBER + day * DAY, 100, 100) for day in range(good_days)]
        known = counts(*told, (SEPTEMBER + good_days * DAY, 1, 2))
        agreed = text(measure="occurrences", window={"calendar": "day"})
        found = tried(agreed, known, (SEPTEMBER, SEPTEMBER + (good_days + 1) * DAY), kind="ratio").totals
        return found and found.strictest_target

    assert (of(19), of(18)) == ("100.0000", "50.0000")


def test_a_percentage_is_rounded_down_so_that_it_is_truly_met() -> None:
    result = tried(text(measure="occurrences"), counts((SEPTEMBER, 2, 3)), (SEPTEMBER, OCTOBER), kind="ratio")
    assert result.totals is not None
    assert (result.periods[0].attainment, result.totals.strictest_target) == ("66.6667", "66.6666")


@pytest.mark.parametrize(
    ("target", "strict"),
    [
        ({"atMost": 1000, "unit": "ms"}, "233.3334"),
        ({"atMost": 1, "unit": "s"}, "0.2334"),
        ({"atMost": "PT1S"}, "0.234"),
        ({"atLeast": 1, "unit": "s"}, "0.2333"),
    ],
)
def test_a_mean_is_rounded_to_the_side_on_which_it_is_met(target: dict[str, Any], strict: str) -> None:
    known = values((SEPTEMBER, [100, 200, 400]))
    result = tried(text(measure="mean", target=target), known, (SEPTEMBER, OCTOBER), kind="measurement")
    assert result.totals is not None and result.totals.strictest_target == strict


def test_a_percentile_names_a_limit_that_all_of_its_bin_keep() -> None:
    agreed = text(measure="percentile", percentile="50", target={"atMost": 200, "unit": "ms"})
    known = values((SEPTEMBER, [100, 250, 300]), thresholds=(200_000_000,))
    result = tried(agreed, known, (SEPTEMBER, OCTOBER), kind="measurement")
    assert result.totals is not None and result.totals.strictest_target is not None
    assert (result.periods[0].met, result.approximate) == (False, False)
    assert 250 <= Decimal(result.totals.strictest_target) <= 250 * Decimal("1.02")
    exact = text(measure="percentile", percentile="50", target={"atMost": 250, "unit": "ms"})
    counted = tried(exact, values((SEPTEMBER, [100, 250, 300]), thresholds=(250_000_000,)), (SEPTEMBER, OCTOBER),
                    kind="measurement")  # fmt: skip
    assert counted.totals is not None
    assert counted.totals.strictest_target == "250.0000", "what was counted at the limit itself has the last word"


Reaches = st.lists(st.tuples(st.fractions(0, 1, max_denominator=20), st.booleans()), max_size=30)


@given(Reaches)
def test_no_target_that_was_reached_is_stricter_and_met_as_well(reached: list[tuple[Fraction, bool]]) -> None:
    def share(target: Fraction) -> Fraction | None:
        met = sum(verified and each >= target for each, verified in reached)
        judged = sum(verified or each < target for each, verified in reached)
        return Fraction(met, judged) if judged else None

    by_hand = [each for each, verified in reached if verified and (share(each) or 0) >= Fraction(95, 100)]
    assert strictest(reached) == max(by_hand, default=None)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=25), st.integers(0, 1000))
def test_tried_again_with_the_strictest_target_it_is_met_and_with_a_stricter_one_it_is_not(
    days: list[tuple[int, bool]], target: int
) -> None:
    """`days` are the minutes down, and whether half of the day is unknown."""
    known = History()
    for i, (down, hidden) in enumerate(days):
        at = SEPTEMBER + i * DAY
        told = [(at, "up"), (at + HOUR, "down"), (at + HOUR + down * MINUTE + i, "up")]
        for when, state in [*told, (at + 8 * HOUR, "unknown")] if hidden else told:
            weight = {"up": 1_000_000, "down": 0, "unknown": None}[state]
            known.add(Fact("nusantara/state", state, str(when), when, "state", state=state, weight=weight))
    span = SEPTEMBER, SEPTEMBER + len(days) * DAY
    of = indicator(minimumCoverage="90")

    def again(target: Decimal) -> BacktestedObjective:
        return tried(text(window={"calendar": "day"}, target=str(target)), known, span, indicator=of)

    found = again(100 - Decimal(target) / 100).totals
    assert found is not None
    if found.strictest_target is None:
        return
    strict = again(Decimal(found.strictest_target)).totals
    assert strict is not None and (strict.judged - strict.missed) * 100 >= 95 * strict.judged > 0
    assert strict.strictest_target == found.strictest_target, "whatever target it was found from"
    if Decimal(found.strictest_target) < 100:
        stricter = again(Decimal(found.strictest_target) + Decimal("0.0001")).totals
        assert stricter is not None and (stricter.judged - stricter.missed) * 100 < 95 * stricter.judged


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.integers(1, 5000), min_size=1, max_size=8), min_size=1, max_size=22),
    st.integers(1, 5000), st.sampled_from(["50", "90", "95"]), st.booleans(),
)  # fmt: skip
def test_the_strictest_limit_of_a_percentile_would_have_been_kept(
    days: list[list[int]], limit: int, percentile: str, counted: bool
) -> None:
    span = SEPTEMBER, SEPTEMBER + len(days) * DAY
    told = [(SEPTEMBER + i * DAY, each) for i, each in enumerate(days)]

    def again(limit: Decimal, exactly: bool) -> BacktestedObjective:
        target = {"atMost": str(limit), "unit": "ms"}
        agreed = text(window={"calendar": "day"}, measure="percentile", percentile=percentile, target=target)
        thresholds = (int(limit * 1_000_000),) if exactly else ()
        return tried(agreed, values(*told, thresholds=thresholds), span, kind="measurement")

    found = again(Decimal(limit), counted).totals
    assert found is not None and found.strictest_target is not None
    for exactly in (True, False):
        strict = again(Decimal(found.strictest_target), exactly).totals
        assert strict is not None and (strict.judged - strict.missed) * 100 >= 95 * strict.judged > 0


# -- from parts of a history -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shortest", [None, "PT6H", "PT8H", "P9D"])
def test_a_month_at_a_time_gives_the_same_as_all_at_once_and_as_the_service_would_have_told(
    shortest: str | None,
) -> None:
    whole = Delta()
    for i in range(400):
        at = SEPTEMBER - 90 * DAY + i * 7 * HOUR
        state, weight = (("up", 1_000_000), ("down", 0))[i % 5 == 0]
        whole.add(Fact("nusantara/state", "/p", str(i), at, "state", state=state, weight=weight))
    days = whole.by_day()
    lasting = {} if shortest is None else {"shortestOutage": shortest}
    agreed, span = text(credits=CREDITS, target="75", **lasting), (SEPTEMBER - 92 * DAY, NOVEMBER)

    def history(first: int, end: int) -> History:
        """As the archive reads it: the days of the span, and the last one before it."""
        known = History()
        held = max((day for day in days if int(day) < first // DAY), default="")
        for day in sorted(days):
            if day == held or first // DAY <= int(day) <= (end - 1) // DAY:
                known.apply(days[day])
        return known

    trial = Trial(agreed, agreed.objectives[0], None, span, kind="state")
    assert len(trial.runs) == 5
    for run in trial.runs:
        for _ in trial.judge(history(trial.since(run) or 0, run[-1][1]), run):
            pass
    everything = history(0, 2**50)
    assert trial.result() == tried(agreed, everything, span, kind="state")
    terms = Terms(agreed, agreed.objectives[0], None, kind="state")
    for period in trial.result().periods:
        told = shown(agreed, evaluate(terms, everything, span[1], (to_ms(period.start), to_ms(period.end))))
        assert (told["attainment"], told["met"], told["credit"]) == (
            period.attainment, period.met, period.credit and period.credit.model_dump()
        )  # fmt: skip


def test_cases_and_means_of_outages_are_judged_from_the_whole_past_others_from_as_far_back_as_figures_ask() -> None:
    def before(kind: str, **changes: Any) -> int | None:
        agreed = text(**changes)
        trial = Trial(agreed, agreed.objectives[0], None, (SEPTEMBER, NOVEMBER), kind=kind)
        since = trial.since(trial.runs[0])
        assert len(trial.runs) == (1 if since is None else 2)
        return None if since is None else SEPTEMBER - since

    clock = {"from": "down", "until": "up"}
    assert before("state") == 3 * DAY
    assert before("state", shortestOutage="PT5M") == 3 * DAY
    assert before("state", shortestOutage="P5D") == 5 * DAY
    assert before("state", measure="mean", target={"atMost": "PT1H"}, clock=clock) is None
    assert before("measurement", measure="mean", target={"atMost": 1, "unit": "ms"}) == 3 * DAY


# -- what cannot be tried ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "of", "error", "says"),
    [
        ({}, {"kind": "ratio"}, Unsupported, "'time' needs state events, but nusantara/state takes ratio"),
        ({"profile": "aws-s3"}, {}, NotApplicable, "aws-s3 measures ratio events, not state"),
        ({"measure": "mean", "target": {"atMost": 1, "unit": "ms"}}, {"kind": "measurement", "unit": "MB"},
         Unsupported, "objective o: target: is in ms, but nusantara/state is measured in MB"),
    ],
)  # fmt: skip
def test_an_objective_that_its_indicator_cannot_answer_says_why(
    changes: dict[str, Any], of: dict[str, Any], error: type[Exception], says: str
) -> None:
    agreed = text(**changes)
    with pytest.raises(error, match=says):
        Trial(agreed, agreed.objectives[0], indicator(**of), (SEPTEMBER, NOVEMBER))
    refused = backtesting.refused(agreed.objectives[0], says)
    assert (refused.objective, refused.reason, refused.periods, refused.totals) == ("o", says, (), None)


def test_the_kind_of_an_unknown_indicator_follows_from_its_data() -> None:
    delta = Delta()
    assert backtesting.kind_of(delta) is None
    delta.add(Fact("nusantara/state", "/p", "1", SEPTEMBER, "measurement", values=(1,), unit="ms"))
    assert backtesting.kind_of(delta) == "measurement"


# -- asking ------------------------------------------------------------------------------------------------------------

NOW = from_ms(NOVEMBER)


def requested(**changes: Any) -> BacktestRequested:
    base = {"backtest": "b1", "agreement": "toko-checkout", "provider": "nusantara", "customer": "toko-maju",
            "text": agreement_dict(), "start": from_ms(SEPTEMBER), "end": from_ms(OCTOBER), "by": "budi-key",
            "at": NOW}  # fmt: skip
    return BacktestRequested.model_validate({**base, **changes})


def kept(**changes: Any) -> Backtest:
    [event] = proposals.request(None, requested(**changes), None, NOW)
    return proposals.apply(None, event)


def test_what_is_asked_twice_is_kept_once_and_ends_once() -> None:
    backtest = kept()
    assert backtest.state == "requested"
    assert proposals.request(backtest, requested(objectives=["other"]), None, NOW) == []
    [failed] = proposals.end(backtest, Failed("b1", "no", NOW))
    over = proposals.apply(backtest, failed)
    assert (over.state, over.reason, over.pending) == ("failed", "no", False)
    assert proposals.end(over, Completed("x", NOW)) == []


def test_history_ends_where_it_was_asked_for() -> None:
    asked = kept(end=from_ms(NOVEMBER + DAY), start="0001-01-01T00:00:00+14:00").asked
    assert (asked.start, asked.end) == (datetime(1970, 1, 1, tzinfo=UTC), NOW)
    _, wanted, span = proposals.proposed(asked)
    assert ([each.id for each in wanted], span) == (["availability"], (0, NOVEMBER))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"text": {"kind": "Agreement"}}, "/text/metadata: Field required"),
        ({"text": agreement_dict(objectives=[])}, "/text/needs/0/servedBy/0: "),
        ({"provider": "stranger"}, "/text/parties: must be 'stranger' and 'toko-maju'"),
        ({"objectives": ["availability", "speed"]}, "/objectives/1: 'speed' is not an objective of the proposed text"),
        ({"end": from_ms(SEPTEMBER)}, "/start: must be before /end"),
        ({"start": NOW + timedelta(days=1), "end": NOW + timedelta(days=9)}, "/start: must be before /end, and in the"),
    ],
)
def test_what_cannot_be_asked_names_the_field_and_the_rule(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid) as refused:
        proposals.proposed(kept(**changes).asked)
    assert refused.value.detail.startswith(says)


def test_what_comes_of_it_is_kept_packed_and_told_whole() -> None:
    whose = {"backtest": "b1", "agreement": "toko-checkout", "provider": "nusantara", "customer": "toko-maju",
             "at": NOW, "start": NOW, "end": NOW}  # fmt: skip
    result = tried(text(window={"calendar": "day"}), states((SEPTEMBER, "up")), (SEPTEMBER, NOVEMBER))
    fact = BacktestCompleted.model_validate({**whose, "objectives": [result]})
    event = Completed(proposals.packed(fact), NOW)
    [message] = proposals.BACKTEST.messages(event, proposals.apply(kept(), event))
    assert (message.key, message.type, message.data) == ("toko-checkout", fact.type, fact.as_json())
    assert len(event.told) < len(json.dumps(fact.as_json())) / 10
    with pytest.raises(Invalid, match="/start: that comes to more than one event can tell"):
        proposals.packed(fact.model_copy(update={"objectives": (result,) * 60}))
