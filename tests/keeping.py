"""Aggregates that are kept in memory: what a service's own code decides, one after the other, without a database."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from sepakat_shared.aggregate import Loaded
from sepakat_shared.aggregates import Aggregates


class Kept:
    """All aggregates of all kinds, by their keys."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
        self.now = now
        self._states: dict[str, Loaded[Any]] = {}

        async def present(all: Aggregates[Any, Any], id: str) -> Loaded[Any] | None:
            return self._states.get(all._kind.key(id))

        async def execute(
            all: Aggregates[Any, Any], id: str, decide: Callable[[Any, datetime], Sequence[Any]], **_how: Any
        ) -> Loaded[Any] | None:
            known = await present(all, id)
            state, version = (known.state, known.version) if known is not None else (None, 0)
            events = decide(state, self.now)
            for event in events:
                state = all._kind.apply(state, event)
            if events:
                self._states[all._kind.key(id)] = Loaded(id, state, version + 1, "")
            return self._states.get(all._kind.key(id))

        monkeypatch.setattr(Aggregates, "present", present)
        monkeypatch.setattr(Aggregates, "execute", execute)

    def of(self, kind: str) -> list[Any]:
        """The states of a kind, in the order in which they began."""
        return [each.state for key, each in self._states.items() if key.startswith(f"{kind}/")]
