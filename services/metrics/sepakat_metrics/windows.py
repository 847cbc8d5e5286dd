"""Periods, schedules and exclusions as half-open intervals of milliseconds, laid out from local dates."""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from sepakat_shared import maintenance as agreed
from sepakat_shared.calendars import Interval, clip, from_ms, in_hours, length, local_midnight, unite, without
from sepakat_shared.contracts.texts import Agreement, Objective, Window
from sepakat_shared.spans import unit_of


def period_of(window: Window, time_zone: str, now: int) -> Interval:
    """The window that holds the instant `now`: a calendar unit in local dates, or the duration that ends there."""
    if window.rolling is not None:
        return now - window.rolling // timedelta(milliseconds=1), now
    zone = ZoneInfo(time_zone)
    first, following = unit_of(window.calendar or "month", from_ms(now).astimezone(zone).date())
    return local_midnight(first, zone), local_midnight(following, zone)


def snapped(intervals: Iterable[Interval]) -> list[Interval]:
    """Whole minutes, outwards: as exclusions over counts begin and end."""
    return unite((start // 60_000 * 60_000, -(-end // 60_000) * 60_000) for start, end in intervals)


def in_schedule(text: Agreement, calendar_id: str, start: int, end: int) -> list[Interval]:
    """The parts of `[start, end)` that count: all of it, or the calendar's service hours."""
    if calendar_id == "24x7":
        return [(start, end)] if start < end else []
    calendar = next(each for each in text.calendars if each.id == calendar_id)
    return in_hours(calendar, start, end)


def maintenance(
    text: Agreement, objective: Objective, start: int, end: int, *, within: Iterable[Interval] = (),
    its_own: Iterable[Interval] = (), beyond: Iterable[Interval] = (),
) -> list[Interval]:  # fmt: skip
    """The maintenance of the objective that is excluded within `[start, end)`, united.

    Of the text's windows and what was announced `within` its allowance, `its_own` among that, as much as the allowance
    leaves, whatever it is of; and all that the customer consented to `beyond` it.
    """
    windows = agreed.windows(text, start, end)
    found = [each for window, each in windows if not window.objectives or objective.id in window.objectives]
    concerned = unite(clip([*found, *its_own], start, end))
    if concerned and agreed.is_bounded(text):
        concerned = without(concerned, without(concerned, agreed.excluded(text, within, start, end)))
    return unite([*concerned, *clip(beyond, start, end)])


__all__ = [
    "Interval", "clip", "in_schedule", "length", "local_midnight", "maintenance", "period_of", "snapped", "unite",
    "without",
]  # fmt: skip
