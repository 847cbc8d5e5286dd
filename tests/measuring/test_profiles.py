"""One month under the contract of each house, worked out by hand; the page of profiles shows the same figures."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import pytest
from samples import agreement

from sepakat_metrics import events, profiles
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.events import Fact
from sepakat_metrics.figures import Figure, decimal
from sepakat_metrics.history import History
from sepakat_metrics.profiles import NotApplicable
from sepakat_metrics.terms import Terms
from sepakat_metrics.windows import Interval
from sepakat_shared.calendars import to_ms
from sepakat_shared.contracts.texts import Agreement, Profile

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "profiles.md"
NOVEMBER = to_ms(datetime(2026, 10, 31, 17, tzinfo=UTC))
"""Midnight in Jakarta on the first of November, in ms."""
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
DECEMBER = NOVEMBER + 30 * DAY
INDICATOR = "nusantara/checkout"
MAINTENANCE = {"windows": [{"id": "patch", "start": "2026-11-10T01:00:00+07:00", "duration": "PT8H"}]}


def on(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """An instant of November in Jakarta."""
    return NOVEMBER + (day - 1) * DAY + hour * HOUR + minute * MINUTE + second * SECOND


def text(**changes: Any) -> Agreement:
    objective = {"id": "o", "indicator": INDICATOR, "measure": "time", "target": "99.9",
                 "window": {"calendar": "month"}, **changes}  # fmt: skip
    return agreement(objectives=[objective], needs=[], maintenance=MAINTENANCE)


def history(facts: Iterable[Fact]) -> History:
    made = History()
    for fact in facts:
        made.add(fact)
    return made


def state(at: int, name: str) -> Fact:
    weight = {"up": events.UP, "down": 0, "unknown": None}[name]
    return Fact(INDICATOR, "/probe", f"{at}", at, "state", state=name, weight=weight)


def sample(at: int, good: int, total: int) -> Fact:
    return Fact(INDICATOR, "/gateway", f"{at}", at, "ratio", samples=((at, good, total),))


STATES = [
    state(on(1), "up"),
    state(on(2), "down"), state(on(2, 0, 43), "up"),
    state(on(5, 12, 0, 30), "down"), state(on(5, 12, 0, 34), "up"),
    state(on(10, 2), "down"), state(on(10, 3), "up"),
    state(on(20), "unknown"), state(on(20, 2), "up"),
]  # fmt: skip
"""43 minutes down, 4 seconds down, an hour down within the 8 hours of maintenance, two hours unknown."""


def requests() -> Iterator[Fact]:
    """Ten a minute: none good for 43 minutes, 10 of 1000 bad in a busy minute, half of them bad during maintenance,
    none at all for two hours.
    """
    for at in range(NOVEMBER, DECEMBER, MINUTE):
        if on(2) <= at < on(2, 0, 43):
            yield sample(at, 0, 10)
        elif at == on(5, 12):
            yield sample(at, 990, 1000)
        elif on(10, 1) <= at < on(10, 9):
            yield sample(at, 5, 10)
        elif not on(20) <= at < on(20, 2):
            yield sample(at, 10, 10)


@pytest.fixture(scope="module")
def of_states() -> History:
    return history(STATES)


@pytest.fixture(scope="module")
def of_requests() -> History:
    return history(requests())


def judged(
    agreed: Agreement, known: History, kind: str, profile: str | None = None,
    span: Interval = (NOVEMBER, DECEMBER), as_of: int = DECEMBER,
) -> Figure:  # fmt: skip
    objective = agreed.objectives[0]
    if profile is not None:
        objective = profiles.applied(objective, profile, kind)
    return evaluate(Terms(agreed, objective, None, kind=kind), known, as_of, span)


SECOND_DAY = on(2), on(3)
SECONDS, MINUTES = 30 * 86_400, 30 * 1440
MAINTAINED, UNKNOWN = 480, 120
"""Minutes of each."""

BY_STATES = [
    # 43 min and 4 s, of the month less maintenance and less what is unknown
    (None, Fraction(2584, SECONDS - 60 * (MAINTAINED + UNKNOWN)), False),
    # of the month less maintenance: unknown is up
    ("zabbix", Fraction(2584, SECONDS - 60 * MAINTAINED), False),
    # of the month less what is unknown: maintenance is up
    ("icinga", Fraction(2584, SECONDS - 60 * UNKNOWN), True),
    # minutes of the month that were down as a whole
    ("aws-ec2", Fraction(43, MINUTES), True),
    ("gcp-minutes", Fraction(43, MINUTES), True),
    # the minute that was up for 56 of its 60 seconds is below 95 %
    ("openslo-timeslices", Fraction(44, MINUTES - MAINTAINED - UNKNOWN), False),
    ("openslo-ratio-timeslices", (43 + Fraction(4, 60)) / (MINUTES - MAINTAINED - UNKNOWN), False),
]
BY_REQUESTS = [
    # 43 × 10 and 10 bad, of ten a minute and 990 more
    (None, Fraction(440, 10 * (MINUTES - MAINTAINED - UNKNOWN) + 990), False),
    # eight whole intervals of five minutes, 30 of the 50 requests of the ninth, 10 of the 1040 of the busy one
    ("aws-s3", (8 + Fraction(30, 50) + Fraction(10, 1040)) / (MINUTES // 5), True),
    # 1 % of errors is no downtime
    ("gcp-minutes", Fraction(43, MINUTES), True),
    ("openslo-occurrences", Fraction(440, 10 * (MINUTES - MAINTAINED - UNKNOWN) + 990), False),
    ("openslo-timeslices", Fraction(43, MINUTES - MAINTAINED - UNKNOWN), False),
    ("openslo-ratio-timeslices", (43 + Fraction(10, 1000)) / (MINUTES - MAINTAINED - UNKNOWN), False),
]


@pytest.mark.parametrize(("profile", "lost", "met"), BY_STATES)
def test_a_month_of_states_by_each_house(of_states: History, profile: str | None, lost: Fraction, met: bool) -> None:
    figure = judged(text(), of_states, "state", profile)
    assert (figure.attainment, figure.met) == (1 - lost, met)


@pytest.mark.parametrize(("profile", "lost", "met"), BY_REQUESTS)
def test_a_month_of_requests_by_each_house(
    of_requests: History, profile: str | None, lost: Fraction, met: bool
) -> None:
    figure = judged(text(measure="occurrences"), of_requests, "ratio", profile)
    assert (figure.attainment, figure.met) == (1 - lost, met)


def test_the_page_shows_these_figures() -> None:
    month = PAGE.read_text(encoding="utf-8").partition("## The same month")[2]
    shown = {name: cells for name, *cells in re.findall(r"^\| ([\w` -]+) \| ([^|]+) \| ([^|]+) \|$", month, re.M)}
    columns = [{profile: (lost, met) for profile, lost, met in column} for column in (BY_STATES, BY_REQUESTS)]
    for profile in (None, *profiles.NAMES):
        expected = [_cell(column.get(profile)) for column in columns]
        assert shown["as agreed" if profile is None else f"`{profile}`"] == expected


def _cell(found: tuple[Fraction, bool] | None) -> str:
    if found is None:
        return "-"
    lost, met = found
    return f"{decimal((1 - lost) * 100)} % {'met' if met else 'missed'}"


def test_excluded_time_that_is_removed_and_that_counts_as_up_give_different_verdicts() -> None:
    known = history([state(on(1), "up"), state(on(2), "down"), state(on(2, 0, 43), "up")])
    found = {profile: judged(text(), known, "state", profile) for profile in ("zabbix", "icinga")}
    attained = {profile: decimal(figure.attainment * 100) for profile, figure in found.items()}  # type: ignore[operator]
    assert attained == {"zabbix": "99.8993", "icinga": "99.9005"}
    assert {profile: figure.met for profile, figure in found.items()} == {"zabbix": False, "icinga": True}


def test_before_the_first_state_icinga_counts_nothing_and_zabbix_up() -> None:
    known = history([state(on(11), "up"), state(on(12), "down"), state(on(13), "up")])
    assert judged(text(), known, "state", "icinga").total == 20 * 86_400 + 8 * 3600
    assert judged(text(), known, "state", "zabbix").total == 30 * 86_400 - 8 * 3600


def test_a_day_without_any_request_is_without_an_error_to_s3() -> None:
    figure = judged(text(measure="occurrences"), history([]), "ratio", "aws-s3", SECOND_DAY)
    assert (figure.attainment, figure.coverage) == (1, 0)


def test_the_intervals_of_s3_are_five_minutes_whatever_the_agreement_measures_by(of_requests: History) -> None:
    agreed = text(measure="timeslices", slice="PT1M", sliceTarget="99")
    assert judged(agreed, of_requests, "ratio", "aws-s3", SECOND_DAY).total == 1440 // 5


def test_error_rate_and_shortest_downtime_are_the_agreements_own_by_google(of_requests: History) -> None:
    strict = text(measure="timeslices", slice="PT5M", sliceTarget="99.5")
    assert judged(strict, of_requests, "ratio", "gcp-minutes", (on(5), on(6))).lost == 1
    for shortest, lost in (("PT43M", 43), ("PT44M", 0)):
        agreed = text(measure="occurrences", shortestOutage=shortest)
        assert judged(agreed, of_requests, "ratio", "gcp-minutes", SECOND_DAY).lost == lost


@pytest.mark.parametrize("profile", ["aws-ec2", "gcp-minutes"])
def test_an_outage_over_parts_of_two_minutes_is_none_by_the_minute(profile: str) -> None:
    known = history([state(on(1), "up"), state(on(2, 0, 0, 1), "down"), state(on(2, 0, 1, 59), "up")])
    assert judged(text(), known, "state", profile, SECOND_DAY).lost == 0


def test_slices_are_the_agreements_own_by_openslo(of_requests: History) -> None:
    agreed = text(measure="timeslices", slice="PT1H", sliceTarget="50")
    figure = judged(agreed, of_requests, "ratio", "openslo-timeslices")
    assert (figure.lost, figure.total) == (1, 30 * 24 - 8 - 2)


def test_what_a_house_says_nothing_of_stays_as_agreed(of_states: History) -> None:
    agreed = text(unknown="down", exclusions="count-as-up")
    assert judged(agreed, of_states, "state", "openslo-timeslices", (on(20), on(21))).lost == UNKNOWN
    assert judged(agreed, of_states, "state", "openslo-timeslices", (on(10), on(11))).total == 1440
    assert judged(agreed, of_states, "state", "zabbix").lost == 2584


def test_a_smallest_number_of_events_is_none_of_slices(of_requests: History) -> None:
    agreed = text(measure="occurrences", minimumSample=1_000_000)
    assert judged(agreed, of_requests, "ratio", "aws-s3").enough
    assert not judged(agreed, of_requests, "ratio", "openslo-occurrences").enough


@pytest.mark.parametrize("profile", ["aws-ec2", "gcp-minutes"])
def test_the_budget_is_the_same_all_day_where_exclusions_count_as_up(of_states: History, profile: str) -> None:
    for as_of in (on(10, 0, 30), on(10, 5), on(10, 12), on(11)):
        figure = judged(text(), of_states, "state", profile, (on(10), on(11)), as_of)
        assert figure.budget == Fraction(1440, 1000)


def test_a_profile_that_the_agreement_names_is_the_one_applied(of_states: History) -> None:
    named, other = text(profile="icinga"), text()
    figure = judged(named, of_states, "state")
    assert figure.attainment == judged(other, of_states, "state", "icinga").attainment
    assert (
        judged(named, of_states, "state", "zabbix").attainment == judged(other, of_states, "state", "zabbix").attainment
    )


@pytest.mark.parametrize(
    ("profile", "kind", "words"),
    [
        ("zabbix", "ratio", "objective o: zabbix measures state events, not ratio"),
        ("gcp-minutes", "ticket", "objective o: gcp-minutes measures ratio or state events, not ticket"),
        ("aws-s3", None, "objective o: nothing tells of what kind"),
    ],
)
def test_what_a_house_does_not_measure_is_said(profile: str, kind: str | None, words: str) -> None:
    with pytest.raises(NotApplicable, match=words):
        profiles.applied(text().objectives[0], profile, kind)


def test_a_mean_has_no_percentage_to_measure_by() -> None:
    mean = text(measure="mean", target={"atMost": "PT1H"}, clock={"from": "down", "until": "up"}).objectives[0]
    with pytest.raises(NotApplicable, match="objective o: icinga has a percentage as target, not a limit"):
        profiles.applied(mean, "icinga", "state")


def test_an_agreement_may_name_each_profile_that_there_is() -> None:
    assert get_args(Profile) == profiles.NAMES


@pytest.mark.parametrize("profile", profiles.NAMES)
def test_indicator_target_window_calendar_and_credits_stay(profile: str) -> None:
    objective = agreement().objectives[0].model_copy(update={"target": Decimal("98")})
    kind = "ratio" if profile in ("aws-s3", "openslo-occurrences") else "state"
    under = profiles.applied(objective, profile, kind)
    for name in ("id", "indicator", "target", "window", "calendar", "credits"):
        assert getattr(under, name) == getattr(objective, name)
    assert under.slice is None or under.slice >= timedelta(minutes=1)
