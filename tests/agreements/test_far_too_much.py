"""What one party sends alone hinders nobody else: over HTTP on a real database."""

from typing import Any

import pytest
from agreeing import PATH, opened
from agreements.test_from_need_to_end import NEED

from sepakat_cli.backends import Backend

pytestmark = pytest.mark.servers


async def test_a_patch_that_copies_is_refused_and_so_is_one_of_too_many_operations(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text())
        copy = {"op": "copy", "from": "/title", "path": "/title/en"}
        again = {"op": "replace", "path": "/target", "value": "99.95"}
        for patch in ([copy], [again] * 201):
            change = {"clause": "objectives/availability", "patch": patch}
            refused = await world.post("toko-maju", "/proposals", 422, changes=[change])
            assert refused["errors"][0]["pointer"].startswith("/changes/0/patch"), refused
        change = {"clause": "objectives/availability", "patch": [again] * 200}
        await world.post("toko-maju", "/proposals", changes=[change])


async def test_needs_that_others_state_for_the_same_agreement_are_not_read(backend: Backend) -> None:
    async with opened(backend) as world:
        await world.ask("nusantara", "PUT", PATH, 201, json=world.text())
        await world.ask("toko-maju", "POST", "/v1/needs", 201, json=dict(NEED))
        theirs: Any = await world.needs.all.states.find_one({})
        # One that nobody can read shows that nobody does.
        await world.needs.all.states.insert_one(
            {**theirs, "_id": "toko-checkout.stranger.theirs", "parties": ["nusantara", "stranger"], "schema": 99}
        )
        assert (await world.get("/traceability"))["hinders_signing"] == ["pay-at-night"]
        assert [each["id"] for each in (await world.get("/traceability"))["needs"]] == ["sell-all-day", "pay-at-night"]
