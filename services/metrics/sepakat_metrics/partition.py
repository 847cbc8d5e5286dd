"""What an instance holds of one partition of the topic of metric events, and the clock that it is judged by."""

from datetime import datetime

from sepakat_metrics.checkpoints import Pending
from sepakat_metrics.duplicates import Seen
from sepakat_shared.calendars import from_ms


class Partition:
    """What was read of a partition and is not stored yet, what was seen of it, and how far its indicators are judged.

    `start` is the offset to read from; `horizon` is how many offsets back a duplicate is known.
    """

    def __init__(self, name: str, start: int, horizon: int) -> None:
        self.name = name
        self.pending = Pending(start, start)
        self.seen = Seen(horizon, start)
        self.last_record_ms: int | None = None
        """When the last record that was read here was written, by the clock of the broker or of its producer."""
        self._reached: datetime | None = None

    def is_read(self, highwater: int | None) -> bool:
        """Whether nothing that the broker told of waits to be read; not before it has told anything."""
        return highwater is not None and highwater <= self.pending.end

    def now(self, wall: datetime, highwater: int | None) -> datetime | None:
        """The instant to judge at: the wall clock while all is read, else the time of the last record.

        Lag is not an outage. Nor does a record that has just come take back what was rightly judged before it: the
        instant only goes on. None while it is not known whether records wait.
        """
        if self.is_read(highwater):
            reached = wall
        elif self.last_record_ms is not None:
            reached = min(from_ms(self.last_record_ms), wall)
        else:
            return None
        self._reached = reached if self._reached is None else max(reached, self._reached)
        return min(self._reached, wall)
