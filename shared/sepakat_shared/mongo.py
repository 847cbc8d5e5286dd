"""The one place that opens the database client.

PyMongo's asyncio API is the driver; `SEPAKAT_MONGO_DRIVER=motor` takes Motor instead. The stores use only calls that
both have, so everything else sees one type.
"""

from typing import Any, cast

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, ConnectionFailure, ExecutionTimeout, NetworkTimeout, WTimeoutError
from pymongo.write_concern import WriteConcern

from sepakat_shared.settings import ServiceSettings

Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]

TRANSIENT = (AutoReconnect, ConnectionFailure, ExecutionTimeout, NetworkTimeout, WTimeoutError)
"""Errors after which the same call may succeed."""


def open_client(settings: ServiceSettings) -> Client:
    """A client of `settings.mongo`; instants come back aware, in UTC. It connects with the first call."""
    options: dict[str, Any] = {"tz_aware": True, "serverSelectionTimeoutMS": 5_000, "connect": False}
    if settings.mongo_driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        options.pop("connect")
        return cast(Client, AsyncIOMotorClient(settings.mongo, **options))
    return AsyncMongoClient(settings.mongo, **options)


async def close_client(client: Client) -> None:
    closing = client.close()
    if closing is not None:  # Motor's close is synchronous
        await closing


def database(client: Client, settings: ServiceSettings, service: str) -> Database:
    """The service's own database, written with majority acknowledgement."""
    return client.get_database(f"{settings.mongo_database_prefix}_{service}", write_concern=WriteConcern("majority"))
