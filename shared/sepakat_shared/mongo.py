"""The one place that opens the database client.

PyMongo's asyncio API is the driver; `SEPAKAT_MONGO_DRIVER=motor` takes Motor instead. The stores use only calls that
both have, so everything else sees one type.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from pymongo import AsyncMongoClient, ReplaceOne, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    WTimeoutError,
)
from pymongo.write_concern import WriteConcern

from sepakat_shared.settings import ServiceSettings

Document = dict[str, Any]
Client = AsyncMongoClient[Document]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]

TRANSIENT = (AutoReconnect, ConnectionFailure, ExecutionTimeout, NetworkTimeout, WTimeoutError)
"""Errors after which the same call may succeed."""

FEW: Final = 8
"""Up to so many ids are asked for one by one. Measured on a loaded machine, among 10,000 documents, instead of a list:
for two FerretDB takes 11 ms instead of 660, SecantusDB 2.8 instead of 1.3; for eight 330 instead of 1,360, and 11
instead of 2.
"""
_DUPLICATE_KEY: Final = 11000
_AT_ONCE: Final = 4
_WORTH_A_SHARE: Final = 10
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


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


def up_to(at: datetime) -> Document:
    """What a field is to be for its instant to have come by `at`.

    Null is before every instant: asked for no more than what is before `at`, a database may go through all documents
    that have no instant, of which there are ever more.
    """
    return {"$gte": _EVER, "$lte": at}


async def replace_many(collection: Collection, operations: Sequence[ReplaceOne[Document] | UpdateOne]) -> int:
    """Write many, in any order. Returns how many found what they are for.

    Raises a transient error also when it is not known whether a majority has them.
    """
    # A database that makes each of them durable by itself waits for its disk once for those that come at once.
    shares = min(_AT_ONCE, max(1, len(operations) // _WORTH_A_SHARE))
    answers = await asyncio.gather(
        *[_replace(collection, operations[i::shares]) for i in range(shares)], return_exceptions=True
    )
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return sum(answer for answer in answers if isinstance(answer, int))


async def _replace(collection: Collection, operations: Sequence[ReplaceOne[Document] | UpdateOne]) -> int:
    try:
        return (await collection.bulk_write(operations, ordered=False)).matched_count
    except BulkWriteError as error:
        _raise_if_not_durable(error)
        raise


async def insert_missing(collection: Collection, documents: Sequence[Document]) -> list[bool | OperationFailure]:
    """Insert many. Answers for each whether it was inserted, which it is not where its id is there, or why it failed.

    Raises a transient error when it is not known what became of them.
    """
    answers: list[bool | OperationFailure] = [True] * len(documents)
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        _raise_if_not_durable(error)
        for each in error.details["writeErrors"]:
            taken = each["code"] == _DUPLICATE_KEY
            answers[each["index"]] = False if taken else OperationFailure(each["errmsg"], each["code"], each)
    return answers


async def insert_new(collection: Collection, documents: Sequence[Document]) -> int:
    """Insert those whose id is not there yet. Returns how many. Raises what the database has against one of them."""
    answers = await insert_missing(collection, documents) if documents else []
    for answer in answers:
        if isinstance(answer, OperationFailure):
            raise answer
    return sum(answer is True for answer in answers)


async def find_by_id(
    collection: Collection, ids: Sequence[str], fields: Document | None = None
) -> list[Document | None]:
    """The documents with these ids, in that order, each with its `fields` alone where they are given; None for none.

    Few go each by itself, all at once: some databases read everything for a list of ids.
    """
    if len(ids) <= FEW:
        return await asyncio.gather(*[collection.find_one({"_id": id}, fields) for id in ids])
    found = {each["_id"]: each for each in await collection.find({"_id": {"$in": list(ids)}}, fields).to_list(None)}
    return [found.get(id) for id in ids]


def _raise_if_not_durable(error: BulkWriteError) -> None:
    if error.details.get("writeConcernErrors"):
        raise WTimeoutError(f"not known to be durable: {error.details['writeConcernErrors']}") from error
