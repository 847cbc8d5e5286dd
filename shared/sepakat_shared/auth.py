"""API keys: shown once, kept as the SHA-256 of their secret, issued by `agreements` and known to every service.

A principal acts for one party in roles; an operator acts for none and sees all. What a principal may see is decided in
the store: every query of a party's documents goes through `Principal.restrict`.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.agreements import KeyIssued, KeyRevoked, Role
from sepakat_shared.errors import Conflict, Forbidden, Unauthenticated
from sepakat_shared.messages import Message
from sepakat_shared.mongo import TRANSIENT, Collection, Database, Document

PREFIX = "spk_"
REMEMBERED_FOR: Final = timedelta(seconds=5)
"""For how long at most an instance takes a key that another one has heard to be revoked,"""
BELIEVED_FOR: Final = timedelta(minutes=5)
"""and for how long where it cannot ask its database."""


@dataclass(frozen=True)
class Principal:
    """Who asks: `id` is the key's, `party` None for an operator and for a mediator.

    `mediates` (`agreement/contact`) is of which agreement's disputes it is the mediator, by that contact.
    """

    id: str
    party: str | None
    roles: frozenset[str]
    scopes: frozenset[str]
    sources: frozenset[str] = frozenset()
    mediates: str | None = None

    @property
    def is_operator(self) -> bool:
        return "operator" in self.roles

    def may(self, scope: str) -> bool:
        """Whether the key has `scope` (operators have all)."""
        return self.is_operator or scope in self.scopes

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the key has `scope`."""
        if not self.may(scope):
            raise Forbidden(f"this key lacks the scope {scope!r}")

    def require_party(self, party: str) -> None:
        """Raise Forbidden unless the key acts for `party`."""
        if not self.is_operator and self.party != party:
            raise Forbidden(f"this key does not act for party {party!r}")

    def restrict(self, query: Document) -> Document:
        """`query`, narrowed to documents whose `parties` hold the principal's own."""
        if self.is_operator:
            return query
        # Null would match what has no parties at all: who acts for none finds nothing.
        return {**query, "parties": {"$in": []} if self.party is None else self.party}

    def sees(self, parties: Iterable[str]) -> bool:
        return self.is_operator or (self.party is not None and self.party in parties)


SCOPES = ("agreements:read", "agreements:write", "events:write", "compliance:read", "compliance:write",
          "incidents:read", "incidents:write", "alerts:write", "disputes:read", "disputes:write", "notifications:read",
          "notifications:write")  # fmt: skip


def digest(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash: there is no dictionary to try.
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


# -- issuing: an aggregate of `agreements`; here because `sepakat init` issues the first one --------------------------


@dataclass(frozen=True)
class Issued:
    key: str
    digest: str
    party: str | None
    roles: tuple[Role, ...]
    scopes: tuple[str, ...]
    sources: tuple[str, ...]
    expires_at: datetime | None
    mediates: str | None = None


@dataclass(frozen=True)
class Revoked:
    key: str


@dataclass(frozen=True)
class Key:
    issued: Issued
    revoked: bool = False


def _apply(key: Key | None, event: Issued | Revoked) -> Key:
    if isinstance(event, Issued):
        return Key(event)
    if key is None:
        raise ValueError("a key is issued before it is revoked")
    return Key(key.issued, revoked=True)


def _messages(event: Issued | Revoked, _key: Key) -> list[Message]:
    if isinstance(event, Revoked):
        return [Message.of(topics.KEYS, event.key, KeyRevoked(key=event.key))]
    fact = KeyIssued(
        key=event.key,
        digest=event.digest,
        party=event.party,
        roles=event.roles,
        scopes=event.scopes,
        sources=event.sources,
        expires_at=event.expires_at,
        mediates=event.mediates,
    )
    return [Message.of(topics.KEYS, event.key, fact)]


def _fields(key: Key) -> dict[str, Any]:
    return {"parties": [key.issued.party] if key.issued.party else [], "revoked": key.revoked}


KEY: Kind[Key, Issued | Revoked] = Kind("key", Key, (Issued, Revoked), _apply, _fields, _messages)


def issue(
    id: str, secret: str, party: str | None, roles: Sequence[Role], scopes: Sequence[str], sources: Sequence[str] = (),
    expires_at: datetime | None = None, mediates: str | None = None,
) -> Issued:  # fmt: skip
    """The event that makes `secret` a key. The secret itself is kept nowhere."""
    return Issued(id, digest(secret), party, tuple(roles), tuple(scopes), tuple(sources), expires_at, mediates)


def revoke(key: Key | None) -> list[Issued | Revoked]:
    if key is None:
        raise Conflict("there is no such key")
    return [] if key.revoked else [Revoked(key.issued.key)]


async def issue_first_operator(db: Database, clock: Clock, secret: str) -> bool:
    """Make `secret` an operator's key in the database of `agreements`; the service publishes it. False if it is one."""
    keys = Aggregates(Commits(db, clock), KEY)
    id = f"operator-{digest(secret)[:12]}"
    if await keys.find(id) is not None:
        return False
    await keys.execute(id, lambda _key, _now: [issue(id, secret, None, ["operator"], [])], by="sepakat init")
    return True


# -- checking: every service's own copy --------------------------------------------------------------------------------


class KnownKeys:
    """The keys a service has heard of, in its own database, with the last looked-up ones in memory."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._collection: Collection = db["known_keys"]
        self._clock = clock
        self._remembered: dict[str, _Remembered] = {}
        """By digest."""

    async def on_issued(self, fact: KeyIssued, _cause: object = None) -> None:
        document = {"_id": fact.digest, "key": fact.key, "fact": fact.as_json(), "revoked": False}
        await self._collection.update_one({"_id": fact.digest}, {"$setOnInsert": document}, upsert=True)

    async def on_revoked(self, fact: KeyRevoked, _cause: object = None) -> None:
        await self._collection.update_one({"key": fact.key}, {"$set": {"revoked": True}})
        self._remembered.clear()

    async def principal(self, secret: str) -> Principal:
        """Who holds `secret`. Raises Unauthenticated."""
        document = await self._known(digest(secret))
        if document is None:
            raise Unauthenticated(
                "this API key is not known: ask an operator for one; one that was just issued takes a moment"
            )
        if document["revoked"]:
            raise Unauthenticated("this API key was revoked; ask an operator for another one")
        fact = KeyIssued.model_validate(document["fact"])
        if fact.expires_at is not None and fact.expires_at <= self._clock.now():
            raise Unauthenticated(f"this API key expired at {fact.expires_at.isoformat()}")
        return Principal(
            fact.key, fact.party, frozenset(fact.roles), frozenset(fact.scopes), frozenset(fact.sources), fact.mediates
        )

    async def _known(self, hashed: str) -> Document | None:
        """One instance of a service hears that a key was revoked; what the others remember is read again soon.

        While the database is away, what is remembered is believed: events go on to the broker meanwhile.
        """
        now, known = self._clock.now(), self._remembered.get(hashed)
        if known is not None and known.asked_at <= now < known.asked_at + REMEMBERED_FOR:
            return known.document
        try:
            found: Document | None = await self._collection.find_one({"_id": hashed})
        except TRANSIENT:
            if known is None or not known.read_at <= now < known.read_at + BELIEVED_FOR:
                raise
            known.asked_at = self._clock.now()
            return known.document
        if found is None:
            return None
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remembered[hashed] = _Remembered(found, now, now)
        return found


@dataclass
class _Remembered:
    """A key as it was read, and when the database was last asked for it."""

    document: Document
    read_at: datetime
    asked_at: datetime
