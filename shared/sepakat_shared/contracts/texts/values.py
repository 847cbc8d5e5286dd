"""Values that texts are written in, each with its one way of writing, and what every part of a text is."""

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from sepakat_shared.contracts.fact import Title

API_VERSION: Final = "sepakat/v1"


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(f'write it as text ("{value}"), so that it stays exact')
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            raise ValueError('write a number in digits with a point, such as "99.9", and no unit or % in it') from None
    return value


def _plain(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a finite number")
    return value


def _in_percent(value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise ValueError("is a percentage: 0 to 100")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not an IANA time zone (such as Asia/Jakarta)") from error
    return value


_DURATION = re.compile(r"P(?=\d|T\d)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,3})?S)?)?")
_CALENDAR_SPAN = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?")


def is_written_duration(value: object) -> bool:
    return isinstance(value, str) and _DURATION.fullmatch(value) is not None


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not is_written_duration(value):
        raise ValueError("write an ISO 8601 duration of weeks, days, hours, minutes, seconds, such as PT5M or P28D")
    return value


def _written(value: timedelta) -> str:
    """The one way a duration is written in a canonical text."""
    milliseconds = value // timedelta(milliseconds=1)
    days, rest = divmod(milliseconds, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds = f"{rest / 1000:g}S" if rest else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + seconds
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "") if milliseconds else "PT0S"


def _calendar_span(value: str) -> str:
    if not _CALENDAR_SPAN.fullmatch(value):
        raise ValueError("write an ISO 8601 span of years, months, weeks or days, such as P3M")
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    AfterValidator(_plain),
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^-?\d+(\.\d+)?$"}),
]
Percent = Annotated[Exact, AfterValidator(_in_percent)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
IndicatorId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}$")]
TimeZone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "duration"}),
]
CalendarSpan = Annotated[str, AfterValidator(_calendar_span)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DayRange = Annotated[str, Field(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$")]
Hours = Annotated[
    tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")], ...],
    BeforeValidator(_listed),
]


def _amount(value: object) -> object:
    if isinstance(value, str) and "P" not in value:
        try:
            Decimal(value)
        except InvalidOperation:
            raise ValueError("write a duration, such as PT4H, or a number with its `unit` beside it") from None
    return value


def _is_duration(value: object) -> str:
    return "duration" if isinstance(value, timedelta) or (isinstance(value, str) and "P" in value) else "number"


Amount = Annotated[
    Annotated[Exact, Tag("number")] | Annotated[Duration, Tag("duration")],
    Discriminator(_is_duration),
    BeforeValidator(_amount),
]


class Text(BaseModel):
    """One part of a text: camelCase outside, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Metadata(Text):
    id: Id
    title: Title | None = None
