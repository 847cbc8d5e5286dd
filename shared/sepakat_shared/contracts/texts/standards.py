"""The service standards: what is measured against which target, in which hours, and what a miss costs."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AwareDatetime,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts.values import (
    Amount,
    CalendarSpan,
    DayRange,
    Duration,
    Exact,
    Hours,
    Id,
    IndicatorId,
    Percent,
    Text,
    TimeZone,
    is_written_duration,
)
from sepakat_shared.contracts.units import base_unit


class Holidays(Text):
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    categories: tuple[str, ...] = ("public",)
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


class Calendar(Text):
    """Business hours: `weekly` maps a day or a range of days (`mon-thu`) to intervals of local time."""

    id: Id
    time_zone: TimeZone
    weekly: dict[DayRange, Hours]
    holidays: Holidays | None = None


class Window(Text):
    """Exactly one of a calendar unit and a rolling duration."""

    calendar: Literal["day", "week", "month", "quarter", "year"] | None = None
    rolling: Duration | None = None


class Limit(Text):
    """Exactly one of at most and at least: a number in `unit`, or a duration."""

    at_most: Amount | None = None
    at_least: Amount | None = None
    unit: str | None = None

    @property
    def amount(self) -> Decimal | timedelta:
        """The number or duration of whichever side there is."""
        amount = self.at_most if self.at_most is not None else self.at_least
        if amount is None:
            raise ValueError("a limit names one of `atMost` and `atLeast`")
        return amount

    @property
    def base_unit(self) -> str:
        """The base unit of what it is compared with."""
        return "ms" if isinstance(self.amount, timedelta) else base_unit(self.unit or "")


def _is_limit(value: object) -> str:
    return "limit" if isinstance(value, dict | Limit) else "percent"


Target = Annotated[Annotated[Percent, Tag("percent")] | Annotated[Limit, Tag("limit")], Discriminator(_is_limit)]


_LIMITED: Final = ("percentile", "mean")
_OF_A_THRESHOLD: Final = ("share", "per-case")


class Tier(Text):
    """`percent` of the charge for an attainment strictly below `below`."""

    below: Percent
    percent: Percent


class Credits(Text):
    of: Id
    tiers: tuple[Tier, ...] = Field(min_length=1)
    claim_within: CalendarSpan | None = None


class CaseClock(Text):
    """From one fact of a ticket until another (`opened`, `responded`, `restored`, `resolved`), or between the states of
    an indicator: `down` until `up` is the time to recovery, `up` until `down` the time between failures.
    """

    from_: str = Field(alias="from")
    until: str
    calendar: str = "24x7"
    pause_while: tuple[str, ...] = ()


Profile = Literal[
    "zabbix", "icinga", "aws-s3", "aws-ec2", "gcp-minutes", "openslo-occurrences", "openslo-timeslices",
    "openslo-ratio-timeslices",
]  # fmt: skip
"""The calculation of another house, by name (docs/reference/profiles.md)."""


class BurnAlert(Text):
    """At risk: over `over` and over `andOver` (a twelfth of it, where nothing is said) the error budget burned faster
    than `rate` times the pace that would just use it up by the end of the window.
    """

    rate: Exact
    over: Duration
    and_over: Duration | None = None


class Objective(Text):
    """An indicator, a comparison with a target, over a window, in a schedule."""

    id: Id
    title: Title | None = None
    indicator: IndicatorId
    service: Id | None = None
    measure: Literal["occurrences", "time", "timeslices", "ratio-timeslices", "share", "percentile", "mean", "per-case"]
    target: Target
    window: Window
    calendar: str = "24x7"
    threshold: Limit | None = None
    slice: Duration | None = None
    slice_target: Percent | None = None
    shortest_outage: Duration | None = None
    percentile: Percent | None = None
    minimum_sample: int = Field(1, ge=1)
    clock: CaseClock | None = None
    where: dict[str, str] = Field({})
    minimum_cases: int | None = Field(None, ge=1)
    allowed_misses: int | None = Field(None, ge=0)
    unknown: Literal["exclude", "up", "down"] = "exclude"
    exclusions: Literal["remove", "count-as-up"] = "remove"
    profile: Profile | None = None
    alerts: tuple[BurnAlert, ...] | None = Field(None, min_length=1)
    """When this objective is at risk; the three of docs/writing-agreements.md where nothing is said."""
    credits: Credits | None = None

    @field_validator("target", mode="wrap")
    @classmethod
    def _as_its_measure_has_it(
        cls, value: Any, read: ValidatorFunctionWrapHandler, objective: ValidationInfo
    ) -> Decimal | Limit:
        try:
            target: Decimal | Limit = read(value)
        except ValidationError:
            rule = None if _is_limit(value) == "limit" else _target_rule(value, objective.data.get("measure"))
            if rule is None:
                raise
            raise ValueError(rule) from None
        return target


def _target_rule(value: object, measure: str | None) -> str | None:
    """What to write instead, of what is no percentage; None where the rule of percentages says it."""
    is_duration = is_written_duration(value)
    if measure in _LIMITED:
        return f"a {measure} objective has a limit: {{atMost: {value if is_duration else '1500, unit: ms'}}}"
    if is_duration and measure in _OF_A_THRESHOLD:
        return (
            f'a {measure} objective has a percentage, such as "99.9", and the limit as threshold: {{atMost: {value}}}'
        )
    if is_duration and measure is not None:
        return f'a {measure} objective has a percentage, such as "99.9"; a mean or percentile has a limit'
    return None


class CreditCap(Text):
    percent: Percent
    per: Literal["month", "quarter", "year"]


class CreditRules(Text):
    mode: Literal["automatic", "on-claim"] = "automatic"
    same_outage: Literal["highest", "each"] = "highest"
    cap: CreditCap | None = None


class Allowance(Text):
    max: Duration
    per: Literal["day", "week", "month", "quarter", "year"]
    excess: Literal["down", "exclude"] = "down"


class Freeze(Text):
    from_: date = Field(alias="from")
    until: date


class MaintenanceWindow(Text):
    """Planned work: once at `start`, or again by `rrule` (RFC 5545) from there."""

    id: Id
    start: AwareDatetime
    duration: Duration
    rrule: str | None = None
    objectives: tuple[Id, ...] = ()


class Maintenance(Text):
    notice: CalendarSpan | None = None
    allowance: Allowance | None = None
    freezes: tuple[Freeze, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()
