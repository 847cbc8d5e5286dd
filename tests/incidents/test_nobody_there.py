"""A ladder that names people who were never contacts, or have left: nobody's answer is waited for in vain."""

from typing import Any

import pytest
from handled import Handled, opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_shared.contracts.incidents import IncidentEscalated
from sepakat_shared.reacting import Erased

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]

POLICY: dict[str, Any] = {
    "levels": [
        {"notify": ["ghost"], "acknowledgeWithin": "PT1H"},
        {"notify": ["rudi", "gone"], "acknowledgeWithin": "PT1H"},
        {"notify": ["rina"], "acknowledgeWithin": "PT1H"},
    ],
}  # fmt: skip
TEXT = agreement(priorities={"P1": {"escalation": "critical"}}, escalation={"critical": POLICY})


async def hear_itself(handled: Handled) -> None:
    """The service reads every level that it has told."""
    commits = await handled.commits.collection.find({}).sort("committed_at", 1).to_list(None)
    told = [each for commit in commits for each in commit["messages"] if each["type"] == IncidentEscalated.type]
    for each in told:
        await handled.reactions.on_asked(IncidentEscalated.model_validate(each["data"]), handled.cause())


async def test_a_level_that_reaches_nobody_is_over_at_once_and_the_timeline_says_why(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        await handled.contact("nusantara", "rina")
        # One contact is left of the second level, until they leave too.
        await handled.contact("toko-maju", "rudi")
        await handled.contact("nusantara", "gone")
        await handled.reactions.on_erased(Erased(key="nusantara/gone"), handled.cause())
        id = await handled.impaired()
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["rudi", "gone"]
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["rudi", "gone"], "somebody is there still"
        await handled.reactions.on_erased(Erased(key="toko-maju/rudi"), handled.cause())
        await hear_itself(handled)
        await hear_itself(handled)
        assert (await handled.get(id))["asked"] == ["rina"]
        unreached = [(e["contact"], e["reason"]) for e in await handled.timeline(id) if e["what"] == "Unreached"]
        assert unreached == [
            ("ghost", "no contact of nusantara or toko-maju"), ("gone", "the contact has left"),
            ("rudi", "the contact has left"),
        ]  # fmt: skip
