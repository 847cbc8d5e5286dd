"""For how long an incident can be put off from a message: what its page offers. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

_MINUTES: Final = (15, 30, 60, 120, 240, 480)


def choices(may_snooze_seconds: str | None, already: timedelta = timedelta(0)) -> Sequence[int]:
    """Minutes from now, in order. It is put off for `already` longer than now, and may be for so many seconds more.

    All that is left is one of them, in whole minutes; none where less than a minute is left.
    """
    most = int((already.total_seconds() + float(Decimal(may_snooze_seconds or "0"))) // 60)
    least = already.total_seconds() / 60
    return sorted({each for each in (*_MINUTES, most) if least < each <= most})


def already(snoozed_until: datetime | None, now: datetime) -> timedelta:
    """For how long from now on it is put off."""
    return timedelta(0) if snoozed_until is None else max(timedelta(0), snoozed_until - now)
