"""A text governs incidents from when it is in force, and none that another one governs."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import pytest
from samples import agreement, agreement_dict

from sepakat_incidents import folding
from sepakat_incidents import line as domain
from sepakat_incidents.escalation import Ladder, Rung
from sepakat_incidents.events import Event, Planned
from sepakat_incidents.handling import Handling
from sepakat_incidents.incident import About, Line, Trigger
from sepakat_incidents.reactions import Reactions
from sepakat_incidents.wordings import Wording
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TEXT: dict[str, Any] = {
    "priorities": {"P1": {"restore": "PT4H", "escalation": "critical"}},
    "escalation": {"critical": {"levels": [{"notify": ["rina"], "acknowledgeWithin": "PT15M"}]}},
}


def opened(version: int) -> Line:
    """An incident that a text of that version governs; of none for 0."""
    trigger = Trigger("impairment", "impairment:x", "e1", NOW, {"en": "Checkout is down"})
    about = About("toko", "checkout", "nusantara", "toko-maju")
    how = Handling("P1", version=version)
    line = reduce(folding.apply, domain.begin(None, "toko.checkout", about, trigger, how, NOW), None)  # type: ignore[arg-type]
    assert isinstance(line, Line)
    return line


class Stored:
    """Stands for the database, and for what is kept in it."""

    def __init__(self, governs: Wording | None) -> None:
        self._governs = governs
        self.decided: list[Event] = []

    async def keep(self, _fact: Any) -> None:
        pass

    async def declare(self, *_: Any) -> None:
        pass

    async def named(self, _names: Any) -> dict[str, Any]:
        return {}

    async def lines_of(self, _agreement: str) -> list[str]:
        return ["toko.checkout"]

    async def execute(self, _id: str, decide: Any, by: str) -> None:
        self.decided += decide(opened(0), NOW)

    async def in_force(self, _agreement: str) -> Wording:
        if self._governs is None:
            raise NotFound("no agreement is in force")
        return self._governs


@pytest.mark.parametrize("governs", [None, 1])
async def test_what_comes_later_plans_nothing_and_what_is_in_force_does(governs: int | None) -> None:
    wording = None if governs is None else Wording(governs, agreement(**TEXT), NOW)
    stored: Any = Stored(wording)
    reactions = Reactions(stored, stored, stored, stored, stored)
    later = AgreementTextPublished(
        agreement="toko", version=2, hash="sha256:x", effective_from=NOW + timedelta(days=30),
        text=agreement_dict(**TEXT),
    )  # fmt: skip
    await reactions.on_text(later, Envelope("e", "/test", "t", None, None, b""))
    assert [each.version for each in stored.decided if isinstance(each, Planned)] == ([] if governs is None else [1])


def test_what_a_text_governs_is_not_planned_by_another() -> None:
    how = domain.plan(opened(0), Handling("P1", version=2), NOW)
    assert how == [], "that text has neither a ladder nor limits"
    ladder = Ladder((Rung(("rina",), 900),))
    assert domain.plan(opened(0), Handling("P1", ladder, version=2), NOW) != []
    assert domain.plan(opened(1), Handling("P1", ladder, version=2), NOW) == []
