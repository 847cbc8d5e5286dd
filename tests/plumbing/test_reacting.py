"""Several reactions to one event: their order, and that none keeps another from its effect."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from sepakat_shared import messages
from sepakat_shared.bus import Bus
from sepakat_shared.clock import SystemClock
from sepakat_shared.contracts.fact import Fact
from sepakat_shared.messages import Envelope, Poison
from sepakat_shared.reacting import Erased, Reaction
from sepakat_shared.settings import ServiceSettings

TOPIC = "sepakat.test.v1"


class Rang(Fact):
    type = "sepakat.bell.rang.v1"
    bell: str


class Heard(Fact):
    """The same event, as somebody reads it who wants to know more of it."""

    type = "sepakat.bell.rang.v1"
    bell: str
    volume: int


@dataclass(frozen=True)
class Written:
    value: bytes | None
    topic: str = TOPIC
    partition: int = 0
    offset: int = 0
    key: bytes | None = b"tower"
    headers: Any = field(
        default_factory=lambda: [
            (name, value.encode())
            for name, value in messages.binary_headers(
                id="e1", source="/test", type=Rang.type, subject="tower", time="2026-11-24T08:00:00Z",
                sequence="00000001.000", traceparent=None,
            ).items()
        ]
    )  # fmt: skip


RANG = Written(json.dumps({"bell": "tower"}).encode())


class Called:
    """Handlers by name, which note that they were called; those that were given an error raise it, once each."""

    def __init__(self, **errors: Exception) -> None:
        self.names: list[str] = []
        self.causes: list[Envelope] = []
        self._errors = errors

    def by(self, name: str, contract: type[Fact] = Rang) -> Reaction:
        async def handler(_fact: Fact, cause: Envelope) -> None:
            self.names.append(name)
            self.causes.append(cause)
            if (error := self._errors.pop(name, None)) is not None:
                raise error

        return Reaction(TOPIC, contract, handler, name)


def bus(*reactions: Reaction) -> Bus:
    settings = ServiceSettings(kafka="127.0.0.1:1", mongo="mongodb://127.0.0.1:1")
    return Bus(settings, "test", SystemClock(), None, reactions)  # type: ignore[arg-type]


async def test_an_event_is_handled_by_all_who_react_to_it_in_the_order_of_the_list() -> None:
    called = Called()
    await bus(called.by("first"), called.by("second"), called.by("third")).handle(RANG)
    assert called.names == ["first", "second", "third"]


async def test_what_one_has_applied_another_has_not() -> None:
    called = Called()
    await bus(called.by("first"), called.by("second")).handle(RANG)
    assert [each.aggregate for each in called.causes] == ["/test#tower#first", "/test#tower#second"]


async def test_two_that_cannot_be_told_apart_are_refused() -> None:
    called = Called()
    with pytest.raises(ValueError, match=r"two reactions to sepakat\.bell\.rang\.v1 have the reader 'twice'"):
        bus(called.by("twice"), called.by("twice"))


@pytest.mark.parametrize("error", [Poison("no such bell"), ValueError("a bug")])
async def test_what_never_works_for_one_keeps_no_other_from_its_effect_and_is_raised_then(error: Exception) -> None:
    called = Called(first=error)
    with pytest.raises(type(error), match=str(error)):
        await bus(called.by("first"), called.by("second")).handle(RANG)
    assert called.names == ["first", "second"]


async def test_what_passes_by_itself_holds_up_the_rest_so_that_the_order_is_the_same_again() -> None:
    called = Called(first=ConnectionError("away"))
    both = bus(called.by("first"), called.by("second"))
    with pytest.raises(ConnectionError):
        await both.handle(RANG)
    assert called.names == ["first"]
    await both.handle(RANG)
    assert called.names == ["first", "first", "second"]


async def test_each_reads_the_event_by_its_own_contract() -> None:
    called = Called()
    with pytest.raises(Poison, match="volume: Field required"):
        await bus(called.by("wants more", Heard), called.by("second")).handle(RANG)
    assert called.names == ["second"]


async def test_a_tombstone_reaches_all_who_keep_a_copy() -> None:
    called = Called()
    await bus(called.by("one copy", Erased), called.by("another", Erased)).handle(Written(None))
    assert called.names == ["one copy", "another"]
