"""The maintenance that a text agrees on, laid out in one place: what is announced and what is excluded follow from the
same windows, the same days without any, and the same allowance. Half-open intervals of milliseconds. Pure."""

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sepakat_shared.calendars import Interval, clip, from_ms, local_midnight, unite, without
from sepakat_shared.contracts.texts import Agreement, MaintenanceWindow
from sepakat_shared.recurrence import occurrences
from sepakat_shared.spans import unit_of

_log = logging.getLogger(__name__)


def windows(text: Agreement, start: int, end: int) -> Iterator[tuple[MaintenanceWindow, Interval]]:
    """The windows of the text that touch `[start, end)`, uncut, but for the days without maintenance.

    A window whose rule can't be read is never: texts were once signed with rules that nobody can lay out, and one of
    them must not stop the others from being judged.
    """
    if text.maintenance is None or start >= end:
        return
    zone, none = ZoneInfo(text.term.time_zone), freezes(text)
    for window in text.maintenance.windows:
        try:
            found = list(occurrences(window.start, window.duration, window.rrule, zone, start, end))
        except (ValueError, OverflowError) as error:
            _say(text.metadata.id, window.id, str(error))
            continue
        for each in found:
            parts = without([each], none)
            yield from ((window, (a, b)) for a, b in parts if a < end and b > start)


@lru_cache(1_000)
def _say(agreement: str, window: str, why: str) -> None:
    """Once, and not at each judging."""
    _log.warning("window %r of %s excludes nothing: %s", window, agreement, why)


def freezes(text: Agreement) -> list[Interval]:
    """The days without maintenance, united: each begins and ends at midnight in the time zone of the term."""
    if text.maintenance is None:
        return []
    zone = ZoneInfo(text.term.time_zone)
    return unite(
        (local_midnight(each.from_, zone), local_midnight(each.until + timedelta(days=1), zone))
        for each in text.maintenance.freezes
    )


def units(text: Agreement, start: int, end: int) -> Iterator[Interval]:
    """The units of the calendar that the allowance is per, from the one that holds `start` to that which `end` ends."""
    if text.maintenance is None or text.maintenance.allowance is None:
        return
    zone, at = ZoneInfo(text.term.time_zone), start
    while at < end:
        first, following = unit_of(text.maintenance.allowance.per, from_ms(at).astimezone(zone).date())
        unit = local_midnight(first, zone), local_midnight(following, zone)
        yield unit
        at = max(unit[1], at + 1)


def is_bounded(text: Agreement) -> bool:
    """Whether maintenance beyond the allowance is not excluded."""
    agreed = text.maintenance
    return agreed is not None and agreed.allowance is not None and agreed.allowance.excess == "down"


def most(text: Agreement) -> int:
    """How many milliseconds of maintenance are allowed in each unit; 0 where the text has no allowance."""
    agreed = text.maintenance
    return 0 if agreed is None or agreed.allowance is None else agreed.allowance.max // timedelta(milliseconds=1)


def excluded(text: Agreement, announced: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """The maintenance within `[start, end)` that the allowance leaves excluded, united: the windows of the text,
    whatever they are of, and what was `announced`, in the order of time until what is allowed in each unit is used up.
    """
    known = list(announced)
    if not is_bounded(text):
        return unite(clip(_all(text, known, start, end), start, end))
    found: list[Interval] = []
    for unit in units(text, start, end):
        left = most(text)
        for a, b in unite(clip(_all(text, known, *unit), *unit)):
            found.append((a, min(b, a + left)))
            left = max(0, left - (b - a))
    return unite(clip(found, start, end))


def _all(text: Agreement, announced: Iterable[Interval], start: int, end: int) -> list[Interval]:
    return [*(each for _, each in windows(text, start, end)), *announced]
