"""What becomes of a report: the incident that it opens or belongs to, and each step that its reporter is told.

A report that is filed while an incident of its service is open belongs to that one; else it opens one. Who says that
it is something else opens a second one beside it, or belongs to that: a flood of reports makes two incidents at most.
What stands for an incident is the one that it was merged into: reports of a duplicate are told how that one goes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sepakat_incidents import report as domain
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.handling import Handling, handling
from sepakat_incidents.incident import Incident, Line, Trigger
from sepakat_incidents.report import Report, Step
from sepakat_incidents.reports import Reports
from sepakat_incidents.store import Incidents, line_id
from sepakat_incidents.wordings import Wording, Wordings
from sepakat_shared.contracts import incidents as contract
from sepakat_shared.contracts import topics
from sepakat_shared.contracts.matrix import priority_of
from sepakat_shared.contracts.reports import ReportFiled
from sepakat_shared.errors import NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Reaction

OTHER: Final = "~other"
"""Ends the id of the line for what is something else than the incident that is open. No service is called so."""
_TITLE: Final = {"en": "{}: a problem is reported", "id": "{}: ada laporan masalah"}
_AT_ONCE: Final = 20


class ReportReactions:
    def __init__(self, reports: Reports, incidents: Incidents, episodes: Episodes, wordings: Wordings) -> None:
        self._reports = reports
        self._incidents = incidents
        self._episodes = episodes
        self._wordings = wordings
        self._beginning: dict[str, asyncio.Event] = {}
        """By line of a service: when whoever opens an incident on it, or presses on it, is done."""
        self._begun_so_far = 0

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.INCIDENTS, ReportFiled, self.on_filed, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentAcknowledged, self.on_acknowledged, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentUpdated, self.on_updated, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentCommented, self.on_commented, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentResolved, self.on_resolved, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentReopened, self.on_reopened, "reports"),
            Reaction(topics.INCIDENTS, contract.IncidentMerged, self.on_merged, "reports"),
        ]

    # -- which incident -----------------------------------------------------------------------------------------------

    async def on_filed(self, fact: ReportFiled, cause: Envelope) -> None:
        # As this instance filed it, most likely: another one that has linked it since has taken that commit's number.
        report = (await self._reports.all.seen(fact.report)).state
        if report.incident is None:
            report = await self._reports.link(report, await self._incident_of(report), cause)
        await self._catch_up(report)

    async def _catch_up(self, report: Report) -> None:
        """Tell what happened to its incident before the link was kept, and was told to nobody who reported it.

        Where the report was told something since the incident was looked at, that may have been news of the incident
        after this: then both are looked at again.
        """
        while True:
            incident, seen = await self._present(report.incident or ""), report
            if domain.missed(seen, incident) is None:
                return
            report = await self._reports.execute(
                seen.id,
                lambda known, now, seen=seen, of=incident: domain.catch_up(known, seen, of, now),  # type: ignore[misc]
            )

    async def _present(self, id: str) -> Incident:
        """The incident that stands for that one now."""
        found = await self._episodes.present(id)
        if found is None:
            raise NotFound(f"there is no incident {id!r}")
        return found

    async def _incident_of(self, report: Report) -> Incident:
        """The incident that it belongs to; it is opened, or handled as more urgent, where that is to be."""
        service = line_id(report.about.agreement, report.about.service)
        while True:
            begun_before = self._begun_so_far
            found = await self._waiting_for(report, service)
            if isinstance(found, Incident):
                return found
            # Where many come at once, one of them opens the incident and the others look again: each that tried as well
            # would take the number of another's commit, and as many of them would decide again.
            if service in self._beginning:
                await self._beginning[service].wait()
            elif begun_before == self._begun_so_far:
                self._beginning[service] = done = asyncio.Event()
                try:
                    return await self._begun(report, *found)
                finally:
                    del self._beginning[service]
                    self._begun_so_far += 1
                    done.set()

    async def _waiting_for(self, report: Report, service: str) -> Incident | tuple[str, Handling]:
        """The incident that is there for it; else the line to begin one on, or to press on the one that is open there,
        and how it is handled.
        """
        about, id = report.about, service
        line = await self._line(id)
        incident = await self._episodes.open_on(line)
        if report.other and incident is not None and not _opened(line, report):
            id, line = id + OTHER, await self._line(id + OTHER)
            incident = await self._episodes.open_on(line)
        known = _caused(line, report)
        if known is not None:
            return await self._present(known.id)
        if incident is not None and report.priority and incident.priority <= report.priority:
            return incident
        how = _handling(await self._wording(about.agreement), report)
        return incident if incident is not None and incident.priority <= how.priority else (id, how)

    async def _begun(self, report: Report, id: str, how: Handling) -> Incident:
        """Open an incident on the line for the report, or press on the one that is open there."""
        # What opens one, or presses on one, goes by no guess: another instance may have linked the report, and that
        # incident be over since.
        present = await self._reports.all.present(report.id)
        if present is not None and present.state.incident is not None:
            return await self._present(present.state.incident)
        title = {language: words.format(_service(report, language)) for language, words in _TITLE.items()}
        trigger = Trigger("report", f"report:{report.id}", report.id, report.filed_at, title)
        line = await self._episodes.begin(id, report.about, trigger, how, report.by)
        known = _caused(line, report)
        # An earlier try may have joined the incident that was kept, and ended before the duplicate's record said so.
        found = await self._present(known.id) if known is not None else await self._episodes.open_on(line)
        if found is None:
            raise NotFound(f"report {report.number} has opened no incident")
        return found

    async def _line(self, id: str) -> Line | None:
        loaded = await self._incidents.lines.present(id)
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

    async def on_merged(self, fact: contract.IncidentMerged, cause: Envelope) -> None:
        """What happened to the incident that is kept before this, those who reported the duplicate hear now."""

        async def catch_up(id: str) -> None:
            # No guess: that another instance has linked it is not known to the one that filed it.
            loaded = await self._reports.all.present(id)
            if loaded is not None:
                await self._catch_up(loaded.state)

        await self._of_each(fact.incident, catch_up)

    async def _tell(self, incident: str, step: Step, words: str | None, cause: Envelope) -> None:
        async def tell(id: str) -> None:
            await self._reports.execute(id, lambda report, now: domain.progress(report, step, words, now), cause)

        await self._of_each(incident, tell)

    async def _of_each(self, incident: str, do: Callable[[str], Awaitable[None]]) -> None:
        """Do it of each report about the incident, or about a duplicate of it."""
        some = asyncio.Semaphore(_AT_ONCE)

        async def one(id: str) -> None:
            async with some:
                # What is not in memory is read together with others; what is done begins with that.
                await self._reports.all.seen(id)
                await do(id)

        found = await self._reports.about(await self._incidents.with_duplicates(incident))
        await asyncio.gather(*[one(id) for id in found])


def _handling(wording: Wording | None, report: Report) -> Handling:
    text = wording.text if wording else None
    wanted = priority_of(text, report.impact, report.urgency)
    if wording is None:
        return Handling(wanted)
    return handling(wording.text, wording.version, report.about.service, wanted)


def _opened(line: Line | None, report: Report) -> bool:
    return line is not None and line.incident is not None and report.id in line.incident.causes


def _caused(line: Line | None, report: Report) -> Incident | None:
    """The incident of the line that the report opened or joined; of a duplicate also what it joined through that."""
    every = reversed(line.every) if line is not None else ()
    return next((each for each in every if report.id in each.causes), None)


def _service(report: Report, language: str) -> str:
    titles = report.about.service_title or {}
    return titles.get(language) or titles.get("en") or report.about.service
