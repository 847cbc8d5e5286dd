"""From the topic of metric events to durable buckets: batches of raw bytes, folded in memory, checkpointed.

A partition's offsets are known to the checkpoints alone; what Kafka is told is for those who watch the lag. When the
partition is given to this instance, its checkpoints are folded, the ids of the horizon are read, and consumption goes
on where the last checkpoint ended.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from faststream import AckPolicy
from pymongo.errors import OperationFailure

from sepakat_metrics import duplicates, events
from sepakat_metrics.checkpoints import Checkpoints, Pending
from sepakat_metrics.events import Fact
from sepakat_metrics.feeds import Asked
from sepakat_metrics.history import History
from sepakat_metrics.intake import Intake
from sepakat_metrics.late import Late
from sepakat_metrics.memory import Memory
from sepakat_metrics.parking import Parking
from sepakat_metrics.partition import Partition
from sepakat_metrics.registry import Registry
from sepakat_metrics.settings import MetricsSettings
from sepakat_shared import retry
from sepakat_shared.bus import CONSUMER_SETTINGS, Bus, raw_message, undecoded
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import topics
from sepakat_shared.deadletters import DeadLetters
from sepakat_shared.messages import FreshRecord, Record

_log = logging.getLogger(__name__)
GROUP_SUFFIX = "ingestion"
_MOST_BYTES = 1_000_000
_FOLD_EVERY = 1.0
_FOLD_SELDOM = 10


class Ingestion(ConsumerRebalanceListener):  # type: ignore[misc]
    """The consumer of metric events. `on_folded` is awaited after each batch and may ask to store: it gets the last
    event of each indicator that was touched, and those of which something new was said (not just more of the same).
    """

    def __init__(
        self, settings: MetricsSettings, bus: Bus, dead_letters: DeadLetters, checkpoints: Checkpoints,
        memory: Memory, parking: Parking, late: Late, registry: Registry, clock: Clock,
        on_folded: Callable[[Mapping[str, Fact], set[str]], Awaitable[None]], on_lost: Callable[[], None],
        asked: Callable[[str], Asked],
    ) -> None:  # fmt: skip
        self._settings = settings
        self._bus = bus
        self._checkpoints = checkpoints
        self._memory = memory
        self._parking = parking
        self._late = late
        self._registry = registry
        self._clock = clock
        self._on_folded = on_folded
        self._on_lost = on_lost
        self.intake = Intake(bus, dead_letters, parking, registry, clock, asked, self.history_of)
        self._partitions: dict[int, Partition] = {}
        self._lock = asyncio.Lock()
        self._touched: dict[str, Fact] = {}
        self._urgent: set[str] = set()
        """What was added and not handed on yet: folding a batch may fail in the middle, and goes on from there."""
        self.traceparents: dict[str, str] = {}
        """The trace that last changed an indicator: what follows from it belongs to that trace."""
        self._subscriber = bus.broker.subscriber(
            topics.METRICS,
            batch=True,
            group_id=f"{bus.group}-{GROUP_SUFFIX}",
            ack_policy=AckPolicy.MANUAL,
            parser=_raw_batch,
            decoder=undecoded,
            include_in_schema=False,
            listener=self,
            batch_timeout_ms=20,
            max_records=settings.metrics_batch,
            **CONSUMER_SETTINGS,
        )
        self._subscriber(self._consume)

    # -- owning partitions --------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        async with self._lock:
            if self._partitions:
                try:
                    await self._flush()
                except retry.TRANSIENT as error:
                    _log.warning("what was read since the last checkpoint will be read again: %s", error)
            self._forget()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        async with self._lock:
            self._forget()
            for partition in assigned:
                await retry.until_done(f"taking over {partition}", lambda p=partition: self._take_over(p))  # type: ignore[misc]

    def _forget(self) -> None:
        self._partitions.clear()
        self._touched, self._urgent = {}, set()
        self._memory.clear()
        self.intake.forget_feeds()
        self._on_lost()

    async def _take_over(self, partition: TopicPartition) -> None:
        consumer = self._subscriber.consumer
        if consumer is None:
            raise RuntimeError("partitions were assigned to a consumer that has not started")
        self.intake.partitions_of_topic = len(consumer.partitions_for_topic(topics.METRICS) or ())
        name = f"{self._bus.cluster}/{partition.topic}/{partition.partition}"
        await self._checkpoints.fold(name)
        end = await self._checkpoints.end(name)
        if end is None:
            await consumer.seek_to_beginning(partition)
            end = await consumer.position(partition)
        else:
            consumer.seek(partition, end)
        held = Partition(name, end, self._settings.metrics_horizon)
        for ids in await self._checkpoints.recent_ids(name, end - self._settings.metrics_horizon):
            held.seen.restore(ids)
        self._partitions[partition.partition] = held

    def owns(self, indicator: str) -> bool:
        """Whether this instance holds the partition of that indicator's events."""
        return bool(self._partitions) and self.intake.partition_of(indicator) in self._partitions

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _consume(self, batch: Any) -> None:
        """Fold a batch. Nothing but a cancellation may leave here: what was not stored would be skipped."""
        for part in _in_parts(batch):
            while part:
                part = await retry.until_done("folding metric events", lambda p=part: self._fold(p))  # type: ignore[misc]
                # Plain events wait for nothing: without this, heartbeats and checkpoints would wait for all that waits.
                await asyncio.sleep(0)

    async def _fold(self, batch: tuple[FreshRecord, ...]) -> tuple[FreshRecord, ...]:
        """Fold a batch, as far as what waits to be stored is not too much. Returns those that are left of it."""
        async with self._lock:
            await self.have_histories(self._asked_for(batch))
            # While the database is away, what waits for it must not grow with every batch.
            if any(held.pending.is_full for held in self._partitions.values()):
                await self._flush()
            intake, touched, urgent = self.intake, self._touched, self._urgent
            now = self._clock.now()
            latest = events.latest(now)
            left: tuple[FreshRecord, ...] = ()
            for i, record in enumerate(batch):
                held = self._partitions.get(record.partition)
                if held is None or record.offset < held.pending.end:
                    continue
                taken = intake.plain(record, latest) or await intake.other(held, record, now)
                if taken is not None:
                    feed, fact, traceparent = taken
                    id = duplicates.key(fact.source, fact.id)
                    if held.seen.add(id, record.offset):
                        held.pending.add(fact, id, feed.thresholds)
                        # What no objective asks for is stored, and read when one does.
                        if feed.history is not None:
                            touched[fact.indicator] = fact
                            if feed.history.add(fact):
                                urgent.add(fact.indicator)
                        if traceparent is not None:
                            self.traceparents[fact.indicator] = traceparent
                        intake.outcomes["counted"] += 1
                    else:
                        intake.outcomes["duplicate"] += 1
                held.pending.end = record.offset + 1
                held.last_record_ms = record.timestamp
                if held.pending.is_full:
                    left = batch[i + 1 :]
                    break
            self._bus.progress += 1
            intake.count()
            await self._on_folded(touched, urgent)
            self._touched, self._urgent = {}, set()
            return left

    def _asked_for(self, batch: tuple[Record, ...]) -> list[str]:
        """The indicators of a batch, by its keys, that objectives are on: what is known of them is read together."""
        ids = [key.decode(errors="replace") for key in {record.key for record in batch} if key is not None]
        return [id for id in ids if not self.intake.knows(id) and self._registry.is_served(id) and self.owns(id)]

    async def history_of(self, indicator: str) -> History:
        """What is known of an indicator, as far back as its objectives ask. Call it for owned indicators only."""
        await self.have_histories([indicator])
        return self._memory[indicator]

    async def have_histories(self, indicators: Iterable[str]) -> None:
        """Read those that are not here yet, many at once. For use where the lock is held."""
        missing = self._memory.missing(indicators)
        if not missing:
            return
        if any(indicator in held.pending.deltas for held in self._partitions.values() for indicator in missing):
            # What was read of the topic is read back from where it is stored.
            await self._flush()
        await self._memory.read(missing)

    def known_of(self, indicator: str, since: int | None) -> History | None:
        """What this instance has in memory of an indicator, if that is all since then (ms; None: since ever)."""
        return self._memory.all_since(indicator, since) if self.owns(indicator) else None

    def look_back_again(self, indicators: Iterable[str]) -> None:
        """Their objectives may ask for an earlier time now, or for a much later one: what is kept is then read anew."""
        if self._memory.drop_unsuited(indicators):
            self.intake.forget_feeds()

    def seen(self, indicator: str, source: str, id: str) -> bool:
        """Whether this instance has counted that event (it says no for partitions of others)."""
        held = self._partitions.get(self.intake.partition_of(indicator)) if self._partitions else None
        return held is not None and duplicates.key(source, id) in held.seen

    # -- storing ------------------------------------------------------------------------------------------------------

    async def flush_events_of(self, indicator: str) -> None:
        """Store what was read of its partition. For use inside `on_folded`, where the lock is held."""
        held = self._partitions.get(self.intake.partition_of(indicator))
        if held is not None:
            await self._checkpoint([held])

    async def flush(self) -> None:
        """Store all that was read, likewise."""
        await self._flush()

    async def store_events_of(self, indicator: str) -> None:
        """The same for use where the lock is not held; nothing is done for the indicators of other instances."""
        if self.owns(indicator):
            async with self._lock:
                await self.flush_events_of(indicator)

    async def _flush(self) -> None:
        await self._checkpoint(list(self._partitions.values()))
        await self._tell_kafka()

    async def _checkpoint(self, partitions: Iterable[Partition]) -> None:
        waiting = {held.name: held for held in partitions if held.pending.end > held.pending.first}
        if not waiting:
            return
        parked = [document for held in waiting.values() for document in held.pending.parked]
        if parked:
            await self._parking.add(parked)
        for held in waiting.values():
            await self._late.note(held.pending.deltas)
        answers = await self._checkpoints.insert(
            {name: held.pending for name, held in waiting.items()}, self._clock.now()
        )  # fmt: skip
        for name, answer in answers.items():
            if answer is True:
                end = waiting[name].pending.end
                waiting[name].pending = Pending(end, end)
        overtaken = [name for name, answer in answers.items() if answer is False]
        if overtaken:
            self._bus.fail(f"another instance owns {', '.join(overtaken)}; this one starts anew from the database")
            self._forget()
        for answer in answers.values():
            if isinstance(answer, OperationFailure):
                raise answer

    async def _tell_kafka(self) -> None:
        consumer = self._subscriber.consumer
        if consumer is None:
            return
        ends = {
            TopicPartition(topics.METRICS, number): held.pending.first
            for number, held in self._partitions.items()
            if TopicPartition(topics.METRICS, number) in consumer.assignment()
        }
        if ends:
            try:
                await consumer.commit(ends)
            except Exception as error:  # noqa: BLE001 - the checkpoints count; this is only for those who watch the lag
                _log.info("telling Kafka the offsets failed: %s", error)

    async def run(self) -> None:
        """Checkpoint at least every `metrics_flush_ms`, and fold checkpoints into days."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_flushing())
            tasks.create_task(self._keep_folding())

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(self._settings.metrics_flush_ms / 1000)
            await retry.until_done("checkpointing", self._locked_flush)

    async def _locked_flush(self) -> None:
        async with self._lock:
            await self._flush()

    async def _keep_folding(self) -> None:
        """While events wait to be read, seldom: then a day takes up more checkpoints at once."""
        for turn in itertools.count():
            await asyncio.sleep(_FOLD_EVERY)
            if not self.caught_up and turn % _FOLD_SELDOM:
                continue
            self.intake.forget_amended()
            for held in list(self._partitions.values()):
                await retry.until_done(f"folding {held.name}", lambda h=held: self._checkpoints.fold(h.name))  # type: ignore[misc]

    async def exclusively(self, do: Callable[[], Awaitable[None]]) -> None:
        """Run `do` while no batch is folded."""
        async with self._lock:
            await do()

    # -- the clock of evaluation --------------------------------------------------------------------------------------

    @property
    def caught_up(self) -> bool:
        """Whether nothing known of waits to be read on the partitions held."""
        return all(held.is_read(self._highwater(number)) for number, held in self._partitions.items())

    def now(self, indicator: str) -> datetime | None:
        """The instant to judge an indicator at, by its partition (`Partition.now`). The indicator is owned."""
        number = self.intake.partition_of(indicator)
        return self._partitions[number].now(self._clock.now(), self._highwater(number))

    def _highwater(self, number: int) -> int | None:
        """The end of a partition as the broker last told it."""
        consumer, partition = self._subscriber.consumer, TopicPartition(topics.METRICS, number)
        if consumer is None or partition not in consumer.assignment():
            return None
        end: int | None = consumer.highwater(partition)
        return end

    async def lag(self) -> int:
        consumer = self._subscriber.consumer
        if consumer is None or not self._partitions:
            return 0
        ends = await consumer.end_offsets([TopicPartition(topics.METRICS, number) for number in self._partitions])
        return sum(max(0, end - self._partitions[at.partition].pending.first) for at, end in ends.items())


def _in_parts(batch: tuple[FreshRecord, ...]) -> Iterator[tuple[FreshRecord, ...]]:
    """A batch, cut where it has a megabyte: between the parts, heartbeats and checkpoints have their turn."""
    first = size = 0
    for i, record in enumerate(batch):
        size += len(record.value or b"")
        if size > _MOST_BYTES and i > first:
            yield batch[first:i]
            first, size = i, len(record.value or b"")
    if batch:
        yield batch[first:]


async def _raw_batch(records: Any) -> Any:
    return await raw_message(records)
