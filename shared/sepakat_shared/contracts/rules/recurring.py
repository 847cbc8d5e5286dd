"""What of RFC 5545 a rule may be, wherever one is written: in a text, or announced. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

EARLIEST: Final = 1970
"""The first year that a repetition is counted from: each is laid out from its beginning, a step at a time."""
_DAY: Final = r"[+-]?[1-5]?(MO|TU|WE|TH|FR|SA|SU)"
_DATE: Final = r"-?([1-9]|[12]\d|3[01])"
_MONTH: Final = r"([1-9]|1[0-2])"
_FREQUENCY: Final = re.compile(r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[^;=]+)*")
_VALUES: Final = {
    "FREQ": r"[A-Z]+",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}(T\d{6}Z)?",
    "BYDAY": f"{_DAY}(,{_DAY})*",
    "BYMONTHDAY": f"{_DATE}(,{_DATE})*",
    "BYMONTH": f"{_MONTH}(,{_MONTH})*",
    "BYSETPOS": r"-?[1-9]\d?",
    "WKST": r"(MO|TU|WE|TH|FR|SA|SU)",
}


def broken(rrule: str) -> Iterator[str]:
    """What is wrong with a rule, as sentences that follow its name."""
    if not _FREQUENCY.fullmatch(rrule):
        yield "must be an RFC 5545 rule such as FREQ=MONTHLY;BYDAY=1SU (daily or rarer)"
        return
    parts = [(name, value) for name, _, value in (each.partition("=") for each in rrule.split(";"))]
    names = [name for name, _ in parts]
    for name, value in parts:
        if name not in _VALUES:
            yield f"{name} is not taken; there are {', '.join(sorted(_VALUES))}"
        elif not re.fullmatch(_VALUES[name], value, re.ASCII) or (name == "UNTIL" and not _is_instant(value)):
            yield f"{name}={value} can't be read"
    if len(set(names)) != len(names):
        yield "has a part twice"
    if "COUNT" in names and "UNTIL" in names:
        yield "must end by one of COUNT and UNTIL, not by both"


def _is_instant(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
