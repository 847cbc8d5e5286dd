"""Whether the state of an agreement's services may be read by anybody who has its address. Pure.

Both parties must allow it, each by a command of its own. When one takes that back, every address that was given out
ends with it, also when it is allowed again later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class StatusFeed:
    """`series` counts how often it was taken back while it was public: an address belongs to one of them."""

    agreement: str
    parties: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    series: int = 0

    @property
    def is_public(self) -> bool:
        return bool(self.parties) and set(self.parties) <= set(self.allowed)


@dataclass(frozen=True)
class Allowed:
    agreement: str
    parties: tuple[str, ...]
    party: str
    by: str
    at: datetime


@dataclass(frozen=True)
class TakenBack:
    party: str
    by: str
    at: datetime


Event = Allowed | TakenBack


def apply(feed: StatusFeed | None, event: Event) -> StatusFeed:
    if isinstance(event, Allowed):
        known = feed or StatusFeed(event.agreement, event.parties)
        return replace(known, parties=event.parties, allowed=tuple(sorted({*known.allowed, event.party})))
    if feed is None:
        raise ValueError("nothing is taken back that was never given")
    series = feed.series + 1 if feed.is_public else feed.series
    return replace(feed, allowed=tuple(each for each in feed.allowed if each != event.party), series=series)


def decide(
    feed: StatusFeed | None, agreement: str, parties: tuple[str, ...], party: str, allows: bool, by: str, now: datetime
) -> Sequence[Event]:
    """`party` allows it, or takes that back; what it has said already changes nothing."""
    has_allowed = feed is not None and party in feed.allowed
    if allows == has_allowed:
        return []
    return [Allowed(agreement, parties, party, by, now)] if allows else [TakenBack(party, by, now)]
