"""What becomes of a report: the incident that it opens or belongs to, and each step that its reporter is told.

A report that is filed while an incident of its service is open belongs to that one; else it opens one. Who says that
it is something else opens a second one beside it, or belongs to that: a flood of reports makes two incidents at most.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sepakat_incidents import line as lines
from sepakat_incidents import report as domain
from sepakat_incidents.events import Event as LineEvent
from sepakat_incidents.handling import Handling, handling
from sepakat_incidents.incident import Incident, Line, Trigger
from sepakat_incidents.matrix import priority_of
from sepakat_incidents.report import Event, Report, Step
from sepakat_incidents.reports import Reports
from sepakat_incidents.store import Incidents, line_id, line_of
from sepakat_incidents.wordings import Wording, Wordings
from sepakat_shared.bus import Reaction
from sepakat_shared.contracts import incidents as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.reports import ReportFiled
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope

OTHER: Final = "~other"
"""Ends the id of the line for what is something else than the incident that is open. No service is called so."""
_TITLE: Final = {"en": "{}: a problem is reported", "id": "{}: ada laporan masalah"}
_AT_ONCE: Final = 20


class ReportReactions:
    def __init__(self, reports: Reports, incidents: Incidents, wordings: Wordings) -> None:
        self._reports = reports
        self._incidents = incidents
        self._wordings = wordings

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.INCIDENTS, ReportFiled, self.on_filed, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentAcknowledged, self.on_acknowledged, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentUpdated, self.on_updated, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentCommented, self.on_commented, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentResolved, self.on_resolved, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentReopened, self.on_reopened, "reports"),
        ]

    # -- which incident -----------------------------------------------------------------------------------------------

    async def on_filed(self, fact: ReportFiled, cause: Envelope) -> None:
        report = (await self._reports.all.get(fact.report)).state
        if report.incident is None:
            incident = await self._incident_of(report)
            await self._reports.link(report, incident, cause)
            report = (await self._reports.all.get(fact.report)).state
        # What happened to the incident before the link was kept was told to nobody who reported it: look after it.
        incident = await self._present(report.incident or "")
        await self._reports.execute(report.id, lambda known, now: domain.catch_up(known, incident, now))

    async def _present(self, id: str) -> Incident:
        loaded = await self._incidents.lines.get(line_of(id))
        found = _of(loaded.state, lambda each: each.id == id)
        if found is None:
            raise NotFound(f"there is no incident {id!r}")
        return found

    async def _incident_of(self, report: Report) -> Incident:
        """The incident that it belongs to; it is opened, or handled as more urgent, where that is to be."""
        about = report.about
        id = line_id(about.agreement, about.service)
        line = await self._line(id)
        if report.other and line is not None and _is_open(line) and not _opened(line, report):
            id, line = id + OTHER, await self._line(id + OTHER)
        known = None if line is None else _of(line, lambda each: report.id in each.causes)
        if known is not None:
            return known
        wording = await self._wording(about.agreement)
        how = _handling(wording, report)
        incident = line.incident if line is not None else None
        if incident is not None and incident.is_open and incident.priority <= how.priority:
            return incident
        rosters = await self._incidents.rosters(how.ladder)
        title = {language: words.format(_service(report, language)) for language, words in _TITLE.items()}
        trigger = Trigger("report", f"report:{report.id}", report.id, report.filed_at, title)

        def decide(line: Line | None, now: datetime) -> Sequence[LineEvent]:
            return lines.begin(line, id, about, trigger, how, now, rosters)

        line = await self._incidents.execute(id, decide, by=report.by)
        found = None if line is None else _of(line, lambda each: report.id in each.causes)
        if found is None:
            raise NotFound(f"report {report.number} has opened no incident")
        return found

    async def _line(self, id: str) -> Line | None:
        loaded = await self._incidents.lines.find(id)
        return loaded.state if loaded else None

    async def _wording(self, agreement: str) -> Wording | None:
        try:
            return await self._wordings.in_force(agreement)
        except NotFound:
            return None

    # -- what the reporters are told ----------------------------------------------------------------------------------

    async def on_acknowledged(self, fact: contract.IncidentAcknowledged, cause: Envelope) -> None:
        if fact.stops_ladder:
            await self._tell(fact.incident, "taken-up", None, cause)

    async def on_updated(self, fact: contract.IncidentUpdated, cause: Envelope) -> None:
        """A note is between the parties: reporters hear that there is news, never its words."""
        if fact.party == fact.provider:
            await self._tell(fact.incident, "update", None, cause)

    async def on_commented(self, fact: contract.IncidentCommented, cause: Envelope) -> None:
        if fact.for_reporters:
            await self._tell(fact.incident, "update", fact.body, cause)

    async def on_resolved(self, fact: contract.IncidentResolved, cause: Envelope) -> None:
        await self._tell(fact.incident, "resolved", None, cause)

    async def on_reopened(self, fact: contract.IncidentReopened, cause: Envelope) -> None:
        await self._tell(fact.incident, "reopened", None, cause)

    async def _tell(self, incident: str, step: Step, words: str | None, cause: Envelope) -> None:
        some = asyncio.Semaphore(_AT_ONCE)

        def decide(report: Report | None, now: datetime) -> Sequence[Event]:
            return domain.progress(report, step, words, now)

        async def tell(id: str) -> None:
            async with some:
                await self._reports.execute(id, decide, cause)

        await asyncio.gather(*[tell(id) for id in await self._reports.about(incident)])


def _handling(wording: Wording | None, report: Report) -> Handling:
    text = wording.text if wording else None
    wanted = priority_of(text, report.impact, report.urgency)
    if wording is None:
        return Handling(wanted)
    return handling(wording.text, wording.version, report.about.service, wanted)


def _is_open(line: Line) -> bool:
    return line.incident is not None and line.incident.is_open


def _opened(line: Line, report: Report) -> bool:
    return line.incident is not None and report.id in line.incident.causes


def _of(line: Line, wanted: Callable[[Incident], bool]) -> Incident | None:
    return next((each for each in (line.incident, *line.past.values()) if each is not None and wanted(each)), None)


def _service(report: Report, language: str) -> str:
    titles = report.about.service_title or {}
    return titles.get(language) or titles.get("en") or report.about.service
