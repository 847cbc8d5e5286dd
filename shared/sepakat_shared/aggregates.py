"""One command, one insert.

`decide(state, now) -> events` and `apply(state, event) -> state` are pure; everything a command does is one document in
`commits`. Two writers of the same number collide there: the loser loads again and decides again.

Since the insert is what decides, a command may begin with a guess: the state that this instance saw last, or that there
is none yet. A guess that is wrong collides, and one that leads to nothing is asked again of the present state.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from sepakat_shared import mongo, sizes
from sepakat_shared.aggregate import Committed, Kind, Loaded
from sepakat_shared.commits import Commits, commit_id, new_commit
from sepakat_shared.errors import Conflict, NotFound, Stale
from sepakat_shared.messages import Envelope, Message
from sepakat_shared.mongo import Collection, Document
from sepakat_shared.retry import TRANSIENT
from sepakat_shared.state_documents import StateDocuments
from sepakat_shared.together import Shared, Together

_REMEMBERED: Final = 1_000
_log = logging.getLogger(__name__)

S = TypeVar("S")
E = TypeVar("E")


class Aggregates(Generic[S, E]):
    """All aggregates of one kind. The last states of so many are `remembered`, and not read before a command."""

    def __init__(self, commits: Commits, kind: Kind[S, E], remembered: int = _REMEMBERED) -> None:
        self._commits = commits
        self._remembered = remembered
        self._kind = kind
        self._events = {event.__name__: event for event in kind.events}
        self._recent: OrderedDict[str, Loaded[S]] = OrderedDict()
        self._documents = StateDocuments(commits.db, kind, commits.clock)
        self.states: Collection = self._documents.collection
        self._look = Shared(self._look_again)
        self._read = Together(self._read_some)
        commits.refresh_with(kind.name, self.find)

    async def find(self, id: str) -> Loaded[S] | None:
        """The aggregate, or None when it has no commit."""
        stored = loaded = await self._documents.find(id)
        for commit in await self._commits.of(self._kind.key(id), after=_version(stored)):
            loaded = self._fold(id, loaded, commit)
        if loaded:
            if _version(stored) < loaded.version:
                await self._documents.write(loaded)
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
        if len(ids) <= mongo.FEW:
            return await asyncio.gather(*[self.find(id) for id in ids])
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
        return self._documents.read(document)

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
                if expected_version is not None and expected_version != _version(loaded):
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
            await asyncio.gather(*[self._documents.write(each) for each in loaded])
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
            known |= await self._documents.find_many(others)
        return known

    async def find_many(self, ids: Sequence[str]) -> dict[str, Loaded[S]]:
        """The aggregates as they stand, those that there are: as `find`, in as many round trips as for one."""
        loaded = await self._documents.find_many(ids)
        stored = {id: each.version for id, each in loaded.items()}
        behind: Iterable[str] = ids
        while following := {commit_id(self._kind.key(id), _version(loaded.get(id)) + 1): id for id in behind}:
            commits = await self._commits.collection.find({"_id": {"$in": list(following)}}).to_list(None)
            for commit in commits:
                id = following[commit["_id"]]
                loaded[id] = self._fold(id, loaded.get(id), commit)
            behind = [following[commit["_id"]] for commit in commits]
        for id, each in loaded.items():
            if stored.get(id, 0) < each.version:
                await self._documents.write(each)
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
        aggregate = self._kind.key(id)
        state = loaded.state if loaded else None
        messages: list[Message] = []
        for event in events:
            state = self._kind.apply(state, event)
            messages.extend(self._kind.messages(event, state))
        if state is not None:
            self._check_fields(aggregate, state)
        stored = [{"type": type(event).__name__, "data": msgspec.to_builtins(event)} for event in events]
        previous = loaded.head if loaded else ""
        commit = new_commit(aggregate, _version(loaded) + 1, previous, stored, messages, by, cause, now)
        sizes.check(commit, state)
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


def _version(loaded: Loaded[Any] | None) -> int:
    return loaded.version if loaded else 0


def _has_applied(loaded: Loaded[Any], cause: Envelope) -> bool:
    return bool(cause.aggregate) and loaded.applied.get(cause.aggregate or "", "") >= (cause.sequence or "")
