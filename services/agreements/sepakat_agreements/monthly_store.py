"""The reports of months in the database: found by their agreement, or by the link of a letter."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from sepakat_agreements import monthly
from sepakat_agreements.monthly import Compiled, Planned, Report, Schedule, apply, apply_planned, report_id
from sepakat_agreements.pack import thawed
from sepakat_document.pack import Attained
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.auth import Principal, digest
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import reviews as published
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.compliance import Money
from sepakat_shared.contracts.fact import Title
from sepakat_shared.errors import Gone, NotFound
from sepakat_shared.messages import Message
from sepakat_shared.mongo import Document


def _of_report(report: Report) -> Mapping[str, Any]:
    return {
        "parties": list(report.parties), "agreement": report.agreement, "month": report.month, "digest": report.digest
    }  # fmt: skip


def _fact(report: Report, url: str) -> published.MonthlyReportCompiled:
    pack = thawed(report.pack)
    return published.MonthlyReportCompiled(
        agreement=report.agreement, version=report.version, provider=report.provider, customer=report.customer,
        agreement_title=None if report.agreement_title is None else Title(**report.agreement_title),
        month=report.month, since=report.since, until=report.until,
        figures=tuple(_figure(each) for each in pack.objectives),
        missed=sum(each.missed for each in pack.objectives), incidents=len(pack.incidents),
        credits=tuple(Money(amount=each.amount, currency=each.currency) for each in pack.sums),
        pack_hash=report.pack.hash, url=url, open_until=report.open_until,
        contacts=tuple(dict.fromkeys(each.partition("/")[2] for each in report.people)), recipients=report.people,
        at=report.compiled_at,
    )  # fmt: skip


def _figure(objective: Attained) -> published.ReportedFigure:
    last = objective.periods[-1].counts if objective.periods else None
    shown = None if last is None else last.value if last.value is not None else last.attainment
    return published.ReportedFigure(
        objective=objective.objective, title=None if objective.title is None else Title(**objective.title),
        figure=shown, target=objective.target, unit=objective.unit, met=None if last is None else last.met,
    )  # fmt: skip


SCHEDULE: Kind[Schedule, Planned] = Kind(
    "monthly_schedule", Schedule, (Planned,), apply_planned,
    lambda each: {"parties": [each.provider, each.customer], "due_at": each.due_at}, lambda _event, _state: (),
)  # fmt: skip


class MonthlyReports:
    """Those of all agreements; every reading but by a link is narrowed to those of the principal."""

    def __init__(self, commits: Commits) -> None:
        self._to_tell: dict[str, str] = {}
        """The links of the reports that are being kept."""
        kind: Kind[Report, Compiled] = Kind(
            "monthly_report", Report, (Compiled,), apply, _of_report, self._messages
        )  # fmt: skip
        self.all = Aggregates(commits, kind)
        self.schedules = Aggregates(commits, SCHEDULE)

    async def create_indexes(self) -> None:
        await self.all.states.create_index([("agreement", ASCENDING), ("month", DESCENDING)])
        await self.all.states.create_index([("digest", ASCENDING)])

    async def keep(self, report: Report, url: str) -> None:
        """Once each month. `url` is the link that its readers are sent, and never a part of what is decided."""
        self._to_tell[report.id] = url
        try:
            await self.all.execute(
                report.id, lambda known, _now: monthly.compile_(known, report), by="timer", new=True
            )  # fmt: skip
        finally:
            self._to_tell.pop(report.id, None)

    def _messages(self, _event: Compiled, report: Report) -> Iterable[Message]:
        fact = _fact(report, self._to_tell[report.id])
        return [Message.of(topics.AGREEMENTS, report.agreement, fact)]

    async def visible(self, agreement: str, month: str, asking: Principal) -> Report:
        """Raises NotFound also for what is between others."""
        loaded = await self.all.find(report_id(agreement, month))
        if loaded is None or not asking.sees(loaded.state.parties):
            raise NotFound(f"there is no report of {month} about {agreement!r} that is yours")
        return loaded.state

    async def page(self, agreement: str, asking: Principal, before: str | None, limit: int) -> list[Report]:
        """Those of an agreement, the last month first."""
        query: Document = {"agreement": agreement}
        if before is not None:
            query["month"] = {"$lt": before}
        found = self.all.states.find(asking.restrict(query)).sort("month", DESCENDING).limit(limit)
        return [self.all.read(each).state for each in await found.to_list(None)]

    async def opened(self, token: str, now: datetime) -> Report:
        """The report of a letter's link. Raises NotFound, or Gone where its time is over."""
        found = await self.all.states.find_one({"digest": digest(token)})
        if found is None:
            raise NotFound("this link is not one of ours, or a part of it is missing")
        report = self.all.read(found).state
        if report.open_until <= now:
            raise Gone("this link has expired; the report is there for a key of either party")
        return report
