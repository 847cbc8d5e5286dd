"""Webhook endpoints: where a party's own systems are told."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from pymongo import ASCENDING

from sepakat_notifier.routing import wants
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Aggregates, Commits, Kind, Loaded
from sepakat_shared.errors import NotFound

_FRESH_SECONDS = 1.0


@dataclass(frozen=True)
class Endpoint:
    """`types` are patterns of event types, none of them meaning all; `sealed` is the encrypted secret."""

    id: str
    party: str
    url: str
    types: tuple[str, ...]
    sealed: str
    created_at: datetime
    removed: bool = False


@dataclass(frozen=True)
class Added:
    endpoint: Endpoint


@dataclass(frozen=True)
class Removed:
    at: datetime


Event = Added | Removed


def apply(endpoint: Endpoint | None, event: Event) -> Endpoint:
    if isinstance(event, Added):
        return event.endpoint
    if endpoint is None:
        raise ValueError("an endpoint is removed that does not exist")
    return replace(endpoint, removed=True)


def remove(endpoint: Endpoint | None, now: datetime) -> Sequence[Event]:
    return [Removed(now)] if endpoint is not None and not endpoint.removed else []


def new_secret() -> str:
    """A Standard Webhooks secret: 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _fields(endpoint: Endpoint) -> Mapping[str, Any]:
    return {"parties": [endpoint.party], "removed": endpoint.removed}


ENDPOINT: Kind[Endpoint, Event] = Kind("endpoint", Endpoint, (Added, Removed), apply, _fields, lambda *_: [])


class Endpoints:
    """The endpoints of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, ENDPOINT)
        self._read: dict[str, tuple[float, Endpoint]] = {}

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    async def for_event(
        self, parties: Sequence[str], type: str, at: datetime, named: Sequence[str] = ()
    ) -> list[Endpoint]:
        """Those of `parties` that want `type`, or are `named`, and were there when it happened.

        A replay tells nobody the past.
        """
        query = {"parties": {"$in": list(parties)}, "removed": False}
        found = [self.all.read(each).state for each in await self.all.states.find(query).to_list(None)]
        wanting = [each for each in found if (each.id in named or wants(each.types, type)) and each.created_at <= at]
        self._read |= {each.id: (monotonic(), each) for each in wanting}
        return wanting

    async def of(self, id: str) -> Endpoint | None:
        """The endpoint, as it stood within the last second; None when it was removed."""
        read_at, endpoint = self._read.get(id, (0.0, None))
        if endpoint is None or monotonic() - read_at > _FRESH_SECONDS:
            loaded = await self.all.find(id)
            endpoint = loaded.state if loaded else None
        return None if endpoint is None or endpoint.removed else endpoint

    async def visible(self, id: str, asking: Principal) -> Loaded[Endpoint]:
        """Raises NotFound also for what belongs to others or was removed."""
        loaded = await self.all.find(id)
        if loaded is None or loaded.state.removed or not asking.sees([loaded.state.party]):
            raise NotFound(f"there is no webhook endpoint {id!r} of yours")
        return loaded

    async def page(self, asking: Principal, after: str | None, limit: int) -> list[Endpoint]:
        query: dict[str, Any] = {"removed": False} | ({"_id": {"$gt": after}} if after else {})
        found = self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)]
