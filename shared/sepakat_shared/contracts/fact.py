"""What every published fact has in common."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema


def rfc3339(instant: datetime) -> str:
    """An instant as RFC 3339 in UTC with milliseconds, the precision that facts have."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


class Fact(BaseModel):
    """The data of one event. Readers ignore fields they do not know; `type` is the CloudEvents type."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: ClassVar[str]

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


class Title(BaseModel):
    """Words for people, by language tag (`en`, `id`)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    en: str | None = None
    id: str | None = None

    def in_language(self, language: str, otherwise: str) -> str:
        return getattr(self, language, None) or self.en or self.id or otherwise


class PeriodSpan(BaseModel):
    """A half-open interval `[start, end)`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    start: Instant
    end: Instant
