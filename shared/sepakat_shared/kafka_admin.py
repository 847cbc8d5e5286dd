"""Asking and telling the broker about topics, groups and itself."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from sepakat_shared.contracts.topics import Topic


async def describe_cluster(bootstrap: str) -> tuple[str, set[str]]:
    """The cluster's id and the names of its topics. Raises KafkaError when the broker does not answer."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        described = await admin.describe_cluster()
        return described.get("cluster_id") or "", set(await admin.list_topics())
    finally:
        await admin.close()


async def create_topics(bootstrap: str, wanted: Sequence[Topic], replication: int = 1) -> list[str]:
    """Create those of `wanted` that do not exist. Returns their names; raises KafkaError with the broker's reason."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    try:
        await admin.start()
        present = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in present]
        if not missing:
            return []
        answer = await admin.create_topics(
            [NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings) for topic in missing]
        )
        for name, code, *_ in answer.topic_errors:
            # Another service may have been a moment earlier.
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(f"creating topic {name} failed")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def consumer_lag(consumer: AIOKafkaConsumer) -> int:
    """Records between the consumer's position and the end, over the partitions it holds."""
    partitions: list[TopicPartition] = list(consumer.assignment())
    if not partitions:
        return 0
    ends = await consumer.end_offsets(partitions)
    behind = 0
    for partition in partitions:
        behind += max(0, ends[partition] - await consumer.position(partition))
    return behind


async def group_lag(bootstrap: str, group: str) -> int:
    """Records that the group has not committed yet, over every partition it has ever committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        await consumer.start()
        committed = await admin.list_consumer_group_offsets(group)
        ends = await consumer.end_offsets(list(committed)) if committed else {}
        return sum(max(0, ends[partition] - at.offset) for partition, at in committed.items() if at.offset >= 0)
    finally:
        await consumer.stop()
        await admin.close()
