"""What `sepakat init` does: topics and the first operator's key. Doing it again changes nothing."""

from dataclasses import dataclass

from sepakat_shared import mongo
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import KEY, issue_first_operator, new_secret
from sepakat_shared.clock import SystemClock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts.topics import TOPICS
from sepakat_shared.kafka_admin import create_topics
from sepakat_shared.mongo import Database
from sepakat_shared.settings import ServiceSettings


@dataclass(frozen=True)
class Prepared:
    """`topics` were created just now; `issued` is the secret that was made an operator's key just now, if one was."""

    topics: list[str]
    issued: str | None


async def prepare(kafka: str, mongo_uri: str, secret: str | None) -> Prepared:
    """Create what is missing. Without a `secret` one is made, unless there is an operator's key already.

    Raises KafkaError or PyMongoError when a server does not answer.
    """
    created = await create_topics(kafka, TOPICS)
    settings = ServiceSettings.model_validate({"kafka": kafka, "mongo": mongo_uri})
    client = mongo.open_client(settings)
    try:
        issued = await _operator_key(mongo.database(client, settings, "agreements"), secret)
    finally:
        await mongo.close_client(client)
    return Prepared(created, issued)


async def _operator_key(db: Database, secret: str | None) -> str | None:
    if secret is None:
        if await _has_operator(db):
            return None
        secret = new_secret()
    return secret if await issue_first_operator(db, SystemClock(), secret) else None


async def _has_operator(db: Database) -> bool:
    keys = Aggregates(Commits(db, SystemClock()), KEY)
    valid = await keys.states.find({"revoked": False}).to_list(None)
    return any("operator" in keys.read(document).state.issued.roles for document in valid)
