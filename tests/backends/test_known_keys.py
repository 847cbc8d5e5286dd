"""What an instance of a service takes for a key, beside others of the same service."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sepakat_cli.backends import Backend
from sepakat_shared import mongo
from sepakat_shared.auth import REMEMBERED_FOR, KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts.agreements import KeyIssued, KeyRevoked
from sepakat_shared.errors import Unauthenticated
from sepakat_shared.settings import ServiceSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


@pytest.fixture
async def database(backend: Backend) -> AsyncIterator[Any]:
    client = mongo.open_client(ServiceSettings(kafka=backend.kafka, mongo=backend.mongo))
    yield client[f"t{uuid.uuid4().hex[:8]}"]
    await mongo.close_client(client)


async def test_a_revoked_key_is_refused_soon_by_instances_that_have_not_heard_of_it(database: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 26, tzinfo=UTC))
    here, there = KnownKeys(database, clock), KnownKeys(database, clock)
    issued = KeyIssued(key="k", digest=digest("secret"), party="acme", roles=("provider",), scopes=(), sources=())
    with pytest.raises(Unauthenticated, match="not known"):
        await there.principal("secret")
    await here.on_issued(issued)
    assert (await there.principal("secret")).party == "acme"

    await here.on_revoked(KeyRevoked(key="k"))
    with pytest.raises(Unauthenticated, match="was revoked"):
        await here.principal("secret")
    clock.advance(REMEMBERED_FOR)
    with pytest.raises(Unauthenticated, match="was revoked"):
        await there.principal("secret")
