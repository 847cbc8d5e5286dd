"""How a webhook endpoint is: its first failure, recovery and end are kept, and once an hour that it fails still."""

from datetime import datetime, timedelta

from sepakat_notifier import endpoint as domain
from sepakat_notifier.attempts import Attempted
from sepakat_notifier.endpoint import Endpoint, Event
from sepakat_notifier.endpoints import Endpoints
from sepakat_shared.clock import Clock

_BY = "delivery"


class Health:
    def __init__(self, endpoints: Endpoints, disable_after: timedelta, clock: Clock) -> None:
        self._endpoints = endpoints
        self._disable_after = disable_after
        self._clock = clock

    async def note(self, id: str, attempted: Attempted, failed_before: bool) -> None:
        """What an attempt says of the endpoint; nearly always nothing that is new.

        `failed_before`: an earlier attempt of the same message has failed. Another instance may have made that one and
        noted it just now, so a success is held against the endpoint as it is, not as it was seconds ago.
        """
        endpoint = await self._endpoints.of(id, anew=failed_before and attempted.works is True)
        if endpoint is not None and self._decide(endpoint, attempted, self._clock.now()):
            await self._endpoints.execute(
                id, lambda known, now: self._decide(known, attempted, now) if known else [], by=_BY
            )

    def _decide(self, endpoint: Endpoint, attempted: Attempted, now: datetime) -> list[Event]:
        if attempted.gone:
            return list(domain.note_gone(endpoint, attempted.reason, now))
        if attempted.works is None:
            return []
        if attempted.works:
            return list(domain.note_success(endpoint, now))
        return list(domain.note_failure(endpoint, attempted.reason, self._disable_after, now))
