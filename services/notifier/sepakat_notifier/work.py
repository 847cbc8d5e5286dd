"""One announced maintenance, as far as the notifier has heard: when it is, and what of it was called off. Pure."""

from dataclasses import dataclass
from datetime import datetime

from sepakat_shared.contracts.maintenance import _MaintenanceEvent


@dataclass(frozen=True)
class Span:
    """Work from `start` until `end`; what stands here was told at `told_at`."""

    start: datetime
    end: datetime
    told_at: datetime


@dataclass(frozen=True)
class Work:
    """`times` count as maintenance, as both parties have it; `called_off` are those that did, and will not be.

    It is of the `services` and the single `objectives` that are named, and of all that is agreed where neither is;
    `titles` say the same in words.
    """

    agreement: str
    maintenance: str
    revision: int
    services: tuple[str, ...]
    times: tuple[Span, ...] = ()
    called_off: tuple[Span, ...] = ()
    objectives: tuple[str, ...] = ()
    titles: tuple[dict[str, str], ...] = ()

    @property
    def until(self) -> datetime | None:
        """When the last of it is over, or was called off; None: it never counted."""
        ends = [*(each.end for each in self.times), *(each.told_at for each in self.called_off)]
        return max(ends, default=None)


def after(work: Work | None, fact: _MaintenanceEvent) -> Work:
    """What was told later takes the place of what was told before; what comes again changes nothing."""
    if work is not None and fact.revision < work.revision:
        return work
    before = {(each.start, each.end): each for each in work.times} if work else {}
    now = [Span(each.start, each.end, fact.at) for each in fact.in_force]
    times = tuple(before.get((each.start, each.end), each) for each in now)
    begins = {each.start for each in times}
    # What has begun is cut short and not called off; of what was called off before, the first telling counts.
    dropped = [
        Span(each.start, each.end, fact.at) for each in before.values()
        if each.start not in begins and each.start > fact.at
    ]  # fmt: skip
    kept = [each for each in (work.called_off if work else ()) if each.start not in begins]
    titles = tuple(each.model_dump(exclude_none=True) for each in fact.titles)
    return Work(
        fact.agreement, fact.maintenance, fact.revision, fact.services, times, (*kept, *dropped), fact.objectives,
        titles,
    )  # fmt: skip
