"""What `incidents` publishes about reports, and about those who reported: the latter on a topic whose keys can go."""

from typing import ClassVar, Literal

from sepakat_shared.contracts.fact import Fact, Instant, Title


class _ReportEvent(Fact):
    """Enough of the report for a reader that knows nothing else of it, and nothing of the person who filed it."""

    report: str
    number: str
    agreement: str
    agreement_title: Title | None = None
    provider: str
    customer: str
    service: str
    service_title: Title | None = None
    filed_at: Instant
    at: Instant


class ReportFiled(_ReportEvent):
    """A problem was reported, by a key or a form of `party`; with `acknowledged` its number is mailed."""

    type: ClassVar[str] = "sepakat.report.filed.v1"
    party: str
    via: Literal["api", "form"]
    acknowledged: bool


class ReportProgressed(_ReportEvent):
    """A step of its incident as reporters are told of it; `words` are those that a party meant for them.

    With `mailed` the reporter is written to; in any case the page of the report has it.
    """

    type: ClassVar[str] = "sepakat.report.progressed.v1"
    incident: str
    step: Literal["taken-up", "update", "resolved", "reopened"]
    words: str | None = None
    mailed: bool


class ReporterRecorded(Fact):
    """Who reported something, and where they see how it goes. Erased by a tombstone of the same key."""

    type: ClassVar[str] = "sepakat.reporter.recorded.v1"
    report: str
    name: str
    email: str
    language: str = "en"
    status_url: str
