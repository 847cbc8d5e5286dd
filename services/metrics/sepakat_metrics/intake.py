"""What becomes of one record of the topic of metric events: counted, parked, sent to its partition, or buried."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import lru_cache

from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import murmur2

from sepakat_metrics import events, quick
from sepakat_metrics.events import Fact
from sepakat_metrics.feeds import Asked, Feed, check
from sepakat_metrics.history import History
from sepakat_metrics.parking import Parking
from sepakat_metrics.partition import Partition
from sepakat_metrics.registry import Registry
from sepakat_shared import messages
from sepakat_shared.bus import Bus, bury
from sepakat_shared.clock import Clock
from sepakat_shared.contracts import texts, topics
from sepakat_shared.deadletters import DeadLetters
from sepakat_shared.messages import Poison, Record
from sepakat_shared.mongo import Document
from sepakat_shared.telemetry import meter

_log = logging.getLogger(__name__)
_events = meter.create_counter("sepakat_metric_events", description="metric events by outcome")
Taken = tuple[Feed, Fact, str | None]
"""An event that is to be counted, its indicator, and the trace that it belongs to."""


class Intake:
    """Tells what counts from what does not. `history_of` is awaited for indicators that objectives are on."""

    def __init__(
        self, bus: Bus, dead_letters: DeadLetters, parking: Parking, registry: Registry, clock: Clock,
        asked: Callable[[str], Asked], history_of: Callable[[str], Awaitable[History]],
    ) -> None:  # fmt: skip
        self._bus = bus
        self._dead_letters = dead_letters
        self._parking = parking
        self._registry = registry
        self._clock = clock
        self._asked = asked
        self._history_of = history_of
        self._feeds: dict[str, Feed] = {}
        self.outcomes: Counter[str] = Counter()
        """Of the events since `count` was called last."""
        self.partitions_of_topic = 0
        registry.on_change(self.forget_feeds)

    def plain(self, record: Record, latest: int) -> Taken | None:
        """A plain event of an indicator that is known well, of `latest` (ms) or before; None for any other record."""
        # Most records have these very headers, and to compare them takes a third of looking through them.
        bare = record.headers == messages.BARE
        is_structured, traceparent = (True, None) if bare else messages.structured(record)
        fact = quick.read(record.value) if is_structured and record.value else None
        if fact is None:
            return None
        feed = self._feeds.get(fact.indicator)
        if feed is None or not feed.takes(fact, record.partition) or events.is_from_the_future(fact, latest):
            return None
        return feed, fact, traceparent or fact.traceparent

    async def other(self, held: Partition, record: Record, now: datetime) -> Taken | None:
        """Any event, checked field by field; None where it is not counted here, once it is kept where it belongs."""
        try:
            fact, traceparent = self._read(record, now)
            indicator = self._registry.indicators.get(fact.indicator)
            if indicator is None:
                self._park(held, record, fact.indicator)
                return None
            self.check(fact, indicator)
        except Exception as error:  # noqa: BLE001 - whatever a bug raises, the record must not be lost
            reason = str(error)
            if not isinstance(error, Poison | events.BadEvent):
                _log.exception("reading %s/%d failed", held.name, record.offset)
                reason = f"{type(error).__name__}: {error}"
            await self._bury(record, reason)
            return None
        if self.partition_of(fact.indicator) != record.partition:
            try:
                await self._forward(record, fact.indicator)
            except MessageSizeTooLargeError as error:
                await self._bury(record, f"another partition is its indicator's, and it does not go there: {error}")
            return None
        feed = self._feeds[fact.indicator] = await self._feed(indicator)
        return feed, fact, traceparent

    async def _feed(self, indicator: texts.Indicator) -> Feed:
        """What there is to know of an indicator while its events come."""
        id = indicator.metadata.id
        history = await self._history_of(id) if self._registry.is_served(id) else None
        asked = self._asked_of(indicator)
        if history is not None:
            history.thresholds = asked.thresholds
        return Feed(indicator, self.partition_of(id), asked, history)

    def check(self, fact: Fact, indicator: texts.Indicator) -> None:
        """Whether its indicator takes this fact, as it is compared now. Raises BadEvent with the field and the rule."""
        check(fact, indicator, self._asked_of(indicator))

    def _asked_of(self, indicator: texts.Indicator) -> Asked:
        """Nothing but measurements is compared with anything, and it takes long to find."""
        return self._asked(indicator.metadata.id) if indicator.kind_of_events == "measurement" else Asked()

    def knows(self, indicator: str) -> bool:
        """Whether plain events of it are taken without asking anybody."""
        return indicator in self._feeds

    def forget_feeds(self, _indicators: Iterable[str] = ()) -> None:
        self._feeds.clear()

    def forget_amended(self) -> None:
        """An amendment may have brought another threshold into force."""
        self._feeds = {id: feed for id, feed in self._feeds.items() if not self._registry.is_amended(id)}

    def partition_of(self, indicator: str) -> int:
        return _hash(indicator) % self.partitions_of_topic

    def count(self) -> None:
        """Tell the outcomes since the last time."""
        for outcome, count in self.outcomes.items():
            _events.add(count, {"outcome": outcome})
        self.outcomes.clear()

    def _read(self, record: Record, now: datetime) -> tuple[events.Fact, str | None]:
        """The fact in a record and its trace. Raises Poison or BadEvent."""
        envelope = messages.read(record)
        fact = events.fact_of(
            type=envelope.type, subject=envelope.subject, source=envelope.source, id=envelope.id, time=envelope.time,
            data=envelope.data,
        )  # fmt: skip
        events.check_time(fact, now)
        return fact, envelope.traceparent

    async def _bury(self, record: Record, reason: str) -> None:
        await bury(self._bus, self._dead_letters, record, reason, blocks=False)
        self.outcomes["rejected"] += 1

    def _park(self, held: Partition, record: Record, indicator: str) -> None:
        headers, place = messages.text_headers(record), f"{held.name}/{record.offset:020d}"
        held.pending.park(self._parking.document(place, indicator, record.key, record.value, headers))
        self.outcomes["parked"] += 1

    async def _forward(self, record: Record, indicator: str) -> None:
        """A client with another hash put it on the wrong partition: once more, with ours."""
        await self._bus.broker.publish(
            record.value or b"", topic=topics.METRICS, key=indicator.encode(), headers=messages.text_headers(record)
        )
        self.outcomes["forwarded"] += 1

    async def put_back(self, parked: Document) -> None:
        """Publish a parked record again, as it was."""
        headers = {each["name"]: each["value"] for each in parked["headers"]}
        await self._bus.broker.publish(
            parked["value"] or b"", topic=topics.METRICS, key=parked["indicator"].encode(), headers=headers
        )

    async def replay(self, record: Record) -> None:
        """A dead letter of the metrics topic is published again, so that it takes its place among the checkpoints."""
        fact, _ = self._read(record, self._clock.now())
        indicator = self._registry.indicators.get(fact.indicator)
        if indicator is not None:
            self.check(fact, indicator)
        await self._forward(record, fact.indicator)


@lru_cache(maxsize=100_000)
def _hash(indicator: str) -> int:
    """The hash that Java's clients place a key by; aiokafka's is Python, and slow."""
    return int(murmur2(indicator.encode()) & 0x7FFFFFFF)
