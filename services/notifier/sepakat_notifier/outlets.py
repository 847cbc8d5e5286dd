"""What waits for one recipient's side, and how much of it may be under way. Pure.

Nobody waits for another's slow server. An outlet is an endpoint (webhook or chat), or the mail server. It begins with
one attempt at a time, and has one more with each that works: a server which hangs holds up one attempt of ours and not
all of them.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sepakat_notifier import breaker as breakers
from sepakat_notifier.breaker import Breaker, Rules
from sepakat_notifier.notification import Channel, Notification
from sepakat_notifier.settings import NotifierSettings

_MOST_WAITING = 1_000
"""Messages of one outlet that are kept in memory; the others are found in the database when it is their turn."""


@dataclass(frozen=True)
class Limits:
    """`most_at_once` attempts under way; `pause` between two beginnings, None for none."""

    most_at_once: int
    pause: timedelta | None
    rules: Rules


@dataclass(frozen=True)
class Waiting:
    """A message that is to be attempted; `held` where this instance holds it already."""

    id: str
    held: Notification | None


@dataclass
class Outlet:
    """`channel` and `recipient` say which messages are its; no recipient: all of the channel."""

    channel: Channel
    recipient: str | None
    limits: Limits
    ordered: bool = False
    waiting: deque[Waiting] = field(default_factory=deque)
    under_way: int = 0
    width: int = 1
    breaker: Breaker = field(default_factory=Breaker)
    not_before: datetime | None = None
    """By the rate, or because an ordered message waits for its next attempt."""

    left_out: bool = False
    """Whether its messages were not looked for the last time: there may be more."""

    def add(self, waiting: Waiting, now: datetime) -> bool:
        """Whether it was taken: what is not must be found in the database later."""
        if len(self.waiting) >= _MOST_WAITING or breakers.is_open(self.breaker, now):
            return False
        self.waiting.append(waiting)
        return True

    def may_begin(self, now: datetime) -> bool:
        return bool(self.waiting) and self.under_way < self._width and not self.is_held_back(now)

    def is_held_back(self, now: datetime) -> bool:
        """Whether nothing may begin at present, by the breaker, the rate or the order."""
        return breakers.is_open(self.breaker, now) or (self.not_before is not None and now < self.not_before)

    def is_saturated(self, now: datetime) -> bool:
        """Whether there is no sense in looking for more of its messages."""
        return self.is_held_back(now) or len(self.waiting) >= self.limits.most_at_once

    def held_back_until(self) -> datetime | None:
        return max((each for each in (self.breaker.open_until, self.not_before) if each is not None), default=None)

    def begin(self, now: datetime) -> Waiting:
        self.under_way += 1
        if self.limits.pause is not None:
            # Counted from the plan and not from now, so that a late wake-up does not make it slower; but no bursts.
            planned = max(self.not_before or now, now - self.limits.pause)
            self.not_before = planned + self.limits.pause
        return self.waiting.popleft()

    def put_off(self, until: datetime) -> None:
        self.not_before = max(until, self.not_before or until)

    def end(self, works: bool | None, spread: float, now: datetime) -> list[Waiting]:
        """An attempt has ended; `works` says whether the way there does, None where it showed nothing of it.

        Returns what is not kept in memory any more, since it will not be tried for a while.
        """
        self.under_way -= 1
        if works is None:
            return []
        if works:
            self.breaker = breakers.worked(self.breaker)
            self.width = min(self.width + 1, self.limits.most_at_once)
            return []
        self.width = 1
        self.breaker = breakers.failed(self.breaker, self.limits.rules, spread, now)
        if not breakers.is_open(self.breaker, now):
            return []
        dropped = list(self.waiting)
        self.waiting.clear()
        return dropped

    def close_circuit(self) -> None:
        """Somebody says that it works again: it is tried without waiting for the pause."""
        self.breaker = Breaker()

    @property
    def key(self) -> str:
        """`email`, or the channel and the endpoint's id."""
        return _key(self.channel, self.recipient)

    @property
    def _width(self) -> int:
        return 1 if self.ordered else self.width


class Outlets:
    """All outlets, each made when it is first asked for: one for the mail server, one for each endpoint."""

    def __init__(self, channels: Iterable[str], settings: NotifierSettings) -> None:
        limits = _limits_of(settings)
        self._limits = {channel: limits.get(channel, limits["webhook"]) for channel in {*channels, *limits}}
        self._outlets: dict[str, Outlet] = {}

    def __iter__(self) -> Iterator[Outlet]:
        return iter(self._outlets.values())

    def of(self, channel: Channel, recipient: str) -> Outlet:
        """The one by which a message of that channel reaches its recipient."""
        of = recipient if channel != "email" else None
        key = _key(channel, of)
        found = self._outlets.get(key)
        if found is None:
            found = self._outlets[key] = Outlet(channel, of, self._limits[channel])
        return found

    def of_endpoint(self, endpoint: str) -> Outlet | None:
        """Of a webhook or chat, where it was asked for before."""
        return self._outlets.get(f"webhook/{endpoint}") or self._outlets.get(f"chat/{endpoint}")


def _key(channel: Channel, recipient: str | None) -> str:
    return channel if recipient is None else f"{channel}/{recipient}"


def _limits_of(settings: NotifierSettings) -> dict[str, Limits]:
    """By channel; what has none of its own has those of a webhook endpoint."""
    rules = Rules(settings.notifier_circuit_failures, settings.notifier_circuit_pause, settings.notifier_longest_retry)

    def pause(per_minute: int | None) -> timedelta | None:
        return None if per_minute is None else timedelta(minutes=1) / per_minute

    return {
        "webhook": Limits(settings.notifier_endpoint_concurrency, pause(settings.notifier_endpoint_rate), rules),
        "email": Limits(settings.notifier_mail_concurrency, pause(settings.notifier_mail_rate), rules),
    }
