"""What an instance of a service takes for a key, beside others of the same service."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from sepakat_shared.auth import BELIEVED_FOR, REMEMBERED_FOR, KnownKeys, digest
from sepakat_shared.clock import ManualClock
from sepakat_shared.contracts.agreements import KeyIssued, KeyRevoked
from sepakat_shared.errors import Unauthenticated

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


ISSUED = KeyIssued(key="k", digest=digest("secret"), party="acme", roles=("provider",), scopes=(), sources=())


async def test_a_revoked_key_is_refused_soon_by_instances_that_have_not_heard_of_it(database: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 26, tzinfo=UTC))
    here, there = KnownKeys(database, clock), KnownKeys(database, clock)
    with pytest.raises(Unauthenticated, match="not known"):
        await there.principal("secret")
    await here.on_issued(ISSUED)
    assert (await there.principal("secret")).party == "acme"

    await here.on_revoked(KeyRevoked(key="k"))
    with pytest.raises(Unauthenticated, match="was revoked"):
        await here.principal("secret")
    clock.advance(REMEMBERED_FOR)
    with pytest.raises(Unauthenticated, match="was revoked"):
        await there.principal("secret")


class Away:
    """A collection of a database that cannot be reached."""

    def __init__(self) -> None:
        self.asked = 0

    async def find_one(self, _query: Any) -> None:
        self.asked += 1
        raise AutoReconnect("away")


async def test_a_key_that_is_remembered_is_believed_for_a_while_where_the_database_is_away(database: Any) -> None:
    clock = ManualClock(datetime(2026, 11, 26, tzinfo=UTC))
    keys = KnownKeys(database, clock)
    await keys.on_issued(ISSUED)
    await keys.principal("secret")

    keys._collection = away = Away()  # type: ignore[assignment]
    clock.advance(REMEMBERED_FOR)
    for _ in range(3):
        assert (await keys.principal("secret")).party == "acme"
    assert away.asked == 1, "not each request waits for the database"
    with pytest.raises(AutoReconnect):
        await keys.principal("another")
    clock.advance(BELIEVED_FOR)
    with pytest.raises(AutoReconnect):
        await keys.principal("secret")
