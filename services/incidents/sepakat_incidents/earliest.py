"""How far back the beginning of an impact may lie when it is put on record. Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sepakat_shared.calendars import from_ms, local_midnight
from sepakat_shared.contracts.texts import Term

EARLIEST: Final = timedelta(days=7)
"""So long before it is put on record: what a period's review has is not moved out of it afterwards.
An earlier beginning is for the responsible party to put on record, as a correction that the other one is told of.
"""


def begins(term: Term) -> datetime:
    """The agreement's first moment."""
    return from_ms(local_midnight(term.from_, ZoneInfo(term.time_zone)))


def earliest(term: Term, now: datetime) -> datetime:
    """What a machine says of an earlier time is held to this: nobody is there who could mend it."""
    return min(now, max(begins(term), now - EARLIEST))
