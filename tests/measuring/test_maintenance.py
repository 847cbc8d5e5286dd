"""Maintenance in figures: the windows of the text and what was announced, as far as allowance and consent go."""

from datetime import timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from measuring.test_adjusting import DECEMBER, HOUR, NOVEMBER, history
from samples import agreement

from sepakat_metrics import announced as domain
from sepakat_metrics.announced import Announcement, Heard, Span
from sepakat_metrics.evaluation import evaluate
from sepakat_metrics.terms import Adjustments, Announced, Terms
from sepakat_shared.calendars import from_ms
from sepakat_shared.recurrence import occurrences

DAY = 24 * HOUR
UP = 1_000_000
KNOWN = history((NOVEMBER, "up", UP), (NOVEMBER + DAY, "down", 0), (NOVEMBER + DAY + 6 * HOUR, "up", UP))
"""Down for six hours, the second day long."""
AT = from_ms(NOVEMBER)


def lost(*announced: Announced, objective: str = "availability", **maintenance: Any) -> Fraction:
    """Hours lost in November."""
    known = agreement()
    other = {**known.objectives[0].model_dump(mode="json", by_alias=True, exclude_none=True), "id": "other"}
    objectives = [known.objectives[0].model_dump(mode="json", by_alias=True, exclude_none=True), other]
    text = agreement(maintenance=maintenance, objectives=objectives)
    found = next(each for each in text.objectives if each.id == objective)
    terms = Terms(text, found, None, Adjustments(announced=tuple(sorted(announced))), kind="state")
    return evaluate(terms, KNOWN, DECEMBER, (NOVEMBER, DECEMBER)).lost / 3600


def work(begins: float, ends: float, **more: Any) -> Announced:
    """On the second day, from that hour until that hour."""
    return Announced(NOVEMBER + DAY + int(begins * HOUR), NOVEMBER + DAY + int(ends * HOUR), **more)


FOUR_A_MONTH = {"max": "PT4H", "per": "month"}


def test_announced_maintenance_is_excluded_like_a_window_of_the_text() -> None:
    assert lost() == 6
    assert lost(work(1, 3)) == 4
    assert lost(work(1, 3), work(2, 5)) == 2, "together, and not twice"


def test_it_is_of_what_is_named() -> None:
    for named, others in (({"objectives": ("availability",)}, 6), ({"services": ("checkout",)}, 4)):
        assert lost(work(1, 3, **named)) == 4
        assert lost(work(1, 3, **named), objective="other") == others
    assert lost(work(1, 3, services=("elsewhere",))) == 6


def test_what_goes_beyond_the_allowance_counts_in_the_order_of_time() -> None:
    assert lost(work(0, 3), work(3.5, 6), allowance=FOUR_A_MONTH) == 2
    assert lost(work(0, 6), allowance={**FOUR_A_MONTH, "excess": "exclude"}) == 0
    assert lost(work(-48, -47), work(0, 6), allowance=FOUR_A_MONTH) == 2, "of another month"
    assert lost(work(-20, -18), work(0, 6), allowance=FOUR_A_MONTH) == 4


def test_the_windows_of_the_text_use_up_the_same_allowance() -> None:
    windows = [{"id": "w", "start": from_ms(NOVEMBER + HOUR).isoformat(), "duration": "PT3H"}]
    assert lost(work(0, 6), allowance=FOUR_A_MONTH, windows=windows) == 5
    long = [{"id": "w", "start": from_ms(NOVEMBER + DAY).isoformat(), "duration": "PT6H"}]
    assert lost(allowance=FOUR_A_MONTH, windows=long) == 2, "also where nothing is announced"


def test_what_others_are_maintained_in_uses_up_the_allowance_too() -> None:
    assert lost(work(-3, 0, objectives=("other",)), work(0, 6), allowance=FOUR_A_MONTH) == 5


def test_what_the_customer_consented_to_beyond_it_is_excluded_and_uses_up_nothing() -> None:
    consented = work(0, 5, beyond_allowance=True)
    assert lost(consented, allowance=FOUR_A_MONTH) == 1
    assert lost(consented, work(5, 6), allowance={"max": "PT1H", "per": "month"}) == 0


def test_an_allowance_of_each_day_begins_anew_at_midnight_of_the_term() -> None:
    # Midnight in Jakarta is where the second day begins.
    assert lost(work(-2, 6), allowance={"max": "PT2H", "per": "day"}) == 4


