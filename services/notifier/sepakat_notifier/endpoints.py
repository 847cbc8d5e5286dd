"""Webhook endpoints in the database: those of all parties, found by what they want to hear."""

import base64
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Literal
from urllib.parse import urlsplit

from pymongo import ASCENDING

from sepakat_notifier.endpoint import (
    Added,
    Changed,
    ChatChanged,
    Disabled,
    Enabled,
    Endpoint,
    Event,
    FailedOn,
    Faltered,
    Recovered,
    Removed,
    Rotated,
    apply,
)
from sepakat_notifier.routing import wants
from sepakat_shared.aggregate import Kind, Loaded
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.notifications import EndpointDisabled
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Message
from sepakat_shared.together import Shared

_FRESH_SECONDS = 5.0
EndpointKind = Literal["webhook", "chat"]


def new_secret() -> str:
    """A Standard Webhooks secret: 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _fields(endpoint: Endpoint) -> Mapping[str, Any]:
    return {"parties": [endpoint.party], "removed": endpoint.removed, "kind": endpoint.kind}


def _messages(event: Event, endpoint: Endpoint) -> Iterable[Message]:
    if not isinstance(event, Disabled):
        return []
    # Its host alone: what else is in an address may be a secret.
    fact = EndpointDisabled(
        endpoint=endpoint.id, party=endpoint.party, host=urlsplit(endpoint.url).hostname or endpoint.service or "",
        reason=event.reason, failed=event.failed, failing_since=endpoint.failing_since, at=event.at,
    )  # fmt: skip
    return [Message.of(topics.NOTIFICATIONS, endpoint.id, fact)]


ENDPOINT: Kind[Endpoint, Event] = Kind(
    "endpoint", Endpoint,
    (Added, Changed, ChatChanged, Rotated, Faltered, FailedOn, Recovered, Disabled, Enabled, Removed), apply, _fields,
    _messages,
)  # fmt: skip


def _hears(endpoint: Endpoint, type: str) -> bool:
    """A chat hears what it names; without that, only what people want to read there."""
    return wants(endpoint.types, type) and (endpoint.kind == "webhook" or bool(endpoint.types))


class Endpoints:
    """The endpoints of all parties; every reading is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self.all = Aggregates(commits, ENDPOINT)
        self._read: dict[str, tuple[float, Endpoint]] = {}
        self._of_parties = Shared(self._find_of_parties)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("parties", ASCENDING), ("_id", ASCENDING)])

    async def for_event(
        self, parties: Sequence[str], type: str, at: datetime, named: Sequence[str] = ()
    ) -> list[Endpoint]:
        """Those of `parties` that want `type`, or are `named`, and were there when it happened.

        A replay tells nobody the past.
        """
        found = await self._of_parties(frozenset(parties))
        wanting = [each for each in found if (each.id in named or _hears(each, type)) and each.created_at <= at]
        self._read |= {each.id: (monotonic(), each) for each in wanting}
        return wanting

    async def _find_of_parties(self, parties: frozenset[str]) -> list[Endpoint]:
        query = {"parties": {"$in": sorted(parties)}, "removed": False}
        return [self.all.read(each).state for each in await self.all.states.find(query).to_list(None)]

    async def of(self, id: str, anew: bool = False) -> Endpoint | None:
        """The endpoint, as it stood within the last seconds or, `anew`, as it is; None when it was removed."""
        read_at, endpoint = self._read.get(id, (0.0, None))
        if anew or endpoint is None or monotonic() - read_at > _FRESH_SECONDS:
            loaded = await self.all.present(id)
            endpoint = loaded.state if loaded else None
            if endpoint is not None:
                self._read[id] = (monotonic(), endpoint)
        return None if endpoint is None or endpoint.removed else endpoint

    async def execute(
        self, id: str, decide: Callable[[Endpoint | None, datetime], Sequence[Event]], by: str,
        expected_version: int | None = None,
    ) -> Loaded[Endpoint]:  # fmt: skip
        """Raises what `decide` raises, and Stale. What is read afterwards here is what was decided."""
        loaded = await self.all.execute(id, decide, by=by, expected_version=expected_version)
        self._read.pop(id, None)
        if loaded is None:
            raise NotFound(f"there is no endpoint {id!r} of yours")
        return loaded

    async def visible(self, id: str, asking: Principal, kind: EndpointKind = "webhook") -> Loaded[Endpoint]:
        """Raises NotFound also for what belongs to others, was removed or is of the other kind."""
        loaded = await self.all.find(id)
        if loaded is None or loaded.state.removed or not asking.sees([loaded.state.party]) or loaded.state.kind != kind:
            raise NotFound(f"there is no {kind} endpoint {id!r} of yours")
        return loaded

    async def chats_of(self, party: str, ids: Sequence[str]) -> list[Endpoint]:
        """Those of `ids` that are chats of that party and not disabled, in that order."""
        found = [await self.of(id) for id in ids]
        return [
            each for each in found
            if each is not None and each.party == party and each.kind == "chat" and each.disabled_at is None
        ]  # fmt: skip

    async def page(
        self, asking: Principal, after: str | None, limit: int, kind: EndpointKind = "webhook"
    ) -> list[Endpoint]:
        # Those of earlier versions have no kind: they are webhooks.
        query: dict[str, Any] = {"removed": False, "kind": "chat" if kind == "chat" else {"$ne": "chat"}}
        query |= {"_id": {"$gt": after}} if after else {}
        found = self.all.states.find(asking.restrict(query)).sort("_id", ASCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)]
