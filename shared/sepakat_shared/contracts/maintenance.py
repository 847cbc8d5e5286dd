"""What `agreements` publishes about maintenance that is announced, beside the windows in the text."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Part, PeriodSpan, Title

State = Literal["announced", "awaiting-consent", "refused", "lapsed", "cancelled"]
Why = Literal["unforeseen", "notice", "freeze", "allowance"]
"""Which rule of the text was not kept; `unforeseen`: it provides for no announcements."""


class Excluded(Part):
    """Time that counts as announced maintenance, `[start, end)`.

    What the customer consented to beyond the allowance is excluded whatever else there is, and uses none of it up.
    """

    start: Instant
    end: Instant
    beyond_allowance: bool = False


class InPlaceOf(Part):
    """The occurrence `[start, end)` of the series `maintenance`, which is not done then any more."""

    maintenance: str
    start: Instant
    end: Instant


class _MaintenanceEvent(Fact):
    """`maintenance` is its id in the agreement; `revision` counts what was told of it, and a later one takes the place
    of those before.

    It concerns the `services` and the single `objectives` that are named, and all that is agreed where neither is;
    `titles` say the same in words. `occurrences` are when work is planned by what was announced last. `in_force` is all
    of the time that counts as announced maintenance from this fact on, also what is over of a plan that was moved or
    cancelled; what is only awaited is not in it. `contacts` have signed for whoever is told; `recipients` are the same
    as `party/contact`.
    """

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    maintenance: str
    revision: int
    state: State
    reason: str
    services: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    titles: tuple[Title, ...] = ()
    occurrences: tuple[PeriodSpan, ...]
    in_force: tuple[Excluded, ...] = ()
    rrule: str | None = None
    needs_consent: tuple[Why, ...] = ()
    answer_by: Instant | None = None
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    by: str
    at: Instant


class MaintenanceAnnounced(_MaintenanceEvent):
    """The provider announced work. Where the text's rules are not kept (`needs_consent`), it counts for nothing until
    the customer consents; that is possible until `answer_by`, its start. `instead_of` is what it is done in the place
    of, where one occurrence of a series was moved alone."""

    type: ClassVar[str] = "sepakat.maintenance.announced.v1"
    instead_of: InPlaceOf | None = None


class MaintenanceMoved(_MaintenanceEvent):
    """The provider moved what was still to come from `previous` to `occurrences`: announced anew, by the same rules.

    Or it took one occurrence out of a series alone, `taken_out`: what is left is as it was. It was moved to the
    maintenance `instead`, announced by itself; without that it is cancelled.
    """

    type: ClassVar[str] = "sepakat.maintenance.moved.v1"
    previous: tuple[PeriodSpan, ...]
    taken_out: PeriodSpan | None = None
    instead: str | None = None


class MaintenanceCancelled(_MaintenanceEvent):
    """What was still to come of it will not be; what runs ends with `at`."""

    type: ClassVar[str] = "sepakat.maintenance.cancelled.v1"


class MaintenanceConsented(_MaintenanceEvent):
    """The customer agreed to it, though the text's rules were not kept."""

    type: ClassVar[str] = "sepakat.maintenance.consented.v1"
    statement: str | None = None


class MaintenanceRefused(_MaintenanceEvent):
    """The customer did not agree to it: whatever is done then counts like any other time."""

    type: ClassVar[str] = "sepakat.maintenance.refused.v1"
    statement: str | None = None


class MaintenanceLapsed(_MaintenanceEvent):
    """It was to begin, and the customer had not agreed to it: it counts like any other time."""

    type: ClassVar[str] = "sepakat.maintenance.lapsed.v1"


class MaintenanceReminded(_MaintenanceEvent):
    """Work begins soon, at `starts_at`; or, while consent is awaited, the time for that runs out then."""

    type: ClassVar[str] = "sepakat.maintenance.reminded.v1"
    starts_at: Instant
    ends_at: Instant
