"""What `agreements` publishes about reviews."""

from datetime import date
from typing import ClassVar, Literal

from sepakat_shared.contracts.compliance import Money
from sepakat_shared.contracts.fact import Fact, Instant, Part, Title


class _ReviewEvent(Fact):
    """Review number `review` of the agreement, of what was from `since` until `until`; it is held on `meeting`.

    `contacts` are whom to write to, and `recipients` the same as `party/contact`.
    """

    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    review: int
    meeting: date
    since: Instant
    until: Instant
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    at: Instant


class ReviewOpened(_ReviewEvent):
    """Its pack can be read: on the agreed cadence, after missed targets (`misses`), or since somebody wanted it."""

    type: ClassVar[str] = "sepakat.review.opened.v1"
    because: Literal["cadence", "demand", "misses"]
    by: str
    reason: str | None = None
    pack_hash: str


class FeedbackAsked(_ReviewEvent):
    """The customer's people are asked what they think of the service, until `answer_by`."""

    type: ClassVar[str] = "sepakat.review.feedback_asked.v1"
    answer_by: Instant


class ReportedFigure(Part):
    """The last figure of an objective in that month: decimals as text, `figure` in percent where there is no `unit`."""

    objective: str
    title: Title | None = None
    figure: str | None = None
    target: str
    unit: str | None = None
    met: bool | None = None


class MonthlyReportCompiled(Fact):
    """What was in a month (`2026-03`) is compiled: its figures at a glance, and `url` to all of it until `open_until`.

    `missed` counts periods that ended in it and missed their target. `contacts` are whom to write to, and `recipients`
    the same as `party/contact`.
    """

    type: ClassVar[str] = "sepakat.monthly_report.compiled.v1"
    agreement: str
    version: int
    provider: str
    customer: str
    agreement_title: Title | None = None
    month: str
    since: Instant
    until: Instant
    figures: tuple[ReportedFigure, ...] = ()
    missed: int
    incidents: int
    credits: tuple[Money, ...] = ()
    pack_hash: str
    url: str
    open_until: Instant
    contacts: tuple[str, ...] = ()
    recipients: tuple[str, ...] | None = None
    at: Instant


class ReviewReminded(_ReviewEvent):
    """The day of its meeting is over, and it is not closed."""

    type: ClassVar[str] = "sepakat.review.reminded.v1"


class ReviewOverdue(_ReviewEvent):
    """It is still not closed a week after the meeting (`level` 1), or two (`level` 2: all who signed are told)."""

    type: ClassVar[str] = "sepakat.review.overdue.v1"
    level: int


class ReviewDecision(Part):
    """`owner` is a contact of `owner_party`, who sees to it until the end of the day `due`."""

    text: str
    owner: str
    owner_party: str
    due: date


class ReviewClosed(_ReviewEvent):
    """It has ended with these decisions, and never changes again; `pack_hash` is that of the pack frozen then."""

    type: ClassVar[str] = "sepakat.review.closed.v1"
    by: str
    party: str
    conclusion: str | None = None
    decisions: tuple[ReviewDecision, ...] = ()
    pack_hash: str
