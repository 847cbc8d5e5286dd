"""The machine-readable texts: parties, indicators and agreements, as both parties sign and all services read them.

Field names are camelCase in YAML and JSON. A field nobody knows is refused, and so is a number that is not exact:
targets, amounts and shares are written as text (`"99.9"`). Durations are ISO 8601.
"""

import hashlib
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import rfc8785
import yaml
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
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from sepakat_shared.contracts.fact import Title
from sepakat_shared.errors import FieldProblem, Invalid, Malformed

API_VERSION: Final = "sepakat/v1"

# -- values ------------------------------------------------------------------------------------------------------------


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(f'write it as text ("{value}"), so that it stays exact')
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


def _is_duration(value: object) -> str:
    return "duration" if isinstance(value, timedelta) or (isinstance(value, str) and "P" in value) else "number"


Amount = Annotated[Annotated[Exact, Tag("number")] | Annotated[Duration, Tag("duration")], Discriminator(_is_duration)]


class Text(BaseModel):
    """One part of a text: camelCase outside, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, defer_build=True
    )


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


class Unmet(Text):
    pauses: tuple[Id, ...] = ()


class Obligation(Text):
    id: Id
    party: Id
    owner: Id | None = None
    text: Title
    every: CalendarSpan | None = None
    within: Duration | None = None
    after: str | None = None
    unmet: Unmet | None = None


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
    credits: Credits | None = None


class CreditCap(Text):
    percent: Percent
    per: Literal["month", "quarter", "year"]


class CreditRules(Text):
    mode: Literal["automatic", "on-claim"] = "automatic"
    same_outage: Literal["highest", "each"] = "highest"
    cap: CreditCap | None = None


class Misses(Text):
    misses: int = Field(ge=1)
    within: CalendarSpan


class Remedies(Text):
    improvement_plan: Misses | None = None
    termination: Misses | None = None


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


class PostIncidentNote(Text):
    """Incidents of these priorities need a note from the responsible party, `within` so long from their resolution.

    It is reminded `remind` before that, where there is so much time.
    """

    priorities: tuple[Literal["P1", "P2", "P3", "P4", "P5"], ...] = Field(min_length=1)
    within: Duration
    remind: Duration = timedelta(days=1)


class DisputeStep(Text):
    by: Literal["provider", "customer", "both", "mediator"]
    answer_within: CalendarSpan | None = None
    settle_within: CalendarSpan | None = None
    decide_within: CalendarSpan | None = None
    contact: Id | None = None
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

    def service_of(self, objective: Objective, indicator: Indicator | None) -> ServiceDescription:
        """The service an objective is about: its own, else its indicator's, else the agreement's first."""
        named = objective.service or (indicator.service if indicator else None)
        return next((service for service in self.services if service.id == named), self.services[0])


Document = Party | Indicator | Agreement
_documents: TypeAdapter[Document] = TypeAdapter(Annotated[Document, Field(discriminator="kind")])


# -- reading -----------------------------------------------------------------------------------------------------------


class _StrictLoader(yaml.SafeLoader):
    """YAML without what lets a text say two things or grow without bound: repeated keys and aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.constructor.ConstructorError(
                None,
                None,
                "aliases (*name) are not allowed; write it out",
                self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse_documents(text: str) -> list[Document]:
    """Read a stream of YAML (or JSON) documents. Raises Malformed, or Invalid with every field and its rule."""
    try:
        raw = [document for document in yaml.load_all(text, _StrictLoader) if document is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Malformed(f"this is not readable YAML: {error}") from error
    return [_parse(document, f"/{i}" if len(raw) > 1 else "") for i, document in enumerate(raw)]


def read_document(raw: Any) -> Document:
    """One document that was read already, from JSON or by a change. Raises Invalid with every field and its rule."""
    return _parse(raw, "")


def _parse(raw: Any, at: str) -> Document:
    if not isinstance(raw, dict):
        raise Invalid(f"{at or '/'}: each document is a mapping", [FieldProblem(at, "must be a mapping")])
    try:
        document = _documents.validate_python(raw)
    except ValidationError as error:
        raise _invalid(
            [FieldProblem(at + _pointer(raw, each["loc"]), _rule(each)) for each in error.errors()]
        ) from error
    problems = [FieldProblem(at + pointer, rule) for pointer, rule in check(document)]
    if problems:
        raise _invalid(problems)
    return document


def _invalid(problems: list[FieldProblem]) -> Invalid:
    shown = "; ".join(f"{each.pointer or '/'}: {each.rule}" for each in problems[:5])
    more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
    return Invalid(shown + more, problems)


def _pointer(raw: Any, location: tuple[int | str, ...]) -> str:
    """Where in what was sent: pydantic's location without the names of the types it tried."""
    pointer, here = "", raw
    for i, part in enumerate(location):
        inside = _has(here, part)
        missing = i == len(location) - 1 and isinstance(here, dict) and not str(part).startswith("function-")
        if inside:
            here = here[part]
        if inside or missing:
            pointer += "/" + str(part).replace("~", "~0").replace("/", "~1")
    return pointer


def _has(here: Any, part: int | str) -> bool:
    if isinstance(here, dict):
        return part in here
    return isinstance(here, list) and isinstance(part, int) and part < len(here)


def _rule(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "is not a field here; check the spelling against the reference"
    message: str = error["msg"]
    return message.removeprefix("Value error, ").rstrip()


# -- rules across fields -----------------------------------------------------------------------------------------------


def check(document: Document) -> Iterator[tuple[str, str]]:
    """The rules that one field alone cannot tell: each broken one as (JSON Pointer, rule)."""
    if isinstance(document, Party):
        yield from _unique("/contacts", (contact.id for contact in document.contacts))
    elif isinstance(document, Agreement):
        yield from _check_agreement(document)


def _check_agreement(text: Agreement) -> Iterator[tuple[str, str]]:
    parties = {text.parties.provider, text.parties.customer}
    if len(parties) == 1:
        yield "/parties/customer", "must be another party than the provider"
    if text.term.until < text.term.from_:
        yield "/term/until", "must not be before /term/from"
    for i, signatory in enumerate(text.signatories):
        yield from _known(f"/signatories/{i}/party", signatory.party, parties, "a party of this agreement")
    for name in ("charges", "services", "needs", "obligations", "calendars", "objectives"):
        yield from _unique(f"/{name}", (each.id for each in getattr(text, name)))
    served = {each.id for each in text.objectives} | {each.id for each in text.obligations}
    for i, need in enumerate(text.needs):
        for j, id in enumerate(need.served_by):
            yield from _known(f"/needs/{i}/servedBy/{j}", id, served, "an objective or obligation of this agreement")
    for i, obligation in enumerate(text.obligations):
        yield from _known(f"/obligations/{i}/party", obligation.party, parties, "a party of this agreement")
    for i, objective in enumerate(text.objectives):
        yield from _check_objective(f"/objectives/{i}", objective, text)
    yield from _check_escalation(text)
    yield from _check_rotations(text)
    yield from _check_maintenance(text)
    yield from _check_disputes(text)


_NEEDS_PERCENT = {"occurrences", "time", "timeslices", "ratio-timeslices", "share", "per-case"}


def _check_objective(at: str, objective: Objective, text: Agreement) -> Iterator[tuple[str, str]]:
    calendars = {calendar.id for calendar in text.calendars} | {"24x7"}
    yield from _known(f"{at}/calendar", objective.calendar, calendars, "a calendar of this agreement, or 24x7")
    if objective.clock is not None:
        yield from _known(f"{at}/clock/calendar", objective.clock.calendar, calendars, "a calendar of this agreement")
    if objective.service is not None:
        yield from _known(f"{at}/service", objective.service, {s.id for s in text.services}, "a service of this text")
    if objective.credits is not None:
        yield from _known(f"{at}/credits/of", objective.credits.of, {c.id for c in text.charges}, "one of the charges")
    window = objective.window
    if (window.calendar is None) == (window.rolling is None):
        yield f"{at}/window", "names exactly one of `calendar` and `rolling`"
    if window.rolling is not None and window.rolling < timedelta(minutes=1):
        yield f"{at}/window/rolling", "must be a minute at least"
    percent = isinstance(objective.target, Decimal)
    if objective.measure in _NEEDS_PERCENT and not percent:
        yield f"{at}/target", f'a {objective.measure} objective has a percentage, such as "99.9"'
    if objective.measure not in _NEEDS_PERCENT and percent:
        yield f"{at}/target", f"a {objective.measure} objective has a limit: {{atMost: 1500, unit: ms}}"
    for name in _required_fields(objective):
        yield f"{at}/{name}", f"is required for a {objective.measure} objective"
    yield from _check_measuring(at, objective)


def _check_measuring(at: str, objective: Objective) -> Iterator[tuple[str, str]]:
    for name, limit in (("target", objective.target), ("threshold", objective.threshold)):
        if isinstance(limit, Limit):
            if (limit.at_most is None) == (limit.at_least is None):
                yield f"{at}/{name}", "names exactly one of `atMost` and `atLeast`"
            elif limit.at_least is not None and (name == "threshold" or objective.measure != "mean"):
                yield f"{at}/{name}/atLeast", "is for means alone, such as the time between failures"
    if objective.slice is not None and (objective.slice < _MINUTE or objective.slice % _MINUTE):
        yield f"{at}/slice", "is whole minutes, one at least"
    for name in objective.where:
        yield from _known(f"{at}/where/{name}", name, {"priority"}, "what cases are told apart by")
    if objective.clock is not None and (objective.clock.from_, objective.clock.until) not in _CLOCKS:
        pairs = ", ".join(f"{start} until {end}" for start, end in _CLOCKS)
        yield f"{at}/clock", f"runs from one fact until another: {pairs}"


_MINUTE = timedelta(minutes=1)
_CLOCKS = (
    ("opened", "responded"), ("opened", "restored"), ("opened", "resolved"), ("responded", "restored"),
    ("responded", "resolved"), ("restored", "resolved"), ("restored", "opened"), ("resolved", "opened"),
    ("down", "up"), ("up", "down"),
)  # fmt: skip


def _required_fields(objective: Objective) -> Iterator[str]:
    required: dict[str, dict[str, object]] = {
        "share": {"threshold": objective.threshold},
        "percentile": {"percentile": objective.percentile},
        "per-case": {"clock": objective.clock, "threshold": objective.threshold},
        "timeslices": {"slice": objective.slice, "sliceTarget": objective.slice_target},
        "ratio-timeslices": {"slice": objective.slice},
    }
    return (name for name, value in required.get(objective.measure, {}).items() if value is None)


def _check_escalation(text: Agreement) -> Iterator[tuple[str, str]]:
    for name, policy in text.escalation.items():
        for i, level in enumerate(policy.levels):
            yield from _check_level(f"/escalation/{name}/levels/{i}", level, name, text)
    if text.priorities is None:
        return
    names = [f"P{i}" for i in range(1, 6)]
    for name in names:
        priority = text.priorities.get(name)
        if priority is None:
            continue
        if priority.escalation is not None:
            at = f"/priorities/{name}/escalation"
            yield from _known(at, priority.escalation, set(text.escalation), "an escalation policy of this agreement")
        if priority.calendar is not None:
            known = {calendar.id for calendar in text.calendars} | {"24x7"}
            yield from _known(f"/priorities/{name}/calendar", priority.calendar, known, "a calendar of this agreement")
        for limit in ("first_response", "restore", "resolve"):
            if getattr(priority, limit) == timedelta(0):
                yield f"/priorities/{name}/{to_camel(limit)}", "must be longer than nothing"
    given = {name for name in names if text.priorities.get(name) is not None}
    degrees = ("high", "medium", "low")
    cells = [f"{impact}-{urgency}" for impact in degrees for urgency in degrees]
    for cell, name in text.priorities.matrix.items():
        yield from _known(f"/priorities/matrix/{cell}", cell, cells, "an impact and an urgency")
        yield from _known(f"/priorities/matrix/{cell}", name, given, "a priority of this agreement")


def _check_level(at: str, level: Level, policy: str, text: Agreement) -> Iterator[tuple[str, str]]:
    if not level.acknowledge_within:
        yield f"{at}/acknowledgeWithin", "must be longer than nothing"
    if level.hours is not None:
        known = [calendar.id for calendar in text.calendars]
        yield from _known(f"{at}/hours", level.hours, known, "a calendar of this agreement")
    if (level.hours is None) != (level.otherwise is None):
        yield f"{at}/otherwise", "says who is told outside of `hours`: both are needed, or none"
    if level.acknowledgements is not None and level.acknowledgements > len(level.notify):
        yield f"{at}/acknowledgements", "must not be more than those who are told"
    left = level.when_left
    if left is not None:
        if (left.percent is None) == (left.time is None):
            yield f"{at}/whenLeft", "names exactly one of `percent` and `time`"
        if not _has_limit(text, policy, left.clock):
            yield (
                f"{at}/whenLeft/clock",
                f"no priority with this policy has a limit for {left.clock}; it would never be",
            )


def _has_limit(text: Agreement, policy: str, clock: str) -> bool:
    """Whether a priority that escalates by `policy` limits that clock, or an objective measures it."""
    field, fact = {
        "first-response": ("first_response", "responded"), "restore": ("restore", "restored"),
        "resolve": ("resolve", "resolved"),
    }[clock]  # fmt: skip
    named = [text.priorities.get(f"P{i}") for i in range(1, 6)] if text.priorities is not None else []
    limited = any(each is not None and each.escalation == policy and getattr(each, field) for each in named)
    return limited or any(each.clock is not None and each.clock.until == fact for each in text.objectives)


def _check_rotations(text: Agreement) -> Iterator[tuple[str, str]]:
    yield from _unique("/rotations", (each.id for each in text.rotations or ()))
    parties = {text.parties.provider, text.parties.customer}
    for i, rotation in enumerate(text.rotations or ()):
        if rotation.party is not None:
            yield from _known(f"/rotations/{i}/party", rotation.party, parties, "a party of this agreement")
        for j, layer in enumerate(rotation.layers):
            at = f"/rotations/{i}/layers/{j}"
            if isinstance(layer.every, timedelta) and layer.every < timedelta(hours=1):
                yield f"{at}/every", "must be an hour at least"
            if (layer.every == "week") != (layer.weekday is not None):
                yield f"{at}/weekday", "names the day of the handover where turns are weeks, and only there"
            for days, hours in layer.hours.items():
                for k, each in enumerate(hours):
                    opens, closes = each.split("-")
                    if opens >= closes:
                        yield (
                            f"{at}/hours/{days}/{k}",
                            (f"{each!r} ends before it begins; write {opens}-24:00 and 00:00-{closes}"),
                        )


def _check_maintenance(text: Agreement) -> Iterator[tuple[str, str]]:
    objectives = {objective.id for objective in text.objectives}
    for i, window in enumerate(text.maintenance.windows if text.maintenance else ()):
        at = f"/maintenance/windows/{i}"
        if window.duration <= timedelta(0):
            yield f"{at}/duration", "must be longer than nothing"
        for j, id in enumerate(window.objectives):
            yield from _known(f"{at}/objectives/{j}", id, objectives, "an objective of this agreement")
        if window.rrule is not None and not re.fullmatch(
            r"FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;[A-Z]+=[^;=]+)*", window.rrule
        ):
            yield f"{at}/rrule", "must be an RFC 5545 rule such as FREQ=MONTHLY;BYDAY=1SU (daily or rarer)"


def _check_disputes(text: Agreement) -> Iterator[tuple[str, str]]:
    agreed = text.disputes
    if agreed is None:
        return
    if agreed.days == "business":
        calendars = {calendar.id for calendar in text.calendars}
        yield from _known("/disputes/calendar", agreed.calendar or "", calendars, "a calendar of this agreement")
    for i, step in enumerate(agreed.steps):
        at = f"/disputes/steps/{i}"
        times = [step.answer_within, step.settle_within, step.decide_within]
        if sum(time is not None for time in times) != 1:
            yield at, "names exactly one of `answerWithin`, `settleWithin` and `decideWithin`"
        if step.answer_within is not None and step.by not in ("provider", "customer"):
            yield f"{at}/by", "an answer is due from the provider or the customer"
        if (step.decide_within is not None) != (step.by == "mediator"):
            yield f"{at}/by", "a mediator decides, and nobody else does"


def _known(pointer: str, id: str, known: Iterable[str], what: str) -> Iterator[tuple[str, str]]:
    if id not in known:
        there = ", ".join(sorted(known)) or "none"
        yield pointer, f"{id!r} is not {what} (there: {there})"


def _unique(pointer: str, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for i, id in enumerate(ids):
        if id in seen:
            yield f"{pointer}/{i}/id", f"{id!r} stands twice"
        seen.add(id)


# -- writing -----------------------------------------------------------------------------------------------------------


def as_text(document: Document) -> dict[str, Any]:
    """The text with every default written out: what is signed, published and read back by `model_validate`."""
    return document.model_dump(mode="json", by_alias=True, exclude_none=True)


def text_hash(document: Document) -> str:
    """`sha256:` and the hash of the canonical JSON (RFC 8785) of the text: what a signature is of."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps(as_text(document))).hexdigest()


__all__ = [
    "Agreement",
    "Contact",
    "Document",
    "Indicator",
    "Objective",
    "Party",
    "as_text",
    "check",
    "parse_documents",
    "read_document",
    "text_hash",
]
