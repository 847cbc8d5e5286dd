"""The bus: publishing to topics and consuming them, on Kafka by FastStream.

FastStream offers no acknowledgement policy that is at-least-once *and* keeps order *and* cannot loop hot, so every
record is taken as raw bytes and handled here: what passes by itself is tried again in place with capped back-off, what
can never work goes to the dead letters, and the offset is committed after the effect is stored.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiokafka.errors import MessageSizeTooLargeError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from sepakat_shared import messages, retry
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import topics
from sepakat_shared.deadletters import DeadLetters
from sepakat_shared.kafka_admin import consumer_lag, create_topics, describe_cluster
from sepakat_shared.lanes import Lanes
from sepakat_shared.messages import Poison, Record
from sepakat_shared.reacting import Reaction, ReactionTable, consumed
from sepakat_shared.settings import ServiceSettings

_log = logging.getLogger(__name__)
_TRIES_OF_A_BUG = 3
_GRACEFUL_SECONDS = 5.0

CONSUMER_SETTINGS: dict[str, Any] = {
    "auto_offset_reset": "earliest",
    "session_timeout_ms": 6_000,
    "heartbeat_interval_ms": 2_000,
    # A handler that waits for a database to come back keeps its partition.
    "max_poll_interval_ms": 24 * 3600 * 1000,
    "fetch_max_wait_ms": 100,
}


async def raw_message(record: Any) -> KafkaMessage:
    """FastStream's parser without its decoding: a header that is null or not UTF-8 must not lose the message."""
    first = record[0] if isinstance(record, tuple) else record
    return KafkaMessage(
        body=b"",
        headers={},
        reply_to="",
        content_type=None,
        message_id=f"{first.topic}/{first.partition}/{first.offset}",
        correlation_id=None,
        raw_message=record,
        path={},
        consumer=getattr(first, "consumer", None),  # type: ignore[arg-type]
    )


async def undecoded(message: KafkaMessage) -> Any:
    return message.raw_message


