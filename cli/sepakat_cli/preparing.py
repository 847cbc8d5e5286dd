"""What `sepakat init` does: topics and the first operator's key. Doing it again changes nothing."""

from sepakat_shared import mongo
from sepakat_shared.auth import issue_first_operator
from sepakat_shared.clock import SystemClock
from sepakat_shared.contracts.topics import TOPICS
from sepakat_shared.kafka_admin import create_topics
from sepakat_shared.settings import ServiceSettings


async def prepare(kafka: str, mongo_uri: str, secret: str) -> tuple[list[str], bool]:
    """Create what is missing. Returns the topics created, and whether `secret` was made the operator's key just now."""
    created = await create_topics(kafka, TOPICS)
    settings = ServiceSettings.model_validate({"kafka": kafka, "mongo": mongo_uri})
    client = mongo.open_client(settings)
    try:
        issued = await issue_first_operator(mongo.database(client, settings, "agreements"), SystemClock(), secret)
    finally:
        await mongo.close_client(client)
    return created, issued
