"""The ladder of an escalation policy: whom each level tells, how long it waits, what comes after it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sepakat_shared.contracts.texts import Escalation


@dataclass(frozen=True)
class Rung:
    """Whom one level tells, and how many seconds it waits for one of them."""

    notify: tuple[str, ...]
    wait_seconds: float


@dataclass(frozen=True)
class Ladder:
    """An escalation policy as it was agreed when the incident opened."""

    rungs: tuple[Rung, ...] = ()
    repeat: int = 0
    responsible: str = "provider"
    lasts_seconds: float | None = None

    @classmethod
    def of(cls, policy: Escalation | None) -> "Ladder":
        if policy is None:
            return cls()
        rungs = tuple(Rung(level.notify, level.acknowledge_within.total_seconds()) for level in policy.levels)
        lasts = policy.acknowledgement_lasts
        return cls(rungs, policy.repeat, policy.acknowledged_by, lasts.total_seconds() if lasts else None)


@dataclass(frozen=True)
class Escalated:
    """A level is told: `contacts` are asked to acknowledge before `acknowledge_by`."""

    level: int
    round: int
    contacts: tuple[str, ...]
    acknowledge_by: datetime
    at: datetime


@dataclass(frozen=True)
class Exhausted:
    """Every level was told in every round."""

    at: datetime


def following(ladder: Ladder, level: int, round: int) -> tuple[int, int] | None:
    """The level and round after `level`: of the next round after the last level, and none after the last round."""
    if not ladder.rungs:
        return None
    level, round = (level + 1, round) if level < len(ladder.rungs) else (1, round + 1)
    return (level, round) if round <= ladder.repeat + 1 else None


def step(ladder: Ladder, level: int, round: int, now: datetime) -> list[Escalated | Exhausted]:
    """Tell the level after `level`; nothing where there is no ladder."""
    place = following(ladder, level, round)
    if place is None:
        return [Exhausted(now)] if ladder.rungs else []
    rung = ladder.rungs[place[0] - 1]
    return [Escalated(*place, rung.notify, now + timedelta(seconds=rung.wait_seconds), now)]