class Bus:
    """One service's connection to Kafka: a producer, and one consumer for all the facts it reacts to."""

    def __init__(
        self,
        settings: ServiceSettings,
        service: str,
        clock: Clock,
        dead_letters: DeadLetters,
        reactions: Iterable[Reaction],
        at_once: int = 1,
    ) -> None:
        """`at_once` is how many facts may be with their handlers; those of one key are handled in order."""
        self.group = f"sepakat-{service}"
        self.cluster = ""
        self.connected = asyncio.Event()
        self.fatal: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Set, with the reason, when only a restart of the process helps."""
        self.replayed_by: dict[str, Callable[[Record], Awaitable[None]]] = {}
        """For topics that the service consumes by itself: what puts one of their dead letters back."""
        self.progress = 0
        self.busy_since: float | None = None
        self._settings = settings
        self._clock = clock
        self._dead_letters = dead_letters
        self._reactions = ReactionTable(self.group, reactions)
        self._lanes = Lanes(at_once, self._bring_to_its_end, self._after_one)
        self._offsets_changed = asyncio.Event()
        self.broker = KafkaBroker(
            settings.kafka,
            acks="all",
            client_id=self.group,
            allow_auto_create_topics=False,
            request_timeout_ms=10_000,
            metadata_max_age_ms=30_000,
            apply_types=False,
            logger=logging.getLogger("faststream"),
            graceful_timeout=_GRACEFUL_SECONDS,
        )
        self.topics = self._reactions.topics
        self._subscriber = self._subscribe() if self.topics else None

    # -- life ---------------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Wait for the broker and its topics, then start producing and consuming."""
        self.cluster = await retry.until_done("reaching the broker", self._find_cluster)
        await retry.until_done("reading the dead letters", self._dead_letters.load)
        await self.broker.start()
        self.connected.set()

    async def close(self) -> None:
        await self._lanes.close(_GRACEFUL_SECONDS)
        await self._commit_offsets()
        await self.broker.stop()

    async def _find_cluster(self) -> str:
        cluster, names = await describe_cluster(self._settings.kafka)
        missing = [topic.name for topic in topics.TOPICS if topic.name not in names]
        if missing:
            raise ConnectionError(f"topic {missing[0]} does not exist yet; `sepakat init` creates it")
        dead = [
            topics.Topic(topics.dlq(topic, self.group), self.group, "key", partitions=1)
            for topic in [*self.topics, *self.replayed_by]
        ]
        await create_topics(self._settings.kafka, dead)
        return cluster

    def fail(self, reason: str) -> None:
        """Say that this process must be started anew."""
        if not self.fatal.done():
            self.fatal.set_result(reason)

    async def watch(self, every: float = 2.0, stuck_after: float = 60.0) -> None:
        """Notice a broker that is another one now, a consumer that died, and one that is stuck; `fail` then.

        aiokafka gives no sign of either (its issue 1154), so progress is held against the ends of the partitions.
        """
        await self.connected.wait()
        loop = asyncio.get_running_loop()
        seen, since = self.progress, loop.time()
        while not self.fatal.done():
            await asyncio.sleep(every)
            try:
                async with asyncio.timeout(20):
                    cluster, _ = await describe_cluster(self._settings.kafka)
                    lag = await self.lag()
            except retry.TRANSIENT as error:
                _log.warning("the broker does not answer: %s", error)
                since = loop.time()
                continue
            if cluster != self.cluster:
                self.fail(f"the broker is another one now (cluster {cluster}, was {self.cluster})")
            if self.progress != seen or lag == 0:
                seen, since = self.progress, loop.time()
            elif loop.time() - since > stuck_after:
                self.fail(f"nothing was consumed for {stuck_after:.0f} s with {lag} records waiting")
            if self._subscriber is not None and any(task.done() for task in self._subscriber.tasks):
                self.fail("the consumer has ended")

    async def lag(self) -> int:
        """Records that wait for this instance or are in its hands, over the partitions it holds."""
        consumer = self._consumer
        return 0 if consumer is None else await consumer_lag(consumer) + self._lanes.in_hand

    # -- publishing ---------------------------------------------------------------------------------------------------

    headers = staticmethod(messages.binary_headers)

    async def publish(self, *, topic: str, key: str, body: bytes | None, headers: dict[str, str]) -> None:
        """Publish one record and wait until the broker has it. Raises a transient error when it does not answer."""
        await self.broker.publish(body, topic=topic, key=key.encode(), headers=headers)

    # -- reacting -----------------------------------------------------------------------------------------------------

    def _subscribe(self) -> Any:
        subscriber = self.broker.subscriber(
            *self.topics,
            group_id=self.group,
            ack_policy=AckPolicy.MANUAL,
            parser=raw_message,
            decoder=undecoded,
            include_in_schema=False,
            **CONSUMER_SETTINGS,
        )
        subscriber(self._consume)
        return subscriber

    @property
    def _consumer(self) -> Any:
        return self._subscriber.consumer if self._subscriber else None

    async def _consume(self, record: Any) -> None:
        await self._lanes.take(record)

    async def _bring_to_its_end(self, record: Record) -> None:
        """Handle one record. Nothing but a cancellation may leave here: a later commit would skip it."""
        try:
            await retry.until_done(f"handling {_place(record)}", lambda: self._handle_or_bury(record))
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may pass the record
            _log.exception("%s can neither be handled nor kept", _place(record))
            self.fail(f"{_place(record)} can neither be handled nor kept: {error}")
            # What comes after it in its lane waits for the next start, too.
            await asyncio.Event().wait()

    def _after_one(self) -> None:
        self.progress += 1
        self._offsets_changed.set()

    async def keep_committing(self) -> None:
        """Tell Kafka how far the records are done, as soon as the telling before it has been answered."""
        while True:
            await self._offsets_changed.wait()
            self._offsets_changed.clear()
            await self._commit_offsets()

    async def _commit_offsets(self) -> None:
        consumer = self._consumer
        if consumer is None:
            return
        held = consumer.assignment()
        news = {partition: offset for partition, offset in self._lanes.news().items() if partition in held}
        if news:
            try:
                await consumer.commit(news)
            except Exception as error:  # noqa: BLE001 - a lost commit is a redelivery, which changes nothing
                _log.warning("committing the offsets failed: %s", error)

    async def _handle_or_bury(self, record: Record) -> None:
        if self._dead_letters.blocked(record):
            await self._bury(record, "waits behind an earlier dead letter of the same key")
            return
        for attempt in range(1, _TRIES_OF_A_BUG + 1):
            try:
                await self.handle(record)
            except Poison as poison:
                await self._bury(record, str(poison))
            except retry.TRANSIENT:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a bug raises, the record must not be lost
                _log.exception("handling %s failed", _place(record))
                if attempt < _TRIES_OF_A_BUG:
                    await asyncio.sleep(retry.delay(attempt))
                    continue
                await self._bury(record, f"{type(error).__name__}: {error}")
            return

    async def handle(self, record: Record) -> None:
        """Do what is to be done about one record. Raises Poison, transient errors, or what a handler raises."""
        if record.topic in self.replayed_by:
            await self.replayed_by[record.topic](record)
        else:
            await self._reactions.handle(record)

    async def replay_dead_letters(self, id: str | None = None) -> dict[str, Any]:
        """Handle the waiting dead letters again, in order, while no other record is handled."""

        async def again(record: Record) -> None:
            try:
                await self.handle(record)
            except retry.TRANSIENT:
                raise
            except Poison:
                raise
            except Exception as error:
                raise Poison(f"{type(error).__name__}: {error}") from error

        async with self._lanes.paused():
            return await self._dead_letters.replay(again, id)

    async def _bury(self, record: Record, reason: str) -> None:
        await bury(self, self._dead_letters, record, reason, blocks=True)

    @property
    def clock(self) -> Clock:
        return self._clock


async def bury(bus: Bus, dead_letters: DeadLetters, record: Record, reason: str, *, blocks: bool) -> None:
    """Keep a record that can't be processed and publish it, unchanged, on the group's dead-letter topic."""
    await dead_letters.add(bus.cluster, record, reason, bus.clock.now(), blocks=blocks)
    headers = {
        **messages.text_headers(record),
        "dlq-reason": reason[:1000],
        "dlq-topic": record.topic,
        "dlq-partition": str(record.partition),
        "dlq-offset": str(record.offset),
    }
    try:
        await bus.broker.publish(
            record.value or b"", topic=topics.dlq(record.topic, bus.group), key=record.key, headers=headers
        )
    except MessageSizeTooLargeError:
        _log.error("%s leaves the broker no room for the reason: it is kept in the database alone", _place(record))
    consumed.add(1, {"type": headers.get("ce_type", "unreadable"), "outcome": "dead letter"})
    _log.warning("%s went to the dead letters: %s", _place(record), reason)


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}/{record.offset}"
