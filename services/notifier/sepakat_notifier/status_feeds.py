"""Status feeds in the database: who allows one, and what it shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sepakat_notifier import status_feed as domain
from sepakat_notifier.directory import Directory
from sepakat_notifier.standings import Standings
from sepakat_notifier.status import KEPT_FOR, Status, status
from sepakat_notifier.status_feed import Allowed, Event, StatusFeed, TakenBack
from sepakat_notifier.vault import Vault
from sepakat_notifier.works import Works
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Gone, NotFound


def _fields(feed: StatusFeed) -> Mapping[str, Any]:
    return {"parties": list(feed.parties)}


STATUS_FEED: Kind[StatusFeed, Event] = Kind(
    "status_feed", StatusFeed, (Allowed, TakenBack), domain.apply, _fields, lambda *_: []
)


class StatusFeeds:
    def __init__(
        self, commits: Commits, directory: Directory, standings: Standings, works: Works, vault: Vault, clock: Clock
    ) -> None:
        self._all = Aggregates(commits, STATUS_FEED)
        self._directory = directory
        self._standings = standings
        self._works = works
        self._vault = vault
        self._clock = clock

    async def visible(self, agreement: str, asking: Principal) -> StatusFeed:
        """As it stands, to either party of the agreement. Raises NotFound also for what belongs to others."""
        covered = await self._directory.covered(agreement)
        if covered is None or not asking.sees(covered.parties):
            raise NotFound(f"there is no agreement {agreement!r} of yours")
        loaded = await self._all.find(agreement)
        return StatusFeed(agreement, covered.parties) if loaded is None else loaded.state

    async def say(self, agreement: str, party: str, allows: bool, asking: Principal) -> StatusFeed:
        """`party` allows it, or takes that back. Raises NotFound."""
        known = await self.visible(agreement, asking)

        def decide(feed: StatusFeed | None, now: datetime) -> list[Event]:
            return list(domain.decide(feed, agreement, known.parties, party, allows, asking.id, now))

        loaded = await self._all.execute(agreement, decide, by=asking.id)
        return known if loaded is None else loaded.state

    def token(self, feed: StatusFeed) -> str:
        return self._vault.status_token(feed.agreement, feed.series)

    async def read(self, token: str, language: str) -> Status:
        """What an address shows. Raises NotFound, or Gone where a party has taken it back."""
        agreement, series = self._vault.open_status(token)
        loaded = await self._all.find(agreement)
        if loaded is None or not loaded.state.is_public or loaded.state.series != series:
            raise Gone("this status is not public any more: a party of the agreement has taken that back")
        covered = await self._directory.covered(agreement)
        if covered is None:
            raise NotFound("the agreement of this status is not here any more")
        now = self._clock.now()
        found = await self._standings.of(agreement, now - KEPT_FOR)
        return status(covered, found, language, now, await self._works.of(agreement, now - KEPT_FOR))
