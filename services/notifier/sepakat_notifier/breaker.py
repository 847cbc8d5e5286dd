"""Whether a recipient's side is left alone for a while: after some failures in a row, for a growing pause. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_MOST_DOUBLINGS = 30


@dataclass(frozen=True)
class Rules:
    """`opens_after` failures in a row; the pauses after them grow from `first_pause` to `longest_pause`."""

    opens_after: int
    first_pause: timedelta
    longest_pause: timedelta


@dataclass(frozen=True)
class Breaker:
    """`failures` in a row; `openings` without a success between them; nothing is tried before `open_until`."""

    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None


def is_open(breaker: Breaker, now: datetime) -> bool:
    """Whether nothing may be tried now. After the pause one attempt shows whether it works again."""
    return breaker.open_until is not None and now < breaker.open_until


def worked(_breaker: Breaker) -> Breaker:
    return Breaker()


def failed(breaker: Breaker, rules: Rules, spread: float, now: datetime) -> Breaker:
    """One more failure. `spread`, 0.5 to 1, is the share of the pause: instances must not all come back at once."""
    if is_open(breaker, now):
        return breaker  # an attempt that was under way when it opened
    failures = breaker.failures + 1
    if failures < rules.opens_after:
        return replace(breaker, failures=failures)
    pause = min(rules.longest_pause, rules.first_pause * 2 ** min(breaker.openings, _MOST_DOUBLINGS))
    return Breaker(failures, breaker.openings + 1, now + pause * spread)
