"""Keeping up with what other instances write, without reading again and again all that was ever written."""

from datetime import datetime, timedelta
from typing import Final

from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Document

_ALL_EVERY: Final = timedelta(minutes=1)
_LATELY: Final = timedelta(minutes=1)
"""By how much the clocks of two instances, and a write that takes long, may differ before it is noticed later."""


class Lately:
    """What to ask for: at first and once a minute everything, and in between what was written in the last minute.

    `field` is when a document was written.
    """

    def __init__(self, clock: Clock, field: str) -> None:
        self._clock = clock
        self._field = field
        self._read_all_at: datetime | None = None
        self._asked_at: datetime | None = None

    @property
    def has_read(self) -> bool:
        return self._read_all_at is not None

    def query(self) -> Document:
        self._asked_at = now = self._clock.now()
        if self._read_all_at is None or now >= self._read_all_at + _ALL_EVERY:
            return {}
        return {self._field: {"$gte": now - _LATELY}}

    def was_read(self, query: Document) -> None:
        """Say so when all that was found is taken up: what failed in between is asked for again."""
        if not query:
            self._read_all_at = self._asked_at
