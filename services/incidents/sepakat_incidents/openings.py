"""Incidents that a party opens itself, as commands on the line of the service, or of the cause, that it names."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sepakat_incidents import filing, opening
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.handling import handling
from sepakat_incidents.incident import Incident, Line
from sepakat_incidents.opening import Opening
from sepakat_incidents.store import line_id
from sepakat_incidents.wordings import Wordings
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.matrix import priority_of
from sepakat_shared.errors import Invalid


@dataclass(frozen=True)
class Became:
    """The incident that it is part of now: a new one, or one that was open."""

    incident: Incident
    how: Literal["opened", "attached"]


class Openings:
    def __init__(self, episodes: Episodes, wordings: Wordings, clock: Clock) -> None:
        self._episodes = episodes
        self._wordings = wordings
        self._clock = clock

    async def open(self, given: Opening, asking: Principal, request: str | None = None) -> Became:
        """Open an incident, or join the one that is open on the same line.

        `request` is what a request and its repeats are called: one that came so far as to be recorded is not recorded
        again within a day, whatever became of its answer.
        Raises Invalid with every field that breaks a rule; Forbidden, NotFound and Conflict as `filing.in_force` does.
        """
        now = self._clock.now()
        wording, party = await filing.in_force(self._wordings, given.agreement, asking)
        problems = list(opening.problems(given, wording.text.term, now))
        try:
            about = replace(filing.about_service(wording.text, given.service), cause=given.cause)
        except Invalid as invalid:
            problems = [*invalid.problems, *problems]
        if problems:
            raise Invalid.of(problems)
        priority = priority_of(wording.text, given.impact, given.urgency)
        how = handling(wording.text, wording.version, given.service, priority)
        id = line_id(given.agreement, given.service, given.cause)
        cause = opening.trigger(given, await self._event(id, request, now), party, now)
        line = await self._episodes.begin(id, about, cause, how, asking.id)
        return await self._became(line, cause.event)

    async def _event(self, line: str, request: str | None, now: datetime) -> str:
        """The id of the cause: that of an earlier try of the request, where there was one."""
        if request is None:
            return f"api/{secrets.token_hex(10)}"
        # Tries of one hour have one id, also where the first one's commit is still under way.
        hour = int(now.timestamp()) // 3600
        tried = [f"api/{request[:40]}-{each}" for each in range(hour, hour - 25, -1)]
        known = set(await self._episodes.causes(line))
        return next((each for each in tried if each in known), tried[0])

    async def _became(self, line: Line | None, event: str) -> Became:
        """Of a duplicate's line it is the incident that was kept."""
        every = reversed(line.every) if line is not None else ()
        own = next((each for each in every if event in each.causes), None)
        present = None if own is None else await self._episodes.present(own.id)
        if own is None or present is None:
            raise ValueError("what a party opens begins an incident, or joins one")
        return Became(present, "opened" if own.causes[0] == event and present.id == own.id else "attached")
