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


class Part(BaseModel):
    """A part of a fact. Readers ignore fields they do not know.

    Validators are built with the first use: there are a hundred facts, and no service reads or tells most of them.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class Fact(Part):
    """The data of one event; `type` is the CloudEvents type."""

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


class PeriodSpan(Part):
    """A half-open interval `[start, end)`."""

    start: Instant
    end: Instant
