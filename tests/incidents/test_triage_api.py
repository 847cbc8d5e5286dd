"""Sorting an incident over HTTP: what is refused by its field, and what the timeline keeps of it."""

import pytest
from handled import opened
from samples import agreement

from sepakat_cli.backends import Backend
from sepakat_shared.reacting import Erased

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

TEXT = agreement(
    priorities={"matrix": {"low-low": "P3"}, "P1": {"restore": "PT1H"}, "P3": {"restore": "PT8H"}}, escalation={}
)


async def test_an_incident_is_sorted_and_given_to_somebody_who_then_leaves(backend: Backend) -> None:
    async with opened(backend, TEXT) as handled:
        id = await handled.impaired()
        await handled.contact("nusantara", "ana")
        seen = await handled.post("nusantara", id, "triage", impact="high", urgency="high", owner="ana")
        assert (seen["priority"], seen["impact"], seen["urgency"], seen["owner"]) == ("P1", "high", "high", "ana")
        milder = await handled.post("toko-maju", id, "triage", impact="low", urgency="low", reason="one till")
        assert (milder["priority"], milder["clocks"][0]["limit_seconds"]) == ("P3", 28_800.0)
        await handled.reactions.on_erased(Erased(key="nusantara/ana"), handled.cause())
        assert (await handled.get(id))["owner"] is None
        told = [each for each in await handled.timeline(id) if each["what"] in ("Triaged", "Owned")]
        assert [(each["what"], each["by"], each.get("owner")) for each in told] == [
            ("Triaged", "nusantara", None), ("Owned", "nusantara", "ana"), ("Triaged", "toko-maju", None),
            ("Owned", "agreements", None),
        ]  # fmt: skip


async def test_an_owner_who_is_unknown_has_left_or_is_the_other_partys_is_refused_by_the_field(
    backend: Backend,
) -> None:
    async with opened(backend, TEXT) as handled:
        id = await handled.impaired()
        await handled.contact("toko-maju", "budi")
        await handled.contact("nusantara", "rudi")
        await handled.reactions.on_erased(Erased(key="nusantara/rudi"), handled.cause())
        for owner, rule in (("nobody", "is not a contact"), ("rudi", "no longer"), ("budi", "is not a contact")):
            refused = await handled.post("nusantara", id, "triage", 422, owner=owner)
            (error,) = refused["errors"]
            assert (error["pointer"], rule in error["detail"]) == ("/owner", True)
        assert (await handled.post("nusantara", id, "triage", 422))["errors"][0]["pointer"] == ""
        assert (await handled.post("nusantara", id, "triage", 422, impact="huge"))["errors"][0]["pointer"] == "/impact"
        await handled.post("stranger", id, "triage", 404, impact="low", urgency="low")
        await handled.post("nusantara", id, "triage", 403, impact="low", urgency="low")
        await handled.post("nusantara", id, "resolve")
        await handled.post("nusantara", id, "triage", 409, impact="high", urgency="high")
