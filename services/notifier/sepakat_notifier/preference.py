"""How one person wants to be told: in which language, of what at least, when not, and who instead. Pure.

What the agreement owes somebody is not theirs to leave out: contractual notices, and whatever asks them to act, are
told whatever they have muted. Nothing that asks for an acknowledgement waits for the morning, nor does what foretells
something that comes before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sepakat_notifier import subscription
from sepakat_notifier.routing import asks_to_acknowledge
from sepakat_notifier.subscription import Digest, Subscription
from sepakat_shared.contracts import compliance, incidents
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.contracts.feedback import IncidentFeedbackAsked

Language = Literal["en", "id"]
HIGHEST = "P1"


@dataclass(frozen=True)
class QuietHours:
    """Every day from `begin` to `end` by the wall clock of `time_zone`; over midnight where `end` is not later.

    `but_highest`: what has the highest priority is told all the same.
    """

    begin: time
    end: time
    time_zone: str
    but_highest: bool = True


@dataclass(frozen=True)
class Vacation:
    """From `start` until `end`, `delegate` (a contact of the same party) is told instead."""

    start: datetime
    end: datetime
    delegate: str


@dataclass(frozen=True)
class Preference:
    """`minimum_priority`: news of incidents below it are left out; `muted`: all news are.

    `feedback`: they may be asked what they think of incidents that are over.
    Of the `subscriptions` the first that fits says how often an event is told; where none does, at once.
    """

    party: str
    contact: str
    language: Language | None = None
    minimum_priority: str | None = None
    quiet: QuietHours | None = None
    vacation: Vacation | None = None
    muted: bool = False
    subscriptions: tuple[Subscription, ...] = ()
    feedback: bool = True


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen:
    preference: Preference


@dataclass(frozen=True)
class Muted:
    """The person unsubscribed, or subscribed again (`muted` False)."""

    party: str
    contact: str
    muted: bool


Event = Chosen | Muted


def apply(preference: Preference | None, event: Event) -> Preference:
    if isinstance(event, Chosen):
        return event.preference
    before = preference or Preference(event.party, event.contact)
    return replace(before, muted=event.muted)


def choose(preference: Preference | None, chosen: Preference) -> Sequence[Event]:
    return [] if chosen == preference else [Chosen(chosen)]


def mute(preference: Preference | None, party: str, contact: str, muted: bool) -> Sequence[Event]:
    """Pressing twice is as pressing once."""
    is_muted = preference.muted if preference else False
    return [] if is_muted == muted else [Muted(party, contact, muted)]


# -- what follows from it ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tell:
    """Tell `contact`: at once, or at `at`, then together with all else that waits for the same digest.

    `ways` are mail or chats of their party.
    """

    contact: str
    at: datetime | None = None
    digest: Digest | None = None
    ways: tuple[str, ...] = (subscription.MAIL,)


@dataclass(frozen=True)
class LeaveOut:
    """Do not tell `contact`, and why."""

    contact: str
    reason: str


_NEWS = (
    incidents.IncidentOpened, incidents.IncidentRaised, incidents.IncidentPrioritised, incidents.IncidentAcknowledged,
    incidents.IncidentUnacknowledged, incidents.IncidentUpdated, incidents.IncidentCommented,
    incidents.IncidentResolved, incidents.IncidentReopened, incidents.IncidentMerged, incidents.ClocksPaused,
    incidents.ClockForecast, incidents.IncidentSnoozed,
    compliance.ObjectiveAtRisk, compliance.ObjectiveFailing, compliance.ObjectiveRecovered,
)  # fmt: skip


_NEWS_TYPES = frozenset(each.type for each in _NEWS)


def is_news(type: str) -> bool:
    """Whether events of that type may be left out."""
    return type in _NEWS_TYPES


def may_be_left_out(fact: Fact) -> bool:
    """Whether it is news, or a question that nobody must answer.

    What the agreement owes is neither, nor is what asks the reader to act.
    """
    return isinstance(fact, (*_NEWS, IncidentFeedbackAsked))


def may_be_gathered(fact: Fact) -> bool:
    """Whether it may come with other news in one message, where no link of its own is: a question has one.

    What foretells a deadline may not: it is of use before that alone.
    """
    return isinstance(fact, _NEWS) and not isinstance(fact, incidents.ClockForecast)


OVER = "foretells what had come already; that is told by itself"
"""Why a forecast is left out that was made when its time was over, as after the service was away for a while."""


def was_over(fact: Fact) -> bool:
    """Whether what it foretells had come when it was said."""
    return isinstance(fact, incidents.ClockForecast) and is_too_late(fact, fact.at)


def is_too_late(fact: Fact, at: datetime) -> bool:
    """Whether what it foretells has come by then."""
    ahead = _what_is_ahead(fact)
    return ahead is not None and ahead <= at


def _what_is_ahead(fact: Fact) -> datetime | None:
    match fact:
        case incidents.ClockForecast(due_at=due_at):
            return due_at
        case incidents.IncidentSnoozed(until=until):
            return until
        case _:
            return None


def told(preference: Preference, fact: Fact, now: datetime) -> list[Tell | LeaveOut]:
    """Who is told of `fact` for this person, and when; never nobody without a reason."""
    if isinstance(fact, IncidentFeedbackAsked) and not preference.feedback:
        return [LeaveOut(preference.contact, "does not want to be asked what they think of incidents")]
    vacation = preference.vacation
    if vacation is not None and vacation.start <= now < vacation.end:
        instead = Tell(vacation.delegate)
        if may_be_left_out(fact) or asks_to_acknowledge(fact.type):
            return [instead, LeaveOut(preference.contact, f"on vacation; {vacation.delegate} is told instead")]
        return [instead, Tell(preference.contact)]  # a contractual notice reaches whom it is for
    if may_be_left_out(fact):
        if preference.muted:
            return [LeaveOut(preference.contact, "unsubscribed from news")]
        priority, least = getattr(fact, "priority", None), preference.minimum_priority
        if priority is not None and least is not None and priority > least:
            return [LeaveOut(preference.contact, f"{priority} is below {least}, the least that is wanted")]
    chosen = subscription.fitting(preference.subscriptions, fact)
    ways = subscription.ways_of(chosen, is_news(fact.type))
    if chosen is not None and chosen.digest is not None and subscription.may_wait(fact, may_be_gathered(fact)):
        due = subscription.due(chosen.digest, now)
        put_off = _put_off(preference.quiet, fact, due) or due
        if not is_too_late(fact, put_off):
            return [Tell(preference.contact, put_off, chosen.digest, ways)]
    return [Tell(preference.contact, _put_off(preference.quiet, fact, now), ways=ways)]


def _put_off(quiet: QuietHours | None, fact: Fact, now: datetime) -> datetime | None:
    """Until when it waits for the end of the quiet hours, if it does."""
    if quiet is None or asks_to_acknowledge(fact.type):
        return None
    if quiet.but_highest and getattr(fact, "priority", None) == HIGHEST:
        return None
    ends = quiet_until(quiet, now)
    return None if ends is not None and is_too_late(fact, ends) else ends


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """The end of the quiet hours that `now` is in. Built from local dates: a clock change moves no wall clock."""
    zone = ZoneInfo(quiet.time_zone)
    local = now.astimezone(zone)
    for day in (local.date() - timedelta(days=1), local.date()):
        begin = datetime.combine(day, quiet.begin, zone)
        end_day = day if quiet.end > quiet.begin else day + timedelta(days=1)
        end = datetime.combine(end_day, quiet.end, zone)
        if begin <= local < end:
            return end.astimezone(now.tzinfo)
    return None
