"""What an indicator takes, by its text and by what its measurements are compared with."""

import pytest

from sepakat_metrics.events import BadEvent, Fact
from sepakat_metrics.feeds import Asked, Feed, check
from sepakat_shared.contracts.texts import Indicator


def latency(**changes: str) -> Indicator:
    return Indicator.model_validate(
        {"metadata": {"id": "nusantara/latency"}, "kindOfEvents": "measurement", **changes}
    )  # fmt: skip


def measured(unit: str) -> Fact:
    return Fact("nusantara/latency", "/probe", "e1", 0, "measurement", values=(5_000_000,), unit=unit)


MS, ANY, BOTH = Asked(units=frozenset({"ms"})), Asked(), Asked(units=frozenset({"ms", "MB"}))


@pytest.mark.parametrize(
    ("indicator", "asked", "says"),
    [(latency(), MS, "data.unit: nusantara/latency is measured in ms"),
     (latency(unit="s"), ANY, "data.unit: nusantara/latency is measured in s"),
        (latency(), BOTH, "data.unit: nusantara/latency is measured in MB and ms, by different objectives")],
)  # fmt: skip
def test_a_measurement_in_another_unit_is_refused_not_compared(indicator: Indicator, asked: Asked, says: str) -> None:
    assert not Feed(indicator, 0, asked, None).takes(measured("MB"), 0)
    with pytest.raises(BadEvent, match=says):
        check(measured("MB"), indicator, asked)


@pytest.mark.parametrize(
    ("indicator", "asked", "unit"),
    [(latency(), MS, "ms"), (latency(), ANY, "MB"), (latency(unit="s"), MS, "ms"),
     (latency(unit="MB"), BOTH, "MB")],
)  # fmt: skip
def test_a_measurement_in_its_unit_is_taken(indicator: Indicator, asked: Asked, unit: str) -> None:
    assert Feed(indicator, 0, asked, None).takes(measured(unit), 0)
    check(measured(unit), indicator, asked)


def by_columns(minutes: int) -> Fact:
    instants = tuple(i * 60_000 for i in range(minutes))
    values = (5_000_000,) * minutes
    return Fact("nusantara/latency", "/gateway", "e1", 0, "measurement", values=values, unit="ms", instants=instants)


@pytest.mark.parametrize(("thresholds", "days"), [(1, 31), (5, 15)])
def test_columns_are_taken_as_far_as_they_are_stored_at_once(thresholds: int, days: int) -> None:
    asked = Asked(tuple(range(1, thresholds + 1)), frozenset({"ms"}))
    feed = Feed(latency(), 0, asked, None)
    taken = by_columns(days * 1440)
    assert feed.takes(taken, 0)
    check(taken, latency(), asked)
    more = asked._replace(thresholds=tuple(range(1, 2 * thresholds + 1)))
    assert not Feed(latency(), 0, more, None).takes(taken, 0)
    rule = rf"data.columns.offset: is of {days * 1440} minutes, each compared with {2 * thresholds} thresholds"
    with pytest.raises(BadEvent, match=rule):
        check(taken, latency(), more)
