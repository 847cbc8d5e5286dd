"""The machine-readable texts: parties, indicators and agreements, as both parties sign and all services read them.

Field names are camelCase in YAML and JSON. A field nobody knows is refused, and so is a number that is not exact:
targets, amounts and shares are written as text (`"99.9"`). Durations are ISO 8601.
"""

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
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
from sepakat_shared.contracts.units import base_unit
from sepakat_shared.hashes import canonical_hash

API_VERSION: Final = "sepakat/v1"

# -- values ------------------------------------------------------------------------------------------------------------


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


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
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


# -- parties -----------------------------------------------------------------------------------------------------------


class Contact(Text):
    """A person or role of a party. Erasable; agreements name only the id."""

    id: Id
    name: str = Field(min_length=1, max_length=200)
    title: str | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s\r\n]+@[^@\s\r\n]+$", max_length=254)] | None = None
    phone: str | None = None
    language: Literal["en", "id"] = "en"
    time_zone: TimeZone | None = None


class Party(Text):
    """An organisation: provider or customer."""

    api_version: Literal["sepakat/v1"] = API_VERSION
    kind: Literal["Party"] = "Party"
    metadata: Metadata
    name: str = Field(min_length=1, max_length=200)
    address: str | None = None
    contacts: tuple[Contact, ...] = ()


# -- indicators --------------------------------------------------------------------------------------------------------


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


# -- agreements --------------------------------------------------------------------------------------------------------


class Languages(Text):
    authoritative: Literal["en", "id"]
    also: tuple[Literal["en", "id"], ...] = ()


class Parties(Text):
    provider: Id
    customer: Id


class Signatory(Text):
    party: Id
    contact: Id
    key: str


class Renewal(Text):
    """The term goes on `for` so long, as long as the first one where nothing is said, unless a party gives notice."""

    notice: Duration
    for_: CalendarSpan | None = Field(None, alias="for")


class TerminationNotice(Text):
    """How long before the last day's end notice of termination is to be given."""

    notice: Duration


class Term(Text):
    """From the first instant of `from` to the last of `until` (inclusive), in `timeZone`.

    Without `renewal` the agreement expires then.
    """

    from_: date = Field(alias="from")
    until: date
    time_zone: TimeZone
    renewal: Renewal | None = None
    termination: TerminationNotice | None = None


class Charge(Text):
    id: Id
    amount: Exact
    currency: Currency


class ServiceDescription(Text):
    id: Id
    description: Title


class Impact(Text):
    """What it costs the customer when the need is unmet, per duration."""

    cost: Exact
    currency: Currency
    per: Duration


class Need(Text):
    id: Id
    statement: Title
    goal: Title | None = None
    priority: Literal["must", "should", "could"]
    impact: Impact | None = None
    served_by: tuple[Id, ...] = ()


class Misses(Text):
    misses: int = Field(ge=1)
    within: CalendarSpan


class PlanDemand(Misses):
    """So many misses within the span demand an improvement plan, to be drafted `draftWithin` (14 days, where nothing is
    said).
    """

    draft_within: CalendarSpan | None = None


class TerminationRight(Misses):
    """So many misses within the span give the other party the right to terminate, with `notice` where that is said, and
    for `exerciseWithin` so long from the last of them on, or for as long as the agreement lasts.
    """

    notice: Duration | None = None
    exercise_within: CalendarSpan | None = None


class Unmet(Text):
    """What follows from an obligation that is not met in its time.

    It `pauses` these objectives from the due instant until it is met: that time does not count for them. Repeated
    misses of it demand an improvement plan of the party that owes it, and permit the other one to terminate.
    """

    pauses: tuple[Id, ...] = ()
    improvement_plan: PlanDemand | None = None
    termination: TerminationRight | None = None


class Trigger(Text):
    """An event that makes an obligation due: an incident of one of these priorities, or a missed target of one of these
    objectives; of any, where none is named.
    """

    event: Literal["incident-opened", "incident-resolved", "target-missed"]
    priorities: tuple[Literal["P1", "P2", "P3", "P4", "P5"], ...] = ()
    objectives: tuple[Id, ...] = ()


class Obligation(Text):
    """What `party` owes: once by the last instant of the day `due`; again and again, `every` so long or by `rrule`
    (RFC 5545, in days), from the day `first` on (the first day of the term, where nothing is said); or when something
    happens: a request of the other party, which `after` names, or the event of `trigger`.

    With `within` it is due so long after that, or after the beginning of each interval. `calendar` moves a day on which
    it has no hours to the next one that has some, and counts `within` in its hours. The owner is reminded `remind`
    before it is due. One that has none of these is a standing duty, without a date.
    """

    id: Id
    party: Id
    owner: Id | None = None
    text: Title
    every: CalendarSpan | None = None
    within: Duration | None = None
    after: str | None = None
    unmet: Unmet | None = None
    due: date | None = None
    first: date | None = None
    rrule: str | None = None
    calendar: str | None = None
    trigger: Trigger | None = None
    remind: Duration | None = None


