"""Subscriptions as they are given and shown over HTTP, within a person's preference."""

from datetime import time
from typing import Annotated, Any, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sepakat_notifier.subscription import Digest, Every, Kind, Subscription

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_DAYS: Final[tuple[Day, ...]] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be a name of the IANA time zone database, such as Asia/Jakarta")
    return name


def _wall_clock(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("must be a time of day without an offset, such as 22:00")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
WallClock = Annotated[time, AfterValidator(_wall_clock)]


class DigestIn(BaseModel):
    """When what can wait is told, all together."""

    model_config = ConfigDict(extra="forbid")

    every: Every
    at: WallClock = Field(time(8), description="the hour of a daily or weekly one")
    on: Day = Field("monday", description="the day of a weekly one")
    time_zone: Zone


class SubscriptionIn(BaseModel):
    """What it is about, and how that is told; the first of a list that fits an event counts."""

    model_config = ConfigDict(extra="forbid")

    kinds: list[Kind] = Field([], max_length=10, description="empty: all")
    priorities: list[Annotated[str, Field(pattern=r"^P[1-9]$")]] = Field(
        [], max_length=9, description="of incidents; empty: whatever they are, and what has none"
    )
    agreement: str | None = Field(None, max_length=100, description="of that one alone")
    ways: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        [], max_length=5, description="`mail` or ids of chat endpoints of the party; empty: mail"
    )
    digest: DigestIn | None = Field(None, description="none: each message at once")


def chosen(given: SubscriptionIn) -> Subscription:
    digest = given.digest
    return Subscription(
        tuple(given.kinds), tuple(given.priorities), given.agreement, tuple(given.ways),
        digest=None if digest is None else Digest(digest.every, digest.time_zone, digest.at, _DAYS.index(digest.on)),
    )  # fmt: skip


def shown(subscription: Subscription) -> dict[str, Any]:
    digest = subscription.digest
    return {
        "kinds": list(subscription.kinds),
        "priorities": list(subscription.priorities),
        "agreement": subscription.agreement,
        "ways": list(subscription.ways),
        "digest": None if digest is None else {
            "every": digest.every, "at": f"{digest.at:%H:%M}", "on": _DAYS[digest.on], "time_zone": digest.time_zone,
        },
    }  # fmt: skip
