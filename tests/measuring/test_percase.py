"""Figures of cases that are kept from one look to the next are those of an oracle that looks at every second anew."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from measuring import streams
from measuring.streams import tried
from measuring.test_cases import SECOND, by_seconds, named, told_steps
from samples import agreement

from sepakat_metrics import cases
from sepakat_metrics.cases import Case, Clock, Step
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.history import History
from sepakat_metrics.terms import Adjustments, Terms
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts.texts import Agreement

pytestmark = streams.PATIENCE
STARTS = st.sampled_from(["opened", "opened", "responded"])
STOPS = st.sampled_from(["responded", "restored", "resolved"])


@dataclass(frozen=True)
class Objective:
    start: str
    stop: str
    limit: int
    priority: str | None
    least: int
    misses: int
    target: str
    correction: int

    @property
    def clock(self) -> Clock:
        return Clock(self.start, self.stop, frozenset({"vendor"}), self.limit * SECOND, self.priority)

    @property
    def text(self) -> Agreement:
        clock = {"from": self.start, "until": self.stop, "calendar": "24x7", "pauseWhile": ["vendor"]}
        return agreement(
            needs=[],
            objectives=[{"id": "o", "indicator": "p/i", "measure": "per-case", "clock": clock, "target": self.target,
                         "threshold": {"atMost": f"PT{self.limit}S"}, "window": {"calendar": "month"},
                         "where": {"priority": self.priority} if self.priority else {},
                         "minimumCases": self.least, "allowedMisses": self.misses}],
        )  # fmt: skip


objectives = st.builds(
    Objective, STARTS, STOPS, st.integers(1, 9), st.sampled_from([None, None, "P1"]), st.integers(1, 4),
    st.integers(0, 2), st.sampled_from(["0", "50", "66", "95", "100"]), st.sampled_from([0, 0, 2, -2, 30]),
)  # fmt: skip
looks = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 24), st.integers(0, 12), st.integers(1, 14)), max_size=8)
"""(how many facts came before it, as of when, the period's begin and its length, in seconds)."""


owners = st.fixed_dictionaries({each: st.sampled_from(["", "toko-checkout", "other"]) for each in ("T-1", "T-2")})
"""The agreement that each ticket names."""


def expected(objective: Objective, steps: list[Step], start: int, until: int) -> list[Case]:
    """The cases decided in `[start, until)` seconds as of then, and behind them the open ones."""
    found = []
    for ticket in {each.ticket for each in steps}:
        of_it = [each for each in steps if each.ticket == ticket]
        more = objective.correction if ticket == "T-1" else 0
        case = by_seconds(of_it, objective.clock, lambda _: True, until, more)
        if case is not None and case.started < until * SECOND:
            found.append(case)
    found.sort(key=lambda case: (case.started, case.ticket))
    decided = [case for case in found if case.decided_at is not None]
    within = [case for case in decided if start * SECOND <= (case.decided_at or 0) < until * SECOND]
    return [*within, *(case for case in found if case.decided_at is None)]


@given(st.lists(told_steps, min_size=2, max_size=14), objectives, looks, owners)
@tried(60)
def test_cases_of_a_period_are_what_looking_at_every_second_gives_however_often_one_looks(
    told: list[Step], objective: Objective, looked: list[tuple[int, int, int, int]], of: dict[str, str]
) -> None:
    """Those of tickets that name another agreement are none."""
    text, steps = objective.text, named([*told, Step(0, "a", "", "T-1", "opened", "P1", "")])
    steps = [step._replace(agreement=of[step.ticket]) for step in steps]
    own = [ticket for ticket, agreement in of.items() if agreement != "other"]
    in_force = Adjustments(cases=(("T-1", objective.correction * SECOND),))
    terms, known = Terms(text, text.objectives[0], None, in_force, "ticket"), History()
    heard = 0
    for more, as_of, start, length in [*looked, (len(steps), 24, 0, 24)]:
        for step in steps[heard : heard + more]:
            known.add(fact_of(step))
        heard = min(len(steps), heard + more)
        until = max(start, min(start + length, as_of))
        figure = evaluate(terms, known, as_of * SECOND, (start * SECOND, (start + length) * SECOND))
        wanted = expected(objective, [each for each in steps[:heard] if each.ticket in own], start, until)
        assert list(figure.cases) == wanted
        decided = [case for case in wanted if case.decided_at is not None]
        met = sum(case.met is True for case in decided)
        assert (figure.good, figure.total) == (met, len(decided))
        assert figure.holds == holds(objective, met, len(decided))


@given(st.lists(told_steps, min_size=2, max_size=14), st.lists(objectives, min_size=2, max_size=3),
       st.lists(st.integers(1, 9), min_size=2, max_size=2, unique=True).map(sorted), st.integers(10, 24))  # fmt: skip
@tried(40)
def test_each_case_is_of_one_part_of_an_amended_period_by_the_terms_that_it_began_under(
    told: list[Step], agreed: list[Objective], amended: list[int], as_of: int
) -> None:
    """Before, each part judged it by its own limit: one that the first part's put behind its end, and the second's
    before its begin, was of none; the other way round, of both."""
    steps, known = named([*told, Step(0, "a", "", "T-1", "opened", "P1", "")]), History()
    for step in steps:
        known.add(fact_of(step))
    begins, ends = [0, *amended[: len(agreed) - 1]], [*amended[: len(agreed) - 1], 24]
    in_force = Adjustments(cases=(("T-1", agreed[0].correction * SECOND),))
    made: list[Terms] = []
    counted: list[Case] = []
    for i, (start, end) in enumerate(zip(begins, ends, strict=True)):
        earlier = tuple(zip((each * SECOND for each in ends), made, strict=False))
        made.append(Terms(agreed[i].text, agreed[i].text.objectives[0], None, in_force, "ticket", earlier))
        figure = evaluate(made[-1], known, as_of * SECOND, (start * SECOND, end * SECOND))
        decided = [case for case in figure.cases if case.decided_at is not None]
        assert decided == begun_under(agreed[: i + 1], ends, steps, start, min(end, as_of), agreed[0].correction)
        counted += decided
    if len({objective.start for objective in agreed}) > 1:
        return  # a ticket that another fact begins was perhaps none of the earlier terms', and too early for the later
    voided = {each.ticket for each in steps if each.fact in ("reopened", "cancelled")}
    once = begun_under(agreed, ends, steps, 0, as_of, agreed[0].correction)
    assert verdicts_but(voided, counted) == verdicts_but(voided, once)


def verdicts_but(voided: set[str], decided: list[Case]) -> list[tuple[str, int | None, bool | None]]:
    return sorted((each.ticket, each.decided_at, each.met) for each in decided if each.ticket not in voided)


def begun_under(
    agreed: list[Objective], ends: list[int], steps: list[Step], start: int, until: int, more: int
) -> list[Case]:
    """The cases decided in `[start, until)` seconds as of then, each by the objective in force when its clock began."""
    found = []
    for ticket in {each.ticket for each in steps}:
        of_it = [each for each in steps if each.ticket == ticket]
        governing, ended = agreed[-1], None
        for objective, end in zip(agreed[:-1], ends, strict=False):
            if any(each.fact == objective.start and each.at < end * SECOND for each in of_it):
                governing, ended = objective, end * SECOND
                break
        case = by_seconds(of_it, governing.clock, lambda _: True, until, more if ticket == "T-1" else 0)
        if case is not None and start * SECOND <= (-1 if case.decided_at is None else case.decided_at) < until * SECOND:
            found.append(replace(case, agreed_until=ended))
    return sorted(found, key=lambda case: (case.started, case.ticket))


def test_a_limit_used_up_at_the_last_closing_time_of_a_month_is_of_the_month_that_decides_it() -> None:
    """It was of none: the one said at its end that the case is open, the next one that it was decided before."""
    first, last, day = (to_ms(datetime(2026, *date, tzinfo=UTC)) for date in ((11, 1), (12, 31), (11, 30)))
    december, hour = day + 86_400_000, 3_600_000
    text = agreement(
        needs=[], calendars=[{"id": "office", "timeZone": "UTC", "weekly": {"mon-fri": "08:00-17:00"}}],
        objectives=[{"id": "o", "indicator": "p/i", "measure": "per-case", "target": "95",
                     "clock": {"from": "opened", "until": "resolved", "calendar": "office"},
                     "threshold": {"atMost": "PT9H"}, "window": {"calendar": "month"}}],
    )  # fmt: skip
    for stopped, of_each in ((23, [(1, 1), (0, 0)]), (31, [(0, 0), (1, 1)]), (33, [(0, 0), (0, 1)])):
        terms, known = Terms(text, text.objectives[0], None, kind="ticket"), History()
        known.add(fact_of(Step(day + 6 * hour, "/desk", "1", "T-1", "opened", "P1", "")))
        known.add(fact_of(Step(day + stopped * hour, "/desk", "2", "T-1", "resolved", "", "")))
        figures = [evaluate(terms, known, last, period) for period in ((first, december), (december, last))]
        assert [(figure.good, figure.total) for figure in figures] == of_each


def holds(objective: Objective, met: int, total: int) -> bool | None:
    if not total:
        return None
    if total < objective.least:
        return total - met <= objective.misses
    return Fraction(met, total) * 100 >= Fraction(objective.target)


def fact_of(step: Step) -> Fact:
    return Fact("p/i", step.source, step.id, step.at, "ticket", ticket=step.ticket, step=step.fact,
                priority=step.priority, reason=step.reason, agreement=step.agreement)  # fmt: skip


def test_what_is_over_is_not_gone_through_again(monkeypatch: Any) -> None:
    """Of two hundred tickets that were resolved, none is judged again because another one comes."""
    objective = Objective("opened", "resolved", 9, None, 1, 0, "95", 0)
    text, known = objective.text, History()
    terms = Terms(text, text.objectives[0], None, kind="ticket")
    for i in range(200):
        for at, fact in ((i, "opened"), (i + 5, "resolved")):
            known.add(fact_of(Step(at * SECOND, "/desk", f"{i}-{fact}", f"T-{i:03d}", fact, "P1", "")))
    period = (150 * SECOND, 400 * SECOND)
    assert evaluate(terms, known, 300 * SECOND, period).total == 55
    judged: list[object] = []
    judge = cases.cases
    monkeypatch.setattr(cases, "cases", lambda *given: judged.append(given) or judge(*given))
    known.add(fact_of(Step(301 * SECOND, "/desk", "new", "T-new", "opened", "P1", "")))
    assert evaluate(terms, known, 302 * SECOND, period).total == 55
    assert len(judged) == 1
    known.add(fact_of(Step(303 * SECOND, "/desk", "again", "T-199", "reopened", "P1", "")))
    figure = evaluate(terms, known, 304 * SECOND, period)
    assert (figure.total, len(judged)) == (54, 3)
    assert [case.ticket for case in figure.cases if case.decided_at is None] == ["T-199", "T-new"]