class Holidays(Text):
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    categories: tuple[str, ...] = ("public",)
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_RANGE = r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$"


class Calendar(Text):
    """Business hours: `weekly` maps a day or a range of days (`mon-thu`) to intervals of local time."""

    id: Id
    time_zone: TimeZone
    weekly: dict[Annotated[str, Field(pattern=_DAY_RANGE)], Hours]
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
    where: dict[str, str] = {}
    minimum_cases: int | None = Field(None, ge=1)
    allowed_misses: int | None = Field(None, ge=0)
    unknown: Literal["exclude", "up", "down"] = "exclude"
    exclusions: Literal["remove", "count-as-up"] = "remove"
    profile: Profile | None = None
    alerts: tuple[BurnAlert, ...] | None = Field(None, min_length=1)
    """When this objective is at risk; the three of docs/writing-agreements.md where nothing is said."""
    credits: Credits | None = None


class CreditCap(Text):
    percent: Percent
    per: Literal["month", "quarter", "year"]


class CreditRules(Text):
    mode: Literal["automatic", "on-claim"] = "automatic"
    same_outage: Literal["highest", "each"] = "highest"
    cap: CreditCap | None = None


class Remedies(Text):
    """What missed targets of calendar windows lead to: of all objectives `together`, where nothing is said, or of
    `each` alone.
    """

    improvement_plan: PlanDemand | None = None
    termination: TerminationRight | None = None
    counted: Literal["together", "each"] | None = None


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


class Reporting(Text):
    channels: tuple[str, ...] = ()
    hours: str = "24x7"
    acknowledge_within: Duration | None = None


class Priority(Text):
    """How long an incident of this priority may take, counted in `calendar` (24x7, where nothing is said).

    Clocks stand still while the incident waits for a reason in `pauseWhile` (`waiting-for-customer`, where nothing is
    said). A limit that is not given here is that of the `per-case` objective about the service's tickets.
    """

    first_response: Duration | None = None
    restore: Duration | None = None
    resolve: Duration | None = None
    update_every: Duration | None = None
    calendar: str | None = None
    pause_while: tuple[str, ...] | None = None
    escalation: Id | None = None


class Priorities(Text):
    """`matrix` maps impact-urgency, each of them high, medium or low (`high-low`), to a priority.

    Every priority says who is told. `reopenWithin` is how long after its resolution an incident may be opened again,
    72 hours where nothing is said.
    """

    matrix: dict[str, str] = {}
    reopen_within: Duration | None = None
    p1: Priority | None = Field(None, alias="P1")
    p2: Priority | None = Field(None, alias="P2")
    p3: Priority | None = Field(None, alias="P3")
    p4: Priority | None = Field(None, alias="P4")
    p5: Priority | None = Field(None, alias="P5")

    def get(self, name: str) -> Priority | None:
        """The priority called `P1` to `P5`, or None where the agreement has none of that name."""
        found: Priority | None = getattr(self, name.lower(), None)
        return found


class Layer(Text):
    """Participants who take turns, each from one handover to the next, on the wall clock of `timeZone`.

    `every` is a day, a week (handed over on `weekday`) or a duration from an hour on; the first turn begins on day
    `from` at `at`. With `hours` (local time) the layer is silent outside of them: layers of several zones make one
    rotation follow the sun.
    """

    participants: tuple[Id, ...] = Field(min_length=1)
    time_zone: TimeZone
    from_: date = Field(alias="from")
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    every: Literal["day", "week"] | Duration = "week"
    weekday: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] | None = None
    hours: dict[Annotated[str, Field(pattern=_DAY_RANGE)], Hours] = {}


class Rotation(Text):
    """Who of `party` (the provider, where nothing is said) is on call: the first layer that has somebody says it."""

    id: Id
    party: Id | None = None
    title: Title | None = None
    layers: tuple[Layer, ...] = Field(min_length=1)


class WhenLeft(Text):
    """So much of a clock's limit is left: exactly one of `percent` of it and a `time`."""

    clock: Literal["first-response", "restore", "resolve"]
    percent: Percent | None = None
    time: Duration | None = None


class Level(Text):
    """Whom to tell (contacts, rotations, webhook endpoints), and how long to wait for them to acknowledge.

    It waits for `delay` before it tells them, and for as many `acknowledgements` as it says, one where it says nothing.
    Outside of `hours`, a calendar, it tells `otherwise`. With `whenLeft` it is told also when a clock runs out, be the
    incident taken up or not. A `hierarchical` level is those above, a `functional` one those who can do more.
    """

    notify: tuple[Id, ...] = Field(min_length=1)
    acknowledge_within: Duration
    delay: Duration | None = None
    acknowledgements: int | None = Field(None, ge=1)
    hours: str | None = None
    otherwise: tuple[Id, ...] | None = Field(None, min_length=1)
    webhooks: tuple[Id, ...] | None = None
    when_left: WhenLeft | None = None
    kind: Literal["functional", "hierarchical"] | None = None


