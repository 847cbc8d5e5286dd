"""What is measured, whoever agrees on it."""

from datetime import timedelta
from typing import Literal

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts.values import API_VERSION, Duration, Exact, Id, IndicatorId, Percent, Text


class MeasuredBy(Text):
    party: Id
    point: str | None = None


class Silence(Text):
    """What it means when nothing was heard of a `state` indicator for `after`."""

    after: Duration
    means: Literal["unknown", "down", "up"] = "unknown"


class IndicatorMetadata(Text):
    id: IndicatorId
    title: Title | None = None


class Indicator(Text):
    """What is measured. It belongs to a party, and can be fed before any agreement names it."""

    api_version: Literal["sepakat/v1"] = API_VERSION
    kind: Literal["Indicator"] = "Indicator"
    metadata: IndicatorMetadata
    kind_of_events: Literal["ratio", "measurement", "state", "ticket"]
    service: Id | None = None
    measured_by: MeasuredBy | None = None
    sources: tuple[str, ...] = ()
    down_after: Duration = timedelta(0)
    silence: Silence | None = None
    minimum_coverage: Percent | None = None
    unit: str | None = None
    weight: Exact | None = None

    @property
    def party(self) -> str:
        return self.metadata.id.partition("/")[0]
