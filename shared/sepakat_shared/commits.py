"""One command, one insert.

`decide(state, now) -> events` and `apply(state, event) -> state` are pure; everything a command does is one document in
`commits`, whose `_id` is the aggregate and its number. Two writers of the same number collide on that id: the loser
loads again and decides again. Nothing else than an atomic insert with a unique id is asked of the database.

A commit is the audit log (who, why, the hash of the one before), the outbox (its messages, until `published`) and the
source of a replay. State documents are a cache for reading: loading folds the commits that are ahead of one.

Since the insert is what decides, a command may begin with a guess: the state that this instance saw last, or that there
is none yet. A guess that is wrong collides, and one that leads to nothing is asked again of the present state.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import bson
import msgspec
import rfc8785
from pymongo import ASCENDING, ReplaceOne
from pymongo.errors import DuplicateKeyError

from sepakat_shared import mongo
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.errors import Conflict, NotFound, Stale, TooLarge
from sepakat_shared.messages import Envelope, Message, as_body
from sepakat_shared.mongo import Collection, Database, Document
from sepakat_shared.retry import TRANSIENT
from sepakat_shared.telemetry import current_traceparent
from sepakat_shared.together import Shared, Together

SCHEMA = 1
_DOT = "\u2024"
"""What stands for a dot in the name of a stored field."""
_REMEMBERED = 1_000
MOST_TOLD: Final = 900_000
"""Bytes of one message: a broker takes a megabyte, with its headers."""
MOST_STORED: Final = 12 * 1024 * 1024
"""Bytes of one commit or state: a database takes 16 MB of a document."""
_SMALL: Final = 16 * 1024
_MEASURED_EVERY: Final = 32
"""Commits; so many small ones bring a state from what is allowed to nowhere near what a database takes."""
_log = logging.getLogger(__name__)

S = TypeVar("S")
E = TypeVar("E")


class TooNew(Exception):
    """A document was written by a newer version of this software; upgrade before reading it."""


@dataclass(frozen=True)
class Kind(Generic[S, E]):
    """How one kind of aggregate is decided, folded, found and told. `state` and `events` are frozen dataclasses."""

    name: str
    state: type[S]
    events: tuple[type[E], ...]
    apply: Callable[[S | None, E], S]
    fields: Callable[[S], Mapping[str, Any]]
    """What readers and timers query the state document by."""
    messages: Callable[[E, S], Iterable[Message]]
    """What the others are told of one event, with the state after it."""

    def key(self, id: str) -> str:
        return f"{self.name}/{id}"


@dataclass(frozen=True)
class Loaded(Generic[S]):
    """An aggregate as it stands: `version` numbers its last commit, `applied` is what it saw of other aggregates."""

    id: str
    state: S
    version: int
    head: str
    applied: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Committed(Generic[E]):
    """What one commit decided, when and by whom."""

    at: datetime
    by: str
    events: Sequence[E]


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
        self._insert = Together(self.insert_many)

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
        return await self._insert(commit)

    async def insert_many(self, commits: Sequence[Document]) -> Sequence[bool | Exception]:
        """The same for many: for each whether it was made, or why not."""
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
        if await self.collection.find_one({"_id": _id(aggregate, after + 1)}, {"_id": 1}) is None:
            return []
        found = self.collection.find({"aggregate": aggregate, "n": {"$gt": after}})
        return await found.sort("n", ASCENDING).to_list(None)


class Aggregates(Generic[S, E]):
    """All aggregates of one kind. The last states of so many are `remembered`, and not read before a command."""

    def __init__(self, commits: Commits, kind: Kind[S, E], remembered: int = _REMEMBERED) -> None:
        self._commits = commits
        self._remembered = remembered
        self._kind = kind
        self._events = {event.__name__: event for event in kind.events}
        self._recent: OrderedDict[str, Loaded[S]] = OrderedDict()
        self.states: Collection = commits.db[kind.name]
        self._write_state = Together(self._write_states)
        self._look = Shared(self._look_again)
        self._read = Together(self._read_some)
        commits.refresh_with(kind.name, self.find)

    async def find(self, id: str) -> Loaded[S] | None:
        """The aggregate, or None when it has no commit."""
        document = await self.states.find_one({"_id": id})
        loaded = None if document is None else self._from_document(document)
        for commit in await self._commits.of(self._kind.key(id), after=loaded.version if loaded else 0):
            loaded = self._fold(id, loaded, commit)
        if loaded and (document is None or document["version"] < loaded.version):
            await self._write_state(loaded)
        if loaded:
            self._remember(loaded)
        return loaded

    async def get(self, id: str) -> Loaded[S]:
        """The aggregate. Raises NotFound."""
        loaded = await self.find(id)
        if loaded is None:
            raise NotFound(f"there is no {self._kind.name} {id!r}")
        return loaded

    async def seen(self, id: str) -> Loaded[S]:
        """The aggregate as this instance saw it last, or as it stands. Raises NotFound.

        Those that have not been seen of late, and are asked for at once, are read together.
        """
        loaded = self._recent.get(id) or await self._read(id)
        if loaded is None:
            raise NotFound(f"there is no {self._kind.name} {id!r}")
        return loaded

    async def _read_some(self, ids: Sequence[str]) -> list[Loaded[S] | None]:
        if len(ids) == 1:
            return [await self.find(ids[0])]
        found = await self.find_many(ids)
        return [found.get(id) for id in ids]

    async def present(self, id: str) -> Loaded[S] | None:
        """As `find`, in one round trip where this instance has seen it: only what follows is looked for.

        Those who ask at once are answered together.
        """
        return await self._look(id)

    async def _look_again(self, id: str) -> Loaded[S] | None:
        loaded = self._recent.get(id)
        if loaded is None:
            return await self.find(id)
        for commit in await self._commits.of(self._kind.key(id), after=loaded.version):
            loaded = self._fold(id, loaded, commit)
        self._remember(loaded)
        return loaded

    async def committed(self, id: str) -> list[Committed[E]]:
        """Everything that was ever decided of the aggregate, in order."""
        return [
            Committed(commit["committed_at"], commit["by"], [self._event(each) for each in commit["events"]])
            for commit in await self._commits.of(self._kind.key(id))
        ]

    def _event(self, stored: Mapping[str, Any]) -> E:
        return msgspec.convert(stored["data"], self._events[stored["type"]])

    def read(self, document: Document) -> Loaded[S]:
        """A state document from a query, as it is: at worst a little behind."""
        return self._from_document(document)

    async def execute(
        self,
        id: str,
        decide: Callable[[S | None, datetime], Sequence[E]],
        *,
        by: str,
        cause: Envelope | None = None,
        expected_version: int | None = None,
        new: bool = False,
        then: Callable[[S], None] | None = None,
    ) -> Loaded[S] | None:
        """Decide on the present state and commit what was decided; again from the start when somebody was faster.

        `cause` is the event this reacts to: one that the aggregate has applied already changes nothing. Give one cause
        to at most one command of the same aggregate. `new` says that there is most likely no commit yet: nobody looks
        for one first. `then` is called with the new state as soon as it is durable, before the state document is
        written. Returns None when there is no aggregate and nothing was decided.
        Raises Stale when `expected_version` is not the present one, TooLarge or Conflict where what was decided is more
        than can be told or stored, and whatever `decide` raises.
        """
        guessing, again = new or id in self._recent, self.present
        while True:
            loaded = self._recent.get(id) if guessing else await again(id)
            if loaded and cause and _has_applied(loaded, cause):
                if not guessing:
                    return loaded
                # Most likely it failed after the insert; reading all of it writes the state document that is missing.
                guessing, again = False, self.find
                continue
            now = self._commits.clock.now()
            try:
                if expected_version is not None and expected_version != (loaded.version if loaded else 0):
                    raise Stale("the document has changed since it was read; read it again and repeat the edit")
                events = decide(loaded.state if loaded else None, now)
            except Exception:
                if not guessing:
                    raise
                events = []
            if events:
                after = await self._append(id, loaded, events, by, cause, now, then)
                if after is not None:
                    return after
            elif not guessing:
                return loaded
            guessing = False

    async def _append(
        self, id: str, loaded: Loaded[S] | None, events: Sequence[E], by: str, cause: Envelope | None, now: datetime,
        then: Callable[[S], None] | None,
    ) -> Loaded[S] | None:  # fmt: skip
        """Commit, as what follows `loaded`. None when something else does."""
        commit = self._commit(id, loaded, events, by, cause, now)
        if not await self._commits.insert(commit):
            return None
        after = self._fold(id, loaded, commit)
        self._remember(after)
        if then is not None:
            then(after.state)
        await self._written([after], [commit["_id"]])
        return after

    async def _written(self, loaded: Sequence[Loaded[S]], commits: Sequence[str]) -> None:
        """Write the states that these commits led to. The command is done also where that fails.

        Whoever sent it must not send it again: the sweep finds the commits, and writes what is missing.
        """
        try:
            await asyncio.gather(*[self._write_state(each) for each in loaded])
        except TRANSIENT as error:
            _log.warning("the states after %s are written later: %s", ", ".join(commits), error)
        else:
            self._commits.written(self._kind.name, commits)

    async def execute_many(
        self,
        decisions: Mapping[str, Callable[[S | None, datetime], Sequence[E]]],
        *,
        by: str,
        read: Iterable[Loaded[S]] = (),
    ) -> dict[str, Loaded[S]]:
        """As `execute` for many aggregates at once, in as many round trips as for one; each is a commit of its own.

        `read` are those of them that a query has just found. Returns those that there are. Raises what a `decide`
        raises of the present state; what was decided of guesses is committed by then.
        """
        guesses = await self._guesses(decisions, read)
        after, _ = await self._commit_many(decisions, guesses, by, guessing=True)
        # What collided, and what a guess led to nothing for, is asked of the present state.
        left = {id: decide for id, decide in decisions.items() if id not in after}
        present = await self.find_many(list(left)) if left else {}
        again, collided = await self._commit_many(left, present, by, guessing=False)
        for id in collided:
            loaded = await self.execute(id, decisions[id], by=by)
            if loaded is not None:
                again[id] = loaded
        return after | present | again

    async def _commit_many(
        self, decisions: Mapping[str, Callable[[S | None, datetime], Sequence[E]]], known: Mapping[str, Loaded[S]],
        by: str, *, guessing: bool,
    ) -> tuple[dict[str, Loaded[S]], list[str]]:  # fmt: skip
        """Those that something was decided of and committed, and the ids of those whose number was taken."""
        now = self._commits.clock.now()
        commits: dict[str, Document] = {}
        for id, decide in decisions.items():
            loaded = known.get(id)
            try:
                events = decide(loaded.state if loaded else None, now)
                if events:
                    commits[id] = self._commit(id, loaded, events, by, None, now)
            except Exception:
                if not guessing:
                    raise
        answers = await self._commits.insert_many(list(commits.values())) if commits else []
        made = dict(zip(commits, answers, strict=True))
        collided = [id for id, answer in made.items() if answer is not True]
        after = {id: self._fold(id, known.get(id), commits[id]) for id, answer in made.items() if answer is True}
        for each in after.values():
            self._remember(each)
        if after:
            await self._written(list(after.values()), [commits[id]["_id"] for id in after])
        return after, collided

    async def _guesses(self, ids: Iterable[str], read: Iterable[Loaded[S]]) -> dict[str, Loaded[S]]:
        """The aggregates as this instance saw them last, or as their state documents have them."""
        known = {each.id: each for each in read}
        for id in ids:
            recent = self._recent.get(id)
            if recent is not None and (id not in known or known[id].version < recent.version):
                known[id] = recent
        others = [id for id in ids if id not in known]
        if others:
            found = await self.states.find({"_id": {"$in": others}}).to_list(None)
            known |= {document["_id"]: self._from_document(document) for document in found}
        return known

    async def find_many(self, ids: Sequence[str]) -> dict[str, Loaded[S]]:
        """The aggregates as they stand, those that there are: as `find`, in as many round trips as for one."""
        found = await self.states.find({"_id": {"$in": list(ids)}}).to_list(None)
        loaded = {document["_id"]: self._from_document(document) for document in found}
        stored = {id: each.version for id, each in loaded.items()}
        behind: Iterable[str] = ids
        while following := {_id(self._kind.key(id), _version(loaded.get(id)) + 1): id for id in behind}:
            commits = await self._commits.collection.find({"_id": {"$in": list(following)}}).to_list(None)
            for commit in commits:
                id = following[commit["_id"]]
                loaded[id] = self._fold(id, loaded.get(id), commit)
            behind = [following[commit["_id"]] for commit in commits]
        for id, each in loaded.items():
            if stored.get(id, 0) < each.version:
                await self._write_state(each)
            self._remember(each)
        return loaded

    def _remember(self, loaded: Loaded[S]) -> None:
        known = self._recent.get(loaded.id)
        if known is None or known.version < loaded.version:
            self._recent[loaded.id] = loaded
        self._recent.move_to_end(loaded.id)
        if len(self._recent) > self._remembered:
            self._recent.popitem(last=False)

    def _commit(
        self, id: str, loaded: Loaded[S] | None, events: Sequence[E], by: str, cause: Envelope | None, now: datetime
    ) -> Document:
        """Raises TooLarge or Conflict where it, or what it leads to, is larger than can be told or stored, or has a
        time beyond all calendars.
        """
        n = (loaded.version if loaded else 0) + 1
        aggregate = self._kind.key(id)
        state = loaded.state if loaded else None
        messages: list[Message] = []
        for event in events:
            state = self._kind.apply(state, event)
            messages.extend(self._kind.messages(event, state))
        if state is not None:
            self._check_fields(aggregate, state)
        signed = {
            "aggregate": aggregate,
            "n": n,
            "at": rfc3339(now),
            "by": by,
            "cause": _cause(cause),
            "events": [{"type": type(event).__name__, "data": msgspec.to_builtins(event)} for event in events],
            "previous": loaded.head if loaded else "",
        }
        commit = {
            "_id": _id(aggregate, n),
            "schema": SCHEMA,
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
        size = len(bson.encode(commit))
        _check_commit(commit, size)
        if size > _SMALL or n % _MEASURED_EVERY == 0:
            _check_state(aggregate, msgspec.to_builtins(state))
        return commit

    def _check_fields(self, aggregate: str, state: S) -> None:
        """What readers query by must be there for the state, too: once committed, it is worked out at every reading."""
        try:
            self._kind.fields(state)
        except OverflowError as error:
            raise Conflict(f"{aggregate} would have a time beyond all calendars") from error

    def _fold(self, id: str, loaded: Loaded[S] | None, commit: Document) -> Loaded[S]:
        state = loaded.state if loaded else None
        for event in commit["events"]:
            state = self._kind.apply(state, self._event(event))
        if state is None:
            raise ValueError(f"commit {commit['_id']} has no events")
        applied = dict(loaded.applied) if loaded else {}
        cause = commit["cause"]
        if cause and cause["aggregate"]:
            applied[cause["aggregate"]] = cause["sequence"]
        return Loaded(id, state, commit["n"], commit["hash"], applied)

    async def _write_states(self, loaded: Sequence[Loaded[S]]) -> Sequence[None]:
        """Write the newest of each, unless a newer one is there.

        An upsert that fails among others is more than FerretDB can tell of: inserts and replacements go apart.
        """
        newest = {each.id: each for each in sorted(loaded, key=lambda each: each.version)}
        documents = {id: {"_id": id, **self._to_document(each)} for id, each in newest.items()}
        first = [documents[each.id] for each in loaded if each.version == 1]
        inserted = await mongo.insert_missing(self.states, first) if first else []
        there = {document["_id"] for document, done in zip(first, inserted, strict=True) if done is True}
        others = [
            ReplaceOne({"_id": id, "version": {"$lt": each.version}}, documents[id])
            for id, each in newest.items() if id not in there
        ]  # fmt: skip
        if others and await mongo.replace_many(self.states, others) < len(others):
            for id in newest.keys() - there:
                await self._write_unless_newer(newest[id])
        return [None] * len(loaded)

    async def _write_unless_newer(self, loaded: Loaded[S]) -> None:
        """Where the bulk found nothing to replace: a newer state is there, or none, since a write has failed once."""
        older = {"_id": loaded.id, "version": {"$lt": loaded.version}}
        try:
            await self.states.replace_one(older, self._to_document(loaded), upsert=True)
        except DuplicateKeyError:
            _log.debug("a newer state of %s is already there", loaded.id)

    def _to_document(self, loaded: Loaded[S]) -> Document:
        return {
            **self._kind.fields(loaded.state),
            "schema": SCHEMA,
            "version": loaded.version,
            "head": loaded.head,
            "applied": [{"aggregate": name, "sequence": sequence} for name, sequence in loaded.applied.items()],
            "state": _renamed(msgspec.to_builtins(loaded.state), ".", _DOT),
        }

    def _from_document(self, document: Document) -> Loaded[S]:
        if document["schema"] > SCHEMA:
            raise TooNew(f"{self._kind.name} {document['_id']} was written by a newer Sepakat; upgrade this service")
        state = msgspec.convert(_renamed(document["state"], _DOT, "."), self._kind.state)
        applied: dict[str, str] = {each["aggregate"]: each["sequence"] for each in document["applied"]}
        return Loaded(document["_id"], state, document["version"], document["head"], applied)


def _renamed(value: Any, old: str, new: str) -> Any:
    """The same with `old` in the names of fields as `new`: ids have dots, and FerretDB takes none in a name."""
    if isinstance(value, dict):
        return {name.replace(old, new): _renamed(each, old, new) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, old, new) for each in value]
    return value


def _check_commit(commit: Document, size: int) -> None:
    if size > MOST_STORED:
        raise TooLarge(f"{commit['_id']} would have {size} bytes, and {MOST_STORED} is the most that is kept of one")
    # JSON takes at most six times the bytes of BSON.
    for message in commit["messages"] if size * 6 > MOST_TOLD else ():
        told = len(as_body(message["data"]) or b"")
        if told > MOST_TOLD:
            raise TooLarge(
                f"{message['type']} would have {told} bytes, and {MOST_TOLD} is the most that is told at once"
            )


def _check_state(aggregate: str, state: Any) -> None:
    size = len(bson.encode({"state": state}))
    if size > MOST_STORED:
        rule = f"would have {size} bytes, and {MOST_STORED} is the most that is kept of one"
        raise Conflict(f"{aggregate} {rule}; nothing more can be added to it")


def _id(aggregate: str, n: int) -> str:
    """Of a commit: whoever inserts it is the only one who took that number."""
    return f"{aggregate}:{n:08d}"


def _version(loaded: Loaded[Any] | None) -> int:
    return loaded.version if loaded else 0


def _has_applied(loaded: Loaded[Any], cause: Envelope) -> bool:
    return bool(cause.aggregate) and loaded.applied.get(cause.aggregate or "", "") >= (cause.sequence or "")


def _cause(cause: Envelope | None) -> dict[str, str | None] | None:
    if cause is None:
        return None
    return {"event": cause.id, "type": cause.type, "aggregate": cause.aggregate, "sequence": cause.sequence}


_SIGNED = ("aggregate", "n", "at", "by", "cause", "events", "previous")


def link_hash(commit: Mapping[str, Any]) -> str:
    """The hash that the aggregate's next commit names as `previous`: over all that was decided, by whom and why."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps({name: commit[name] for name in _SIGNED})).hexdigest()


def verify_chain(commits: Iterable[Document]) -> None:
    """Check one aggregate's commits, in order. Raises ValueError naming the first that was changed or is missing."""
    previous = ""
    for n, commit in enumerate(commits, start=1):
        if commit["n"] != n or commit["previous"] != previous or commit["hash"] != link_hash(commit):
            raise ValueError(f"{commit['_id']}: does not follow from the commit before it")
        previous = commit["hash"]