class Escalation(Text):
    levels: tuple[Level, ...] = Field(min_length=1)
    repeat: int = Field(0, ge=0, le=100)
    acknowledged_by: Literal["provider", "customer"] = "provider"
    acknowledgement_lasts: Duration | None = None
    snooze_at_most: Duration | None = None
    """How long the responsible party may put an incident's ladder off, in all; not at all where nothing is said."""


class PostIncidentNote(Text):
    """Incidents of these priorities need a note from the responsible party, `within` so long from their resolution.

    It is reminded `remind` before that, where there is so much time.
    """

    priorities: tuple[Literal["P1", "P2", "P3", "P4", "P5"], ...] = Field(min_length=1)
    within: Duration
    remind: Duration = timedelta(days=1)


class DisputeStep(Text):
    """`contact` is the mediator, of `party`: the one who is written to, be it neither of the two."""

    by: Literal["provider", "customer", "both", "mediator"]
    answer_within: CalendarSpan | None = None
    settle_within: CalendarSpan | None = None
    decide_within: CalendarSpan | None = None
    contact: Id | None = None
    party: Id | None = None
    otherwise: Literal["upheld", "rejected", "next", "forum"]


class Disputes(Text):
    raise_within: CalendarSpan
    days: Literal["calendar", "business"] = "calendar"
    calendar: str | None = None
    steps: tuple[DisputeStep, ...] = ()
    forum: str | None = None


class Review(Text):
    every: CalendarSpan
    first: date
    chair: Id | None = None
    participants: tuple[Id, ...] = ()
    pack_before: CalendarSpan | None = None
    feedback: CalendarSpan | None = None
    monthly_report: CalendarSpan | None = None
    triggers: tuple[Misses, ...] = ()


class Amendment(Text):
    """How this version follows the one before: from the first instant of the day `effectiveFrom` in the term's time
    zone, or from the last signature on where that is not given; for each changed objective with its next period, or at
    once.
    """

    effective_from: date | None = None
    takes_effect: Literal["next-period", "at-once"] = "next-period"


class Underpinning(Text):
    """An `agreement` of the provider with a supplier of its own, on which these `objectives` rest (all, where none is
    named), `by` these objectives of that one (all of the same kind, where none is named).
    """

    agreement: Id
    objectives: tuple[Id, ...] | None = Field(None, min_length=1)
    by: tuple[Id, ...] | None = Field(None, min_length=1)


class Agreement(Text):
    """The written agreement between one provider and one customer."""

    api_version: Literal["sepakat/v1"] = API_VERSION
    kind: Literal["Agreement"] = "Agreement"
    metadata: Metadata
    languages: Languages | None = None
    parties: Parties
    signatories: tuple[Signatory, ...] = ()
    evidence_key: str | None = None
    """The public key (`ed25519:…`) of the service that measures: what it says must be signed with that one."""
    term: Term
    amendment: Amendment | None = None
    charges: tuple[Charge, ...] = ()
    services: tuple[ServiceDescription, ...] = Field(min_length=1)
    needs: tuple[Need, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    objectives: tuple[Objective, ...] = ()
    credit_rules: CreditRules | None = None
    remedies: Remedies | None = None
    maintenance: Maintenance | None = None
    reporting: Reporting | None = None
    priorities: Priorities | None = None
    rotations: tuple[Rotation, ...] | None = None
    escalation: dict[Id, Escalation] = {}
    post_incident_note: PostIncidentNote | None = None
    disputes: Disputes | None = None
    review: Review | None = None
    underpinning: tuple[Underpinning, ...] | None = None

    def service_of(self, objective: Objective, indicator: Indicator | None) -> ServiceDescription:
        """The service an objective is about: its own, else its indicator's, else the agreement's first."""
        named = objective.service or (indicator.service if indicator else None)
        return next((service for service in self.services if service.id == named), self.services[0])


Document = Party | Indicator | Agreement


# -- writing -----------------------------------------------------------------------------------------------------------


def as_text(document: Document) -> dict[str, Any]:
    """The text with every default written out: what is signed, published and read back by `model_validate`."""
    return document.model_dump(mode="json", by_alias=True, exclude_none=True)


def text_hash(document: Document) -> str:
    """`sha256:` and the hash of the canonical JSON (RFC 8785) of the text: what a signature is of."""
    return canonical_hash(as_text(document))


__all__ = [
    "Agreement",
    "Contact",
    "Document",
    "Indicator",
    "Objective",
    "Party",
    "as_text",
    "text_hash",
]
