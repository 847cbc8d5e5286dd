"""From what a party names to what is disputed: the figure, clock, credit or clause, and the procedure for it."""

from datetime import datetime
from typing import Any, Literal

from sepakat_incidents.clock_figures import MEASURES, Disputed, figure, runs
from sepakat_incidents.disputables import Disputable, Disputables
from sepakat_incidents.dispute import Subject
from sepakat_incidents.docket import Matter
from sepakat_incidents.handling import measuring
from sepakat_incidents.procedure import Procedure, deadline, procedure_of
from sepakat_incidents.remedy import Bounds
from sepakat_incidents.store import Incidents, line_id
from sepakat_incidents.wordings import Wording, Wordings
from sepakat_shared.auth import Principal
from sepakat_shared.contracts.texts import Agreement
from sepakat_shared.errors import Conflict, FieldProblem, Invalid, NotFound, SepakatError


class Matters:
    """What there is to dispute. Everything raises NotFound for what belongs to others."""

    def __init__(self, disputables: Disputables, incidents: Incidents, wordings: Wordings) -> None:
        self._disputables = disputables
        self._incidents = incidents
        self._wordings = wordings

    async def of_figure(
        self, asking: Principal, agreement: str, kind: Literal["verdict", "credit"], objective: str,
        period: datetime | None,
    ) -> Matter:  # fmt: skip
        """The verdict on a period of an objective, or its credit; the latest told, or the one that holds `period`."""
        found = await self._disputables.find(asking, agreement, objective, period)
        if found is None:
            raise await self._unknown_figure(asking, agreement, objective, period)
        wording = await self._wordings.get(agreement, found.version)
        return await self.of_disputable(found, kind, _procedure(wording))

    async def _unknown_figure(
        self, asking: Principal, agreement: str, objective: str, period: datetime | None
    ) -> SepakatError:
        """What is wrong with naming that one. Raises NotFound for an agreement of others."""
        known = [each.id for each in (await self._governing(asking, agreement)).text.objectives]
        if objective not in known:
            rule = f"{objective!r} is not an objective of {agreement}; it has {', '.join(known) or 'none'}"
            return Invalid.at("/subject/objective", rule)
        pointer = "/subject/objective" if period is None else "/subject/period"
        return _missing(pointer, f"no figure of {objective!r} was told {'' if period is None else 'of that time '}yet")

    async def of_disputable(
        self, found: Disputable, kind: Literal["verdict", "credit"], procedure: Procedure
    ) -> Matter:  # fmt: skip
        period = None if found.is_rolling else (found.start, found.end)
        incident, number = await self._incident_of(found)
        subject = Subject(
            kind, f"{found.objective}/{found.period_name}",
            Bounds(objective=found.objective, period=period, credit=kind == "credit"), found.objective,
            found.objective_title, found.service, found.service_title, incident, number,
        )  # fmt: skip
        return Matter(
            found.agreement, found.version, found.provider, found.customer, found.agreement_title, subject, procedure,
            found.figure, found.told_at, found.told_by, found.published_at,
        )  # fmt: skip

    async def _incident_of(self, found: Disputable) -> tuple[str | None, str | None]:
        """The incident that the breach opened or joined."""
        if found.breach is not None:
            incident = await self._incidents.caused_by(line_id(found.agreement, found.service), found.breach)
            if incident is not None:
                return incident.id, incident.number
        return None, None

    async def until(self, found: Disputable) -> datetime | None:
        """The end of the time in which a figure may be disputed; None where that does not run yet."""
        wording = await self._wordings.find(found.agreement, found.version)
        procedure = None if wording is None else procedure_of(wording.text)
        if procedure is None or found.published_at is None:
            return None
        return deadline(procedure, procedure.raise_within, found.published_at)

    async def of_clock(self, asking: Principal, incident: str, clock: Disputed, now: datetime) -> Matter:
        """What was recorded of how an incident was handled. The time to dispute it runs from its resolution.

        Raises Conflict while it runs.
        """
        found, loaded = await self._incidents.visible(incident, asking)
        if runs(found, clock):
            raise Conflict(f"the {clock} of incident {found.number} still runs; stop it first, then dispute what it is")
        about = loaded.state.about
        wording = await self._wordings.in_force(about.agreement)
        measures = MEASURES.get(clock)
        counts_in = () if measures is None else measuring(wording.text, about.service, measures)
        subject = Subject(
            "clock", f"{found.id}/{clock}", Bounds(ticket=found.id, objectives=counts_in), None, None, about.service,
            about.service_title, found.id, found.number,
        )  # fmt: skip
        return Matter(
            about.agreement, wording.version, about.provider, about.customer, about.agreement_title, subject,
            _procedure(wording), figure(found, clock, now), found.resolved_at, None, found.resolved_at,
        )  # fmt: skip

    async def of_clause(self, asking: Principal, agreement: str, clause: str) -> Matter:
        """A clause by `section` or `section/id`, as `objectives/availability`; it may be disputed at any time."""
        wording = await self._governing(asking, agreement)
        text = wording.text
        if not _has_clause(text, clause):
            rule = f"{clause!r} is not a clause of this agreement; name one as objectives/ID, or a section"
            raise Invalid.at("/subject/clause", rule)
        title = text.metadata.title
        return Matter(
            agreement, wording.version, text.parties.provider, text.parties.customer,
            None if title is None else title.model_dump(exclude_none=True), Subject("clause", clause, Bounds()),
            _procedure(wording), told_at=wording.effective_from,
        )  # fmt: skip

    async def _governing(self, asking: Principal, agreement: str) -> Wording:
        """Raises NotFound also for an agreement of others, and names the field."""
        try:
            wording = await self._wordings.in_force(agreement)
        except NotFound as error:
            raise _missing("/agreement", error.detail) from error
        if not asking.sees([wording.text.parties.provider, wording.text.parties.customer]):
            raise _missing("/agreement", f"there is no agreement {agreement!r} of yours")
        return wording


def _procedure(wording: Wording) -> Procedure:
    found = procedure_of(wording.text)
    if found is None:
        raise Conflict("this agreement has no procedure for disputes: its text has no /disputes")
    return found


def _missing(pointer: str, rule: str) -> NotFound:
    return NotFound(f"{pointer}: {rule}", [FieldProblem(pointer, rule)])


def _has_clause(text: Agreement, clause: str) -> bool:
    section, _, id = clause.partition("/")
    written: dict[str, Any] = text.model_dump(mode="json", by_alias=True, exclude_none=True)
    found = written.get(section)
    if not id or not found:
        return bool(found) and not id
    if isinstance(found, dict):
        return id in found
    return isinstance(found, list) and any(isinstance(each, dict) and each.get("id") == id for each in found)
