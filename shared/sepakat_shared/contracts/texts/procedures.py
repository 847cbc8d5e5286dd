"""What happens when something goes wrong, and how the agreement is kept right: incidents, disputes, reviews."""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.texts.duties import Misses
from sepakat_shared.contracts.texts.values import CalendarSpan, DayRange, Duration, Hours, Id, Percent, Text, TimeZone


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

    matrix: dict[str, str] = Field({})
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
    hours: dict[DayRange, Hours] = Field({})


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
