"""Links by which a calendar program reads one calendar: it can only GET an address, and sends no key.

A link is as good as a key for that one calendar, so it is kept as one is: its token is 256 random bits, shown once and
stored as a hash, its making and its end are commits, and it ends at once when it is revoked.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal, digest
from sepakat_shared.commits import Commits
from sepakat_shared.errors import Gone, NotFound


@dataclass(frozen=True)
class Link:
    """`of` is whose calendar it reads: an agreement's id, or a rotation's.

    `party` is whose key made it, None for an operator's: the link shows what that party may see. `agreement` and
    `rotation` are what `of` was called in links that were stored before.
    """

    id: str
    party: str | None
    digest: str
    by: str
    made_at: datetime
    revoked_at: datetime | None = None
    of: str | None = None
    agreement: str | None = None
    rotation: str | None = None

    @property
    def calendar(self) -> str:
        return self.of or self.agreement or self.rotation or ""


@dataclass(frozen=True)
class Made:
    link: Link


@dataclass(frozen=True)
class Revoked:
    by: str
    at: datetime


Event = Made | Revoked


def apply(link: Link | None, event: Event) -> Link:
    if isinstance(event, Made):
        return event.link
    if link is None:
        raise ValueError("a link is made before it is revoked")
    return replace(link, revoked_at=event.at)


def revoke(link: Link | None, by: str, now: datetime) -> Sequence[Event]:
    """Once; again, nothing happens."""
    return [] if link is None or link.revoked_at is not None else [Revoked(by, now)]


class CalendarLinks:
    """The links of all parties to calendars of one `subject` (`agreement`, `rotation`), stored as that `kind`.

    Every reading is narrowed to those of the principal.
    """

    def __init__(self, commits: Commits, kind: str, subject: str) -> None:
        self._subject = subject
        stored: Kind[Link, Event] = Kind(kind, Link, (Made, Revoked), apply, self._fields, lambda *_: [])
        self._all = Aggregates(commits, stored)

    def _fields(self, link: Link) -> Mapping[str, Any]:
        return {
            "parties": [link.party] if link.party else [], self._subject: link.calendar, "digest": link.digest,
            "revoked": link.revoked_at is not None,
        }  # fmt: skip

    async def create_indexes(self) -> None:
        await self._all.states.create_index([("digest", ASCENDING)])
        await self._all.states.create_index([(self._subject, ASCENDING), ("_id", ASCENDING)])

    async def make(self, of: str, asking: Principal) -> tuple[Link, str]:
        """A new link, and its token, which is kept nowhere."""
        id, token = secrets.token_hex(8), secrets.token_urlsafe(32)

        def decide(_link: Link | None, now: datetime) -> Sequence[Event]:
            return [Made(Link(id, asking.party, digest(token), asking.id, now, of=of))]

        await self._all.execute(id, decide, by=asking.id, new=True)
        return (await self._all.get(id)).state, token

    async def of(self, calendar: str, asking: Principal) -> list[Link]:
        """Those that are not revoked."""
        found = self._all.states.find(asking.restrict({self._subject: calendar, "revoked": False}))
        return [self._all.read(each).state for each in await found.sort("_id", ASCENDING).to_list(None)]

    async def revoke(self, id: str, calendar: str, asking: Principal) -> None:
        """Raises NotFound also for another party's."""
        loaded = await self._all.find(id)
        if loaded is None or loaded.state.calendar != calendar:
            raise NotFound(f"there is no calendar link {id!r} of this {self._subject}")
        if not asking.is_operator and loaded.state.party != asking.party:
            raise NotFound(f"there is no calendar link {id!r} of yours")
        await self._all.execute(id, lambda link, now: revoke(link, asking.id, now), by=asking.id)

    async def opened(self, token: str) -> tuple[str, Principal]:
        """Whose calendar a token is for, and who may see it. Raises NotFound or Gone."""
        found = await self._all.states.find_one({"digest": digest(token)})
        if found is None:
            raise NotFound("this calendar link is not one of ours, or a part of it is missing")
        # The document may be a moment behind: a link that was revoked is never read by what was before.
        link = (await self._all.get(found["_id"])).state
        if link.revoked_at is not None:
            raise Gone("this calendar link was revoked; ask for a new one")
        roles = frozenset({"operator"}) if link.party is None else frozenset[str]()
        return link.calendar, Principal(f"calendar-link {link.id}", link.party, roles, frozenset())
