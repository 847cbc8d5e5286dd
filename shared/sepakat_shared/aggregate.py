"""What one kind of aggregate is, and one of them as it stands. How it is decided, kept and told: `aggregates`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sepakat_shared.messages import Message

S = TypeVar("S")
E = TypeVar("E")


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
