"""Documents that are kept for a while. Not every database drops them by itself, so the service does."""

import asyncio
from datetime import timedelta

from sepakat_shared import retry
from sepakat_shared.clock import Clock
from sepakat_shared.mongo import Collection

_EVERY = 3600.0


async def forget_old(collection: Collection, keep: timedelta, clock: Clock) -> None:
    """Each hour, drop the documents whose `at` is longer ago than `keep`; until cancelled."""

    async def drop() -> None:
        await collection.delete_many({"at": {"$lt": clock.now() - keep}})

    while True:
        await retry.until_done(f"dropping old {collection.name}", drop)
        await asyncio.sleep(_EVERY)
