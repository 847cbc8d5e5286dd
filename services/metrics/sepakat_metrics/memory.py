"""The histories that an instance has in memory, each as far back as the objectives on it ask."""

from collections.abc import Callable, Iterable
from typing import Final

from sepakat_metrics.archive import Archive
from sepakat_metrics.history import History
from sepakat_metrics.registry import Registry

_KEPT_TOO_LONG_MS: Final = 45 * 86_400_000


class Memory:
    """`needed_since` says from when on (ms; None: the first event) an indicator's events are asked for."""

    def __init__(self, archive: Archive, registry: Registry, needed_since: Callable[[str], int | None]) -> None:
        self._archive = archive
        self._registry = registry
        self._needed_since = needed_since
        self._histories: dict[str, History] = {}
        self._since: dict[str, int | None] = {}

    def __getitem__(self, indicator: str) -> History:
        return self._histories[indicator]

    def missing(self, indicators: Iterable[str]) -> list[str]:
        return [each for each in indicators if each not in self._histories]

    async def read(self, indicators: Iterable[str]) -> None:
        """Read what is stored of them, many at once."""
        wanted = {indicator: self._needed_since(indicator) for indicator in indicators}
        self._histories |= await self._archive.histories(wanted, self._has_states)
        self._since |= wanted

    def _has_states(self, indicator: str) -> bool:
        known = self._registry.indicators.get(indicator)
        return known is None or known.kind_of_events == "state"

    def all_since(self, indicator: str, since: int | None) -> History | None:
        """What is here of an indicator, if that is all since then (ms; None: since ever)."""
        if indicator not in self._histories:
            return None
        kept = self._since[indicator]
        return self._histories[indicator] if kept is None or (since is not None and kept <= since) else None

    def drop_unsuited(self, indicators: Iterable[str]) -> bool:
        """Drop those that reach back too little, or much too far, for what is asked now. Whether there were any."""
        unsuited = [each for each in indicators if each in self._histories and not self._suits(each)]
        for indicator in unsuited:
            del self._histories[indicator], self._since[indicator]
        return bool(unsuited)

    def _suits(self, indicator: str) -> bool:
        kept, needed = self._since[indicator], self._needed_since(indicator)
        if kept is None or needed is None:
            return kept is needed
        return kept <= needed < kept + _KEPT_TOO_LONG_MS

    def clear(self) -> None:
        self._histories.clear()
        self._since.clear()
