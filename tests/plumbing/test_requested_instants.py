"""Instants that requests give: within what calendars reach, and in UTC."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from sepakat_agreements.maintenance_api import TimesIn
from sepakat_agreements.plan_api import MeasureIn
from sepakat_agreements.schedule_api import From, Until
from sepakat_shared.web import RequestedInstant

BEYOND = ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-10:00", "1969-12-31T23:59:59Z", "9000-01-01T00:00:00Z")


def test_an_instant_is_kept_in_universal_time_with_milliseconds() -> None:
    read = TypeAdapter(RequestedInstant).validate_python
    assert read("2026-03-10T07:00:00.123456+07:00") == datetime(2026, 3, 10, 0, 0, 0, 123_000, UTC)
    with pytest.raises(ValidationError, match="timezone"):
        read("2026-03-10T07:00:00")


@pytest.mark.parametrize("instant", BEYOND)
@pytest.mark.parametrize("parameter", [From, Until])
def test_an_instant_beyond_calendars_is_refused_in_a_query(parameter: Any, instant: str) -> None:
    with pytest.raises(ValidationError, match="must be of the years 1970 to 8999"):
        TypeAdapter(parameter).validate_python(instant)


@pytest.mark.parametrize("instant", BEYOND)
@pytest.mark.parametrize(
    ("body", "given"),
    [
        (TimesIn, {"start": "{}", "end": "2026-03-10T00:00:00Z", "reason": "x"}),
        (TimesIn, {"start": "2026-03-10T00:00:00Z", "end": "{}", "reason": "x"}),
        (MeasureIn, {"text": "x", "due_at": "{}"}),
    ],
)
def test_an_instant_beyond_calendars_is_refused_in_a_body(
    body: type[BaseModel], given: dict[str, str], instant: str
) -> None:
    with pytest.raises(ValidationError, match="must be of the years 1970 to 8999"):
        body.model_validate({name: value.format(instant) for name, value in given.items()})
