"""What publishers send to the metrics topic: the data of their CloudEvents, as they may write it.

These models are the promise to publishers, made into schemas and AsyncAPI; `metrics` reads events by a faster way of
its own, and a test holds the two together. Unlike in facts that services publish, an unknown field is refused: it is
nearly always a misspelling. Instants have their offset and are the time of the fact.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from sepakat_shared.contracts.texts import Id, IndicatorId

Count = Annotated[int, Field(ge=0, lt=2**53)]
Value = Annotated[float, Field(ge=0, lt=10**12)]
Offset = Annotated[int, Field(ge=0, lt=31 * 86_400_000)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _OfIndicator(_Data):
    """`indicator` is `provider/indicator`, and the event's subject where it has one."""

    indicator: IndicatorId


class Sample(_Data):
    """So many good ones of so many, at that time; never more good ones than there are."""

    time: AwareDatetime
    good: Count
    total: Count


class OneSample(_OfIndicator):
    """At the event's time; never more good ones than there are."""

    good: Count
    total: Count


class SeveralSamples(_OfIndicator):
    """Each at its own time."""

    samples: Annotated[tuple[Sample, ...], Field(min_length=1)]


class CountColumns(_Data):
    """Row i says that at `start` and `offset[i]` milliseconds, `good[i]` were good of `total[i]`; never more good ones
    than there are. All columns have as many rows, and offsets need not be in order.
    """

    start: AwareDatetime
    offset: Annotated[tuple[Offset, ...], Field(min_length=1)]
    good: Annotated[tuple[Count, ...], Field(min_length=1)]
    total: Annotated[tuple[Count, ...], Field(min_length=1)]


class SamplesInColumns(_OfIndicator):
    """The same as several samples, in fewer bytes and read faster."""

    columns: CountColumns


class ValueColumns(_Data):
    """Row i says that `value[i]` was measured at `start` and `offset[i]` milliseconds. Both columns have as many rows,
    and offsets need not be in order.
    """

    start: AwareDatetime
    offset: Annotated[tuple[Offset, ...], Field(min_length=1)]
    value: Annotated[tuple[Value, ...], Field(min_length=1)]


class OneValue(_OfIndicator):
    value: Value
    unit: Annotated[str, Field(min_length=1)]


class SeveralValues(_OfIndicator):
    """All at the event's time."""

    values: Annotated[tuple[Value, ...], Field(min_length=1)]
    unit: Annotated[str, Field(min_length=1)]


class ValuesInColumns(_OfIndicator):
    """Each at its own time."""

    columns: ValueColumns
    unit: Annotated[str, Field(min_length=1)]


class WholeState(_OfIndicator):
    state: Literal["up", "down", "maintenance", "unknown"]


class Degraded(_OfIndicator):
    """`weight` is the share that counts as up."""

    state: Literal["degraded"]
    weight: Annotated[float, Field(ge=0, le=1)]


class MetricSample(RootModel[OneSample | SeveralSamples | SamplesInColumns]):
    """How many were good, of how many."""

    type: ClassVar[str] = "sepakat.metric.sample.v1"


class MetricMeasurement(RootModel[OneValue | SeveralValues | ValuesInColumns]):
    """What was measured, in `unit`; those of time (us, ms, s, min, h) are converted to the indicator's."""

    type: ClassVar[str] = "sepakat.metric.measurement.v1"


class MetricState(RootModel[WholeState | Degraded]):
    """The state from the event's time until the next event, or until the indicator's silence rule."""

    type: ClassVar[str] = "sepakat.metric.state.v1"


Word = Annotated[str, Field(min_length=1, max_length=200)]


class _OfTicket(_OfIndicator):
    """`agreement` is the one that the ticket is of, which one of its facts at least names; without it, it counts for
    each agreement that the indicator serves."""

    ticket: Word
    agreement: Id | None = None


class TicketFact(_OfTicket):
    """What became of a ticket, with its priority where that is told too."""

    fact: Literal["opened", "responded", "resumed", "updated", "restored", "resolved", "reopened", "cancelled"]
    priority: Word | None = None


class TicketPrioritised(_OfTicket):
    fact: Literal["prioritised"]
    priority: Word


class TicketPaused(_OfTicket):
    """Its clocks that pause for this reason stand still until it is resumed."""

    fact: Literal["paused"]
    reason: Word
    priority: Word | None = None


class MetricTicket(RootModel[TicketFact | TicketPrioritised | TicketPaused]):
    """A fact of one case, at the event's time; one that was missed is told later with the time at which it was."""

    type: ClassVar[str] = "sepakat.metric.ticket.v1"
