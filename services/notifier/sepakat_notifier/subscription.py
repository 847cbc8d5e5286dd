"""What one person wants to hear of, by which ways and how often: their subscriptions, of which the first that fits
counts. Pure.

Only news wait for a digest. What the agreement owes, what asks for an answer and what has priority P1 or P2 is told at
once, and by mail too, whatever was chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sepakat_notifier.routing import Agreed
from sepakat_shared.contracts import compliance, credits, disputes, incidents, oncall, postmortems
from sepakat_shared.contracts.fact import Fact

Kind = Literal["incidents", "objectives", "disputes", "credits", "agreements", "notes", "on-call"]
Every = Literal["hour", "day", "week"]
MAIL: Final = "mail"
"""The way that everybody has; any other is the id of a chat endpoint."""
_NEVER_WAITS: Final = ("P1", "P2")
_A_WEEK: Final = 7

_OF_KIND: Final[dict[Kind, tuple[type, ...]]] = {
    "notes": (
        postmortems.PostmortemPublished, postmortems.PostmortemReminded, postmortems.FollowUpReminded,
        postmortems.FollowUpDone,
    ),
    "incidents": (incidents._IncidentEvent,),
    "objectives": (compliance._ObjectiveEvent,),
    "disputes": (disputes._DisputeEvent,),
    "credits": (credits._CreditEvent,),
    "on-call": (oncall._OnCallEvent,),
}  # fmt: skip


@dataclass(frozen=True)
class Digest:
    """Every full hour, every day at `at`, or every week on `on` (Monday is 0) at `at`: by the clock of `time_zone`."""

    every: Every
    time_zone: str
    at: time = time(8)
    on: int = 0


@dataclass(frozen=True)
class Subscription:
    """What it is about: `kinds`, `priorities` and `agreement`, none of which means all.

    `ways` are `mail` or ids of chat endpoints; none means mail. No `digest`: each message at once.
    """

    kinds: tuple[Kind, ...] = ()
    priorities: tuple[str, ...] = ()
    agreement: str | None = None
    ways: tuple[str, ...] = ()
    digest: Digest | None = None


def kind_of(fact: Fact) -> Kind | None:
    """None: what nobody can choose, such as what is told to whoever reported something."""
    found = next((kind for kind, types in _OF_KIND.items() if isinstance(fact, types)), None)
    return "agreements" if found is None and isinstance(fact, Agreed) else found


def fitting(subscriptions: Sequence[Subscription], fact: Fact) -> Subscription | None:
    """The first one that is about such an event."""
    kind, priority = kind_of(fact), getattr(fact, "priority", None)
    for each in subscriptions:
        if each.kinds and kind not in each.kinds:
            continue
        if each.priorities and (kind != "incidents" or priority not in each.priorities):
            continue
        if each.agreement is not None and each.agreement != getattr(fact, "agreement", None):
            continue
        return each
    return None


def may_wait(fact: Fact, is_news: bool) -> bool:
    """Whether a digest is soon enough."""
    return is_news and getattr(fact, "priority", None) not in _NEVER_WAITS


def ways_of(chosen: Subscription | None, is_news: bool) -> tuple[str, ...]:
    """By which ways: what the agreement owes, and what asks to act, comes by mail too."""
    if chosen is None or not chosen.ways:
        return (MAIL,)
    return chosen.ways if is_news else tuple(dict.fromkeys((*chosen.ways, MAIL)))


def due(digest: Digest, now: datetime) -> datetime:
    """When the digest that gathers what comes now is due: after `now`, built from local dates."""
    zone = ZoneInfo(digest.time_zone)
    local = now.astimezone(zone)
    if digest.every == "hour":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now + timedelta(hours=1) - past
    for ahead in range(_A_WEEK + 1):
        day = local.date() + timedelta(days=ahead)
        if digest.every == "week" and day.weekday() != digest.on:
            continue
        instant = datetime.combine(day, digest.at, zone).astimezone(now.tzinfo)
        if instant > now:
            return instant
    # The day of the week that is today, and past its hour.
    day = local.date() + timedelta(days=_A_WEEK)
    return datetime.combine(day, digest.at, zone).astimezone(now.tzinfo)
