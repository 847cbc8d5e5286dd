"""The ladder of an escalation policy: whom each level tells, how long it waits, what comes after it. Pure.

The ladder climbs by time: each level has its whole time to acknowledge. Beside that, a level may be told because little
of a clock's limit is left; that is marked as such, and does not move the ladder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sepakat_incidents.clocks import Measures
from sepakat_incidents.rotations import Rotation, named_in, people
from sepakat_shared.calendars import in_hours, to_ms
from sepakat_shared.contracts import texts

Reason = Literal["delay", "time-left", "manual", "unreached"]
"""Why a level is told: its turn has come, a clock runs out, somebody wanted it, nobody below could be reached."""

Rosters = Mapping[str, Rotation]
NOBODY: Rosters = {}


@dataclass(frozen=True)
class Left:
    """So much of a clock's limit: a percentage of it, or seconds."""

    clock: Measures
    percent: str | None = None
    seconds: float | None = None

    def of(self, limit: int) -> int:
        """In milliseconds, of a limit in milliseconds."""
        if self.percent is not None:
            return int(limit * float(self.percent) / 100)
        return min(limit, round((self.seconds or 0) * 1000))


@dataclass(frozen=True)
class Rung:
    """Whom one level tells, and how many seconds it waits for `needed` of them; `delay_seconds` before it is told.

    Outside of `hours` (a calendar of the text) it tells `otherwise`.
    """

    notify: tuple[str, ...]
    wait_seconds: float
    delay_seconds: float = 0.0
    needed: int = 1
    webhooks: tuple[str, ...] = ()
    hours: dict[str, Any] | None = None
    otherwise: tuple[str, ...] = ()
    left: Left | None = None
    kind: Literal["functional", "hierarchical"] = "functional"


@dataclass(frozen=True)
class Ladder:
    """An escalation policy as it was agreed when the incident opened; `rotations` are its rotations' ids by name."""

    rungs: tuple[Rung, ...] = ()
    repeat: int = 0
    responsible: str = "provider"
    lasts_seconds: float | None = None
    rotations: dict[str, str] = field(default_factory=dict)
    snooze_seconds: float | None = None
    """How long it may be put off in all."""

    @classmethod
    def of(cls, policy: texts.Escalation | None, text: texts.Agreement) -> "Ladder":
        if policy is None:
            return cls()
        lasts, most = policy.acknowledgement_lasts, policy.snooze_at_most
        return cls(
            tuple(_rung(level, text) for level in policy.levels), policy.repeat, policy.acknowledged_by,
            lasts.total_seconds() if lasts else None, named_in(text), most.total_seconds() if most else None,
        )  # fmt: skip


def _rung(level: texts.Level, text: texts.Agreement) -> Rung:
    calendar = next((each for each in text.calendars if each.id == level.hours), None)
    return Rung(
        level.notify,
        level.acknowledge_within.total_seconds(),
        level.delay.total_seconds() if level.delay else 0.0,
        level.acknowledgements or 1,
        level.webhooks or (),
        calendar.model_dump(mode="json", by_alias=True, exclude_none=True) if calendar else None,
        level.otherwise or (),
        _left(level.when_left),
        level.kind or "functional",
    )


def _left(given: texts.WhenLeft | None) -> Left | None:
    if given is None:
        return None
    return Left(
        given.clock, f"{given.percent:f}" if given.percent is not None else None,
        given.time.total_seconds() if given.time is not None else None,
    )  # fmt: skip


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Escalated:
    """A level is told: `contacts` are asked to acknowledge by `acknowledge_by`; the next one is told at `next_at`."""

    level: int
    round: int
    contacts: tuple[str, ...]
    acknowledge_by: datetime | None
    at: datetime
    reason: Reason = "delay"
    next_at: datetime | None = None
    webhooks: tuple[str, ...] = ()
    kind: Literal["functional", "hierarchical"] = "functional"
    by: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Waits:
    """The ladder stands at its foot: the first level is told at `until`."""

    until: datetime
    at: datetime


@dataclass(frozen=True)
class Exhausted:
    """Every level was told in every round."""

    at: datetime


Step = Escalated | Waits | Exhausted


# -- decisions ---------------------------------------------------------------------------------------------------------


def following(ladder: Ladder, level: int, round: int) -> tuple[int, int] | None:
    """The level and round after `level`: of the next round after the last level, and none after the last round."""
    if not ladder.rungs:
        return None
    level, round = (level + 1, round) if level < len(ladder.rungs) else (1, round + 1)
    return (level, round) if round <= ladder.repeat + 1 else None


def start(ladder: Ladder, now: datetime, rosters: Rosters) -> Sequence[Step]:
    """Begin at the foot of the ladder."""
    if ladder.rungs and ladder.rungs[0].delay_seconds:
        return [Waits(now + timedelta(seconds=ladder.rungs[0].delay_seconds), now)]
    return climb(ladder, 0, 1, now, rosters)


def climb(
    ladder: Ladder, level: int, round: int, now: datetime, rosters: Rosters, reason: Reason = "delay",
    by: str | None = None, note: str | None = None,
) -> Sequence[Step]:  # fmt: skip
    """Tell the level after `level`; nothing where there is no ladder."""
    place = following(ladder, level, round)
    if place is None:
        return [Exhausted(now)] if ladder.rungs else []
    rung = ladder.rungs[place[0] - 1]
    contacts = told_by(rung, now, rosters)
    # A level of which nobody is on call has no time to wait for; the last one has, lest rounds pass in one instant.
    empty = not contacts and not rung.webhooks and place[0] < len(ladder.rungs)
    acknowledge_by = now if empty else now + timedelta(seconds=rung.wait_seconds)
    after = following(ladder, *place)
    delay = ladder.rungs[after[0] - 1].delay_seconds if after else 0.0
    next_at = acknowledge_by + timedelta(seconds=delay)
    return [Escalated(*place, contacts, acknowledge_by, now, reason, next_at, rung.webhooks, rung.kind, by, note)]


def told_by(rung: Rung, now: datetime, rosters: Rosters) -> tuple[str, ...]:
    """The contacts that a level tells at that instant: by its hours, and by who is on call."""
    targets = rung.notify
    if rung.hours is not None:
        at = to_ms(now)
        within = in_hours(texts.Calendar.model_validate(rung.hours), at, at + 1)
        targets = rung.notify if within else rung.otherwise
    return people(targets, rosters, now)