def test_a_window_of_the_text_is_none_on_a_day_without_maintenance() -> None:
    windows = [{"id": "w", "start": from_ms(NOVEMBER + DAY - HOUR).isoformat(), "duration": "PT3H"}]
    assert lost(windows=windows) == 4
    assert lost(windows=windows, freezes=[{"from": "2026-11-02", "until": "2026-11-02"}]) == 6
    assert lost(work(0, 2), freezes=[{"from": "2026-11-02", "until": "2026-11-02"}]) == 4, "consented to, then"


# -- what is heard of it -----------------------------------------------------------------------------------------------


def heard(revision: int, *hours: tuple[float, float], told: str = "sepakat.maintenance.announced.v1") -> Heard:
    spans = tuple(Span(AT + timedelta(hours=a), AT + timedelta(hours=b)) for a, b in hours)
    return Heard("toko-checkout", "m1", "nusantara", "toko-maju", (), (), revision, told, spans)


def after(known: Announcement | None, *events: Any) -> Announcement:
    for event in events:
        known = domain.apply(known, event)
    assert known is not None
    return known


def applied(known: Announcement) -> Announcement:
    return after(known, *domain.mark_applied(known, known, AT))


def test_a_later_telling_takes_the_place_of_those_before_and_an_earlier_one_of_none() -> None:
    first = after(None, *domain.hear(None, heard(1, (1, 2))))
    assert domain.hear(first, heard(1, (1, 2))) == []
    second = after(first, *domain.hear(first, heard(3, (1, 1.5))))
    assert domain.hear(second, heard(2, (4, 5))) == []
    assert [each.end - each.start for each in second.after] == [HOUR // 2]


def test_what_is_touched_is_what_differs_and_is_over_and_with_an_allowance_its_whole_unit() -> None:
    moved = after(applied(after(None, heard(1, (1, 2)))), heard(2, (5, 6)))
    assert moved.difference == [(NOVEMBER + HOUR, NOVEMBER + 2 * HOUR), (NOVEMBER + 5 * HOUR, NOVEMBER + 6 * HOUR)]
    now = NOVEMBER + 5 * HOUR + 1
    free, bound = agreement(maintenance={"notice": "P1D"}), agreement(maintenance={"allowance": FOUR_A_MONTH})
    assert domain.touched([free], moved.difference, now) == [
        (NOVEMBER + HOUR, NOVEMBER + 2 * HOUR), (NOVEMBER + 5 * HOUR, now)
    ]  # fmt: skip
    assert domain.touched([free, bound], moved.difference, now) == [(NOVEMBER, now)]
    assert domain.touched([free], moved.difference, NOVEMBER) == [], "what is still to come touches nothing"


def test_it_is_judged_again_for_as_long_as_it_is_not_applied() -> None:
    first = after(None, heard(1, (1, 2)))
    assert not first.is_applied and applied(first).is_applied
    # While periods are judged by the first telling there comes a second, which takes it back.
    second = after(first, heard(2))
    half = after(second, *domain.mark_applied(second, first, AT))
    assert not half.is_applied, "some may have been judged by the first"
    assert half.difference == [(NOVEMBER + HOUR, NOVEMBER + 2 * HOUR)]
    assert applied(half).is_applied and applied(half).after == ()
    assert domain.mark_applied(applied(half), half, AT) == []
    # Whoever is slow may have told of the first after that.
    slow = after(applied(half), *domain.mark_applied(applied(half), first, AT))
    assert not slow.is_applied and applied(slow).is_applied


def test_nothing_that_only_reminds_is_judged_again() -> None:
    known = applied(after(None, heard(1, (1, 2))))
    assert after(known, heard(2, (1, 2))).is_applied


@pytest.mark.parametrize(
    "rule", ["FREQ=MONTHLY;BYDAY=1SUN", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;UNTIL=20260231"]
)
def test_a_window_that_was_signed_with_a_rule_that_nobody_can_lay_out_excludes_nothing(rule: str) -> None:
    good = {"id": "good", "start": from_ms(NOVEMBER + DAY).isoformat(), "duration": "PT2H"}
    bad = {"id": "bad", "start": from_ms(NOVEMBER).isoformat(), "duration": "PT24H", "rrule": rule}
    assert lost(windows=[bad, good]) == 4
    with pytest.raises(ValueError):
        list(occurrences(from_ms(NOVEMBER), timedelta(hours=1), rule, ZoneInfo("UTC"), NOVEMBER, DECEMBER))
