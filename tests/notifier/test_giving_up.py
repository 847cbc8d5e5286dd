"""What waited too long for a server that is left alone ends, whatever else waits for it; without any database."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from facts import NOW, notification, objective
from notifying import settings

from sepakat_notifier import overdue
from sepakat_notifier.breaker import Breaker
from sepakat_notifier.delivery import Deliveries
from sepakat_notifier.notification import Event, Notification, apply
from sepakat_notifier.store import NOTIFICATION
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts.fact import rfc3339

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
MOST = 3


class Stored:
    """Stands for the database: what `find` is asked for is looked for in what is kept."""

    def __init__(self, *kept: Notification) -> None:
        self.kept = {each.id: each for each in kept}
        self.all = self.states = self

    def find(self, query: dict[str, Any], _fields: Any) -> Any:
        found = [each for each in self.kept.values() if _fits(_document(each), query)]

        async def first(limit: int) -> list[dict[str, Any]]:
            return [{"_id": each.id} for each in found[:limit]]

        return SimpleNamespace(limit=lambda limit: SimpleNamespace(to_list=lambda _: first(limit)))

    async def execute_many(
        self, decides: Mapping[str, Callable[[Notification, datetime], Sequence[Event]]], by: str
    ) -> dict[str, Any]:
        for id, decide in decides.items():
            for event in decide(self.kept[id], NOW):
                self.kept[id] = apply(self.kept[id], event)
        return {id: SimpleNamespace(state=self.kept[id]) for id in decides}

    @property
    def given_up(self) -> list[str]:
        return [each.id for each in self.kept.values() if each.status == "given_up"]


def _document(kept: Notification) -> dict[str, Any]:
    since = None if kept.tried_since is None else rfc3339(kept.tried_since)
    return {**NOTIFICATION.fields(kept), "state.tried_since": since}


def _fits(document: dict[str, Any], query: dict[str, Any]) -> bool:
    return all(_is(document[name], wanted) for name, wanted in query.items())


def _is(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    how: dict[str, Callable[[Any], bool]] = {
        "$lt": lambda than: value < than, "$lte": lambda than: value <= than, "$gte": lambda than: value >= than,
        "$in": lambda among: value in among,
    }  # fmt: skip
    return value is not None and all(how[name](of) for name, of in wanted.items())


def waiting(
    id: str, created_at: datetime, tried_since: datetime | None = None, recipient: str = "hook"
) -> Notification:
    return notification(
        objective(), recipient, id=id, channel="webhook", created_at=created_at, tried_since=tried_since, due_at=NOW
    )


def deliveries(stored: Any) -> Deliveries:
    """Those that leave `hook` alone for the next hour."""
    made = Deliveries(stored, {}, settings(), ManualClock(NOW))
    made._outlets.of("webhook", "hook").breaker = Breaker(open_until=NOW + HOUR)
    return made


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "_AT_ONCE", MOST)


async def test_what_is_tried_anew_neither_ends_nor_hides_what_is_overdue() -> None:
    replayed = [waiting(f"replayed{n}", NOW - WEEK, NOW - HOUR) for n in range(2 * MOST)]
    late = [waiting("overdue", NOW - WEEK), waiting("again", NOW - 2 * WEEK, NOW - WEEK)]
    others = [waiting("young", NOW - HOUR), waiting("another's", NOW - WEEK, recipient="works")]
    stored = Stored(*replayed, *late, *others)
    await deliveries(stored)._give_up_what_was_left_alone(NOW)
    assert stored.given_up == ["overdue", "again"]


async def test_it_goes_on_at_once_only_while_something_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = Stored(*[waiting(f"n{n}", NOW - WEEK) for n in range(2 * MOST)])
    ours = deliveries(stored)
    ours._give_up_at = later = NOW + HOUR
    await ours._give_up_what_was_left_alone(NOW)
    assert len(stored.given_up) == MOST and ours._give_up_at == NOW, "there are more"

    monkeypatch.setattr(overdue.sending, "expire", lambda *_: [])
    ours._give_up_at = later
    await ours._give_up_what_was_left_alone(NOW)
    assert ours._give_up_at == later
