"""Messages that tell of others: a digest of what can wait, and what sums up a storm. Pure.

The first few messages about one thing go out at once. What follows them within the window is summed up by one message
at its end, and so on until it calms down; so is what follows many messages about one agreement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sepakat_notifier.notification import Delivered, Event, GivenUp, Notification, Released, Status, Suppressed, Waited
from sepakat_notifier.subscription import Every

GATHERED: Final = "sepakat.notifications.gathered.v1"
"""The type of the occasion of such a message; nobody publishes it."""
NOTHING_TO_TELL: Final = "nothing was left for it to tell"


@dataclass(frozen=True)
class Gathering:
    """The message that tells, at `due_at`, of all that was planned to be told by it."""

    kind: Literal["digest", "summary"]
    about: tuple[str, str]
    due_at: datetime
    data: dict[str, Any]
    reason: str
    """Why what it tells of is not sent by itself."""


@dataclass(frozen=True)
class Rules:
    """`at_once` messages about one thing, and `of_one_agreement` about all in it, within `window`."""

    window: timedelta
    at_once: int
    of_one_agreement: int


FEW_AT_ONCE: Final = Rules(timedelta(minutes=2), 5, 20)


@dataclass(frozen=True)
class Sent:
    """A message to the same recipient by the same way: sent by itself, or one that gathers, due then."""

    about: str
    agreement: str | None
    at: datetime
    gathers: bool = False


def digest(every: Every, party: str, contact: str, time_zone: str, due_at: datetime) -> Gathering:
    data = {"kind": "digest", "every": every, "time_zone": time_zone, "agreement": ""}
    of = {"hour": "hourly", "day": "daily", "week": "weekly"}[every]
    return Gathering(
        "digest", (f"digest/{party}/{contact}", "digest"), due_at, data, f"waits for the {of} digest"
    )  # fmt: skip


def summary(
    recent: Sequence[Sent], about: tuple[str, str], agreement: str, rules: Rules, now: datetime
) -> Gathering | None:
    """The message that is to sum it up, where there were too many of late; None: it is sent by itself."""
    of_thing = [each for each in recent if each.about == about[0]]
    of_agreement = [each for each in recent if each.agreement == agreement]
    for sent, told_of, most in (
        (of_thing, about, rules.at_once), (of_agreement, (agreement, "agreement"), rules.of_one_agreement),
    ):  # fmt: skip
        due_at = _summed_up_at([each for each in sent if each.at > now - rules.window], told_of[0], most, rules, now)
        if due_at is not None:
            data = {"kind": "summary", "agreement": agreement, "about_type": told_of[1]}
            return Gathering("summary", told_of, due_at, data, "is summed up with others of these minutes")
    return None


def again(failed: Notification, due_at: datetime) -> Gathering:
    """What tells of the same another way, where `failed` could not."""
    data = failed.occasion.data
    return Gathering(data["kind"], (failed.about, failed.about_type), due_at, data, "is told another way, with others")


def _summed_up_at(sent: Sequence[Sent], about: str, most: int, rules: Rules, now: datetime) -> datetime | None:
    summaries = [each.at for each in sent if each.gathers and each.about == about]
    if summaries:
        # One that is due still takes it; after one that is out, the next window begins.
        latest = max(summaries)
        return latest if latest > now else latest + rules.window
    alone = [each.at for each in sent if not each.gathers]
    return max(alone) + rules.window if len(alone) >= most else None


# -- how what is gathered ends -----------------------------------------------------------------------------------------


def follow(
    notification: Notification | None, gathering: Notification | None, again_at: datetime, now: datetime
) -> Sequence[Event]:
    """End as the gathering message did that was to tell of it; look again at `again_at` while that has not ended.

    What it did not tell of, since it came too late for that, is sent by itself.
    """
    if notification is None or notification.within is None:
        return []
    told = gathering is not None and gathering.status is Status.DELIVERED and notification.id in gathering.told
    if gathering is not None and told and notification.status is Status.GIVEN_UP:
        # With an earlier try of the gathering message; this one has told of it.
        return [Delivered(gathering.party or "", now, within=gathering.id)]
    if notification.status is not Status.PENDING:
        return []
    return [_end_of(notification, gathering, told, again_at, now)]


def _end_of(
    notification: Notification, gathering: Notification | None, told: bool, again_at: datetime, now: datetime
) -> Event:
    if gathering is None:
        return Released(now)
    if told:
        return Delivered(gathering.party or "", now, within=gathering.id)
    if gathering.status is Status.PENDING:
        return Waited(notification.reason or "", again_at)
    if gathering.status is Status.GIVEN_UP:
        return GivenUp(gathering.reason or "", now, attempted=False)
    if gathering.status is Status.SUPPRESSED and gathering.reason != NOTHING_TO_TELL:
        return Suppressed(gathering.reason or "", now)
    return Released(now)
