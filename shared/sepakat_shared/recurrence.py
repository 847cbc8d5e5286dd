"""Work that is done once, or again by a rule of RFC 5545, as half-open intervals of milliseconds. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from sepakat_shared.calendars import Interval, from_ms, to_ms

_UNTIL: Final = re.compile(r";UNTIL=(\d{8}T\d{6}Z)")
_INTERVAL: Final = re.compile(r"INTERVAL=([^;]*)")
_MOST_SKIPPED: Final = timedelta(hours=25)
"""More than clocks were ever put forward by: a day, in Apia."""


def occurrences(
    begins: datetime, lasts: timedelta, rule: str | None, zone: ZoneInfo, start: int, end: int
) -> Iterator[Interval]:
    """Those that may touch `[start, end)`, in order, uncut.

    They are repeated in local time, so that work at one in the morning stays there over a clock change. Raises
    ValueError for what is no rule.
    """
    length = lasts // timedelta(milliseconds=1)
    if rule is None:
        yield to_ms(begins), to_ms(begins) + length
        return
    # RFC 5545 has the end of a rule in UTC; `rrulestr` takes it in local time alone, which may come twice.
    until = _UNTIL.search(rule)
    last = to_ms(datetime.fromisoformat(until[1])) if until else end
    local = begins.astimezone(zone).replace(tzinfo=None)
    earliest = from_ms(start - length).astimezone(zone).replace(tzinfo=None) - _MOST_SKIPPED
    latest = from_ms(end).astimezone(zone).replace(tzinfo=None) + _MOST_SKIPPED
    found = rrulestr(_bounded(_UNTIL.sub("", rule), latest), dtstart=local)
    for each in found.between(earliest, latest, inc=True):
        at = to_ms(each.replace(tzinfo=zone).astimezone(UTC))
        if at <= last:
            yield at, at + length


def _bounded(rule: str, latest: datetime) -> str:
    """The rule with an end, where it has none. Raises ValueError where it stands still.

    `rrulestr` takes an interval of nothing, and then never comes to an end; of a day that never comes it goes on to
    the end of all calendars.
    """
    for interval in _INTERVAL.findall(rule):
        if not re.fullmatch(r"0*[1-9]\d{0,8}", interval, re.ASCII):
            raise ValueError(f"INTERVAL={interval} is no step forward")
    return rule if "COUNT=" in rule or "UNTIL=" in rule else f"{rule};UNTIL={latest:%Y%m%dT%H%M%S}"
