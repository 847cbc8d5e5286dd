"""The commits of one service's database.

A commit is the audit log (who, why, the hash of the one before), the outbox (its messages, until `published`) and the
source of a replay. Its `_id` is the aggregate and its number: two writers of the same number collide on that id.
Nothing else than an atomic insert with a unique id is asked of the database.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import OperationFailure

from sepakat_shared import mongo, retry
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.hashes import canonical_hash
from sepakat_shared.messages import Envelope, Message
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.telemetry import current_traceparent
from sepakat_shared.together import Together

SCHEMA: Final = 1


@dataclass
class Handled:
    """A request that is being handled, by the name that its repeats share, and the commits that it may have led to:
    of one whose inserting failed or was cancelled, nobody knows without asking for it."""

    name: str
    commits: list[str] = field(default_factory=list)


handled: Final[ContextVar[Handled | None]] = ContextVar("handled", default=None)
"""What a task commits bears the name of the request that it handles."""


class Commits:
    """The commits of one service's database, and who is to be told of a new one."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.collection: Collection = db["commits"]
        self.db = db
        self.clock = clock
        self._outboxes: list[Callable[[Document], None]] = []
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        self.unwritten: set[str] = set()
        """Commits of this instance whose state document is not written yet: they count as unpublished until it is."""
        self._refresh: dict[str, Callable[[str], Awaitable[object]]] = {}
        self._insert = Together(self._insert_many)

    async def create_indexes(self) -> None:
        await self.collection.create_index([("published", ASCENDING), ("aggregate", ASCENDING), ("n", ASCENDING)])
        await self.collection.create_index([("aggregate", ASCENDING), ("n", ASCENDING)])

    def publish_with(self, outbox: Callable[[Document], None]) -> None:
        """Call `outbox` with each new commit as soon as it is durable."""
        self._outboxes.append(outbox)

    def tell(self, kind: str, listener: Callable[[], None]) -> None:
        """Call `listener` when state documents of that kind have changed."""
        self._listeners.setdefault(kind, []).append(listener)

    async def insert(self, commit: Document) -> bool:
        """Make a commit durable. False, and nothing is done, when another one has taken its number.

        Others go together with it: one that can't be written has failed before, where it was made.
        """
        tried = _tried([commit])
        try:
            made = await self._insert(commit)
        except OperationFailure as refused:
            if not isinstance(refused, retry.TRANSIENT):
                _forget_others(tried, [False])
            raise
        _forget_others(tried, [made])
        return made

    async def insert_many(self, commits: Sequence[Document]) -> Sequence[bool | Exception]:
        """The same for many: for each whether it was made, or why not."""
        tried = _tried(commits)
        answers = await self._insert_many(commits)
        _forget_others(tried, answers)
        return answers

    async def _insert_many(self, commits: Sequence[Document]) -> Sequence[bool | Exception]:
        answers = await mongo.insert_missing(self.collection, commits)
        for commit, answer in zip(commits, answers, strict=True):
            if answer is True:
                self._made(commit)
        return answers

    def _made(self, commit: Document) -> None:
        self.unwritten.add(commit["_id"])
        for publish in self._outboxes:
            publish(commit)

    def written(self, kind: str, commits: Iterable[str]) -> None:
        """The states that these commits led to are written, for whoever queries them: the timers."""
        self.unwritten.difference_update(commits)
        for listener in self._listeners.get(kind, ()):
            listener()

    def refresh_with(self, kind: str, find: Callable[[str], Awaitable[object]]) -> None:
        self._refresh[kind] = find

    async def refresh(self, aggregate: str) -> None:
        """Bring the state document of an aggregate up to its commits (a crash may have come between the two)."""
        kind, _, id = aggregate.partition("/")
        if kind in self._refresh:
            await self._refresh[kind](id)

    async def of(self, aggregate: str, after: int = 0) -> list[Document]:
        """In order. That there are none is the usual answer, and FerretDB knows only ids without reading everything."""
        if await self.collection.find_one({"_id": commit_id(aggregate, after + 1)}, {"_id": 1}) is None:
            return []
        found = self.collection.find({"aggregate": aggregate, "n": {"$gt": after}})
        return await found.sort("n", ASCENDING).to_list(None)


def _tried(commits: Sequence[Document]) -> list[str]:
    """Noted before it is done: what is cancelled meanwhile may be made all the same."""
    ids = [each["_id"] for each in commits]
    request = handled.get()
    if request is not None:
        request.commits += ids
    return ids


def _forget_others(tried: Sequence[str], answers: Sequence[bool | Exception]) -> None:
    request = handled.get()
    if request is not None:
        for id, answer in zip(tried, answers, strict=True):
            if answer is not True:
                request.commits.remove(id)


def commit_id(aggregate: str, n: int) -> str:
    """Of a commit: whoever inserts it is the only one who took that number."""
    return f"{aggregate}:{n:08d}"


def new_commit(
    aggregate: str, n: int, previous: str, events: Sequence[Document], messages: Sequence[Message], by: str,
    cause: Envelope | None, now: datetime,
) -> Document:  # fmt: skip
    """The document of an aggregate's `n`th commit, which follows the one whose hash is `previous` (none: "")."""
    signed = {
        "aggregate": aggregate,
        "n": n,
        "at": rfc3339(now),
        "by": by,
        "cause": _cause(cause),
        "events": events,
        "previous": previous,
    }
    request = handled.get()
    return {
        "_id": commit_id(aggregate, n),
        "schema": SCHEMA,
        **({} if request is None else {"request": request.name}),
        **signed,
        "hash": link_hash(signed),
        "committed_at": now,
        "messages": [
            {
                "topic": message.topic,
                "key": message.key,
                "type": message.type,
                "data": message.data,
                "subject": message.subject,
                "at": message.at,
            }
            for message in messages
        ],
        "traceparent": current_traceparent(),
        "published": False,
    }


def _cause(cause: Envelope | None) -> dict[str, str | None] | None:
    if cause is None:
        return None
    return {"event": cause.id, "type": cause.type, "aggregate": cause.aggregate, "sequence": cause.sequence}


_SIGNED = ("aggregate", "n", "at", "by", "cause", "events", "previous")


def link_hash(commit: Mapping[str, Any]) -> str:
    """The hash that the aggregate's next commit names as `previous`: over all that was decided, by whom and why."""
    return canonical_hash({name: commit[name] for name in _SIGNED})


def verify_chain(commits: Iterable[Document]) -> None:
    """Check one aggregate's commits, in order. Raises ValueError naming the first that was changed or is missing."""
    broken = first_broken(commits)
    if broken is not None:
        raise ValueError(f"{broken}: does not follow from the commit before it")


def first_broken(commits: Iterable[Document]) -> str | None:
    """The first of one aggregate's commits that does not follow from the one before it: it, or that one, was changed
    or is missing. None where the whole chain is as it was written.
    """
    previous = ""
    for n, commit in enumerate(commits, start=1):
        if commit["n"] != n or commit["previous"] != previous or commit["hash"] != link_hash(commit):
            return str(commit["_id"])
        previous = commit["hash"]
    return None
