"""The door for alerts: each finds its line, is kept once, and counts; with the last one the incident is over."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sepakat_incidents import alerts as domain
from sepakat_incidents.alert_store import AlertStore, alert_id
from sepakat_incidents.alerts import Alert, Target
from sepakat_incidents.commands import party_of
from sepakat_incidents.discussions import Discussions
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.events import Event
from sepakat_incidents.handling import handling
from sepakat_incidents.incident import About, Incident, Line
from sepakat_incidents.store import Incidents, line_id
from sepakat_incidents.turns import Turns
from sepakat_incidents.wordings import Wording, Wordings
from sepakat_shared.auth import Principal
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.fact import rfc3339
from sepakat_shared.contracts.matrix import priority_of
from sepakat_shared.errors import FieldProblem, NotFound
from sepakat_shared.telemetry import meter

_taken = meter.create_counter("sepakat_alerts", description="alerts received, by what became of them")
Became = Literal["accepted", "repeated", "resolved", "rejected"]


@dataclass(frozen=True)
class Taken:
    """What became of one alert. `problem` points into the alert."""

    became: Became
    incident: str | None = None
    problem: FieldProblem | None = None


@dataclass(frozen=True)
class _Place:
    """A line that alerts are about, with the text that governs it now."""

    line: str
    about: About
    wording: Wording


class AlertDoor:
    def __init__(
        self,
        incidents: Incidents,
        episodes: Episodes,
        store: AlertStore,
        wordings: Wordings,
        turns: Turns,
        discussions: Discussions,
        clock: Clock,
    ) -> None:
        self._discussions = discussions
        self._incidents = incidents
        self._episodes = episodes
        self._store = store
        self._wordings = wordings
        self._clock = clock
        self._turns = turns

    async def take(self, asking: Principal, given: Sequence[Alert], truncated: int) -> list[Taken]:
        """Take the alerts of one message, of which the sender left out `truncated`. An answer to each, in order."""
        answers: dict[int, Taken] = {}
        places: dict[str, _Place] = {}
        of_line: dict[str, list[int]] = {}
        found: dict[Target, _Place | FieldProblem] = {}
        for i, alert in enumerate(given):
            place = _in_time(alert, await self._find(asking, alert, found))
            if isinstance(place, FieldProblem):
                answers[i] = Taken("rejected", problem=place)
            else:
                places[place.line] = place
                of_line.setdefault(place.line, []).append(i)
        for line, positions in of_line.items():
            async with self._turns.of(line):
                took = await self._take(places[line], [given[i] for i in positions], truncated, asking)
            answers |= dict(zip(positions, took, strict=True))
        for each in answers.values():
            _taken.add(1, {"outcome": each.became})
        return [answers[i] for i in range(len(given))]

    async def _find(
        self, asking: Principal, alert: Alert, found: dict[Target, _Place | FieldProblem]
    ) -> _Place | FieldProblem:
        """Where an alert belongs, looked up once for all of a message that name the same."""
        target = domain.target_of(alert)
        if isinstance(target, FieldProblem):
            return target
        if target not in found:
            found[target] = await self._place(asking, target)
        return found[target]

    async def _place(self, asking: Principal, target: Target) -> _Place | FieldProblem:
        foreign = FieldProblem(
            f"/labels/{domain.AGREEMENT}", f"{target.agreement!r} is no agreement of this key's party"
        )
        try:
            wording = await self._wordings.in_force(target.agreement)
        except NotFound:
            return foreign
        text = wording.text
        if not asking.sees([text.parties.provider, text.parties.customer]):
            return foreign
        service = next((each for each in text.services if each.id == target.service), None)
        if service is None:
            there = ", ".join(sorted(each.id for each in text.services))
            rule = f"{target.service!r} is not a service of {target.agreement} (there: {there})"
            return FieldProblem(f"/labels/{domain.SERVICE}", rule)
        title = text.metadata.title
        about = About(
            target.agreement, target.service, text.parties.provider, text.parties.customer,
            None if title is None else title.model_dump(exclude_none=True),
            service.description.model_dump(exclude_none=True), target.cause,
        )  # fmt: skip
        return _Place(line_id(target.agreement, target.service, target.cause), about, wording)

    async def _take(self, place: _Place, given: Sequence[Alert], truncated: int, asking: Principal) -> list[Taken]:
        now, by = self._clock.now(), asking.id
        pairs = [(alert_id(place.line, each), each) for each in given]
        known = dict(await self._store.known(place.line, given))
        fresh = {id: each for id, each in pairs if each.ended_at is None and id not in known}
        over = {id: each for id, each in pairs if each.ended_at is not None}
        answers = [_became(id, each, known, fresh) for id, each in pairs]
        repeated = [id for (id, _), became in zip(pairs, answers, strict=True) if became == "repeated"]
        if fresh:
            incident = await self._count(place, list(fresh.values()), truncated, asking, now)
            known |= dict.fromkeys(fresh, incident)
        if repeated:
            await self._repeat(repeated, known, truncated, now)
        if over:
            await self._end(place, over, known, by, now)
        return [Taken(became, known.get(id)) for (id, _), became in zip(pairs, answers, strict=True)]

    # -- firing -------------------------------------------------------------------------------------------------------

    async def _count(
        self, place: _Place, fresh: Sequence[Alert], truncated: int, asking: Principal, now: datetime
    ) -> str:  # fmt: skip
        """Open an incident by them, or count them to the one that is open. Returns its id."""
        by = asking.id
        incident = await self._begin_by(place, fresh, by, now, asking)
        new = await self._store.add(place.line, incident.id, fresh, now)
        # Whoever ended it in between did not know of these: then they begin another one.
        present = await self._begin_by(place, fresh, by, now)
        if present.id != incident.id:
            await self._move(place, incident.id, present.id, by)
            new = 0
        count = await self._store.tally_up(present.id, new, len(fresh), truncated)
        if domain.passes_mark(present.alerts, count):
            await self._tell(place, present.id, await self._store.recount(present.id), by)
        return present.id

    async def _begin_by(
        self, place: _Place, fresh: Sequence[Alert], by: str, now: datetime, asking: Principal | None = None
    ) -> Incident:
        """By the gravest of them. Its internal words are a comment of whoever is `asking`, where it opens or joins an
        incident.
        """
        text = place.wording.text
        priority, _, _, gravest = min(
            ((priority_of(text, *domain.gravity(each)), each.started_at, each.fingerprint, each) for each in fresh),
            key=lambda each: each[:3],
        )
        title, event = {"en": gravest.words, "id": gravest.words}, f"alertmanager/{secrets.token_hex(8)}"
        began = domain.begins(fresh, now)
        incident = await self._begin(place, priority, title, began, by, gravest.details, event)
        if asking is not None and gravest.internal:
            await self._note(incident, gravest.internal, event in incident.causes, asking)
        return incident

    async def _note(self, incident: Incident, words: str, is_new: bool, asking: Principal) -> None:
        """Where the incident goes on; also of a message that is sent again since its taking ended in the middle."""
        present = await self._episodes.present(incident.id) or incident
        if not is_new and (
            present.alerts or any(each.by == asking.id for each in await self._discussions.read(present.id, asking))
        ):
            return
        await self._discussions.comment(present, "internal", words, (), party_of(asking, "an alert"), asking.id)

    async def _begin(
        self, place: _Place, priority: str, title: dict[str, str], at: datetime, by: str, details: str = "",
        event: str | None = None,
    ) -> Incident:  # fmt: skip
        """The last incident of the line after alerts of that priority have begun, or joined, one."""
        event = event or f"alertmanager/{secrets.token_hex(8)}"
        trigger = domain.trigger(place.line, event, title, at, place.wording.text.term, self._clock.now(), details)
        how = handling(place.wording.text, place.wording.version, place.about.service, priority)
        line = await self._episodes.begin(place.line, place.about, trigger, how, by)
        if line is None or line.incident is None:
            raise ValueError("an alert begins an incident, or joins one")
        return line.incident

    async def _tell(self, place: _Place, incident: str, count: int, by: str, *, final: bool = False) -> None:
        started_at = await self._store.first_start(incident)

        def decide(line: Line | None, now: datetime) -> Sequence[Event]:
            term = place.wording.text.term
            return domain.counted(line, incident, count, min(started_at or now, now), now, term, final=final)

        await self._incidents.execute(place.line, decide, by)

    async def _repeat(
        self, ids: Sequence[str], known: Mapping[str, str | None], truncated: int, now: datetime
    ) -> None:  # fmt: skip
        await self._store.heard(ids, now)
        of_incident = [known[id] for id in ids]
        for incident in dict.fromkeys(of_incident):
            if incident is not None:
                await self._store.tally_up(incident, 0, of_incident.count(incident), truncated)
                await self._store.recount(incident)

    # -- over ---------------------------------------------------------------------------------------------------------

    async def _end(
        self, place: _Place, over: Mapping[str, Alert], known: Mapping[str, str | None], by: str, now: datetime
    ) -> None:
        ended_at = min(now, max(each.ended_at or now for each in over.values()))
        await self._store.end([id for id in over if id in known], ended_at, now)
        # One that nobody knew of is kept too: its firing may come after its end.
        unknown = [each for id, each in over.items() if id not in known]
        if unknown:
            await self._store.add(place.line, None, unknown, now)
        # Another instance may have moved them to a later incident since they were looked up.
        present = await self._store.known(place.line, list(over.values()))
        for incident in dict.fromkeys(present[id] for id in over if id in known):
            if incident is not None and not await self._store.is_firing(incident):
                await self._over(place, incident, by)

    async def _over(self, place: _Place, incident: str, by: str) -> None:
        """The last of an incident's alerts is over."""
        now = self._clock.now()
        await self._tell(place, incident, await self._store.recount(incident), by, final=True)
        ended_at = min(await self._store.last_end(incident) or now, now)
        await self._episodes.passed(place.line, domain.subject(place.line), ended_at, by, only=incident)
        # One that came after the look, and was counted before the end, begins another incident.
        over = await self._incidents.find(incident) if await self._store.is_firing(incident) else None
        if over is not None:
            present = await self._begin(place, over.priority, over.title, self._clock.now(), by)
            if present.id != incident:
                await self._move(place, incident, present.id, by)

    async def _move(self, place: _Place, incident: str, to: str, by: str) -> None:
        """What still fires of an incident that is over counts for the one that followed it."""
        await self._store.move(incident, to)
        await self._store.recount(incident)
        await self._store.recount(to)
        if not await self._store.is_firing(to):
            await self._over(place, to, by)  # it ended just now


def _in_time(alert: Alert, place: _Place | FieldProblem) -> _Place | FieldProblem:
    """What begins after the agreement has ended is nothing of it; what is over is taken at any time."""
    if isinstance(place, FieldProblem) or place.wording.ended_at is None or alert.ended_at is not None:
        return place
    ended = rfc3339(place.wording.ended_at)
    return FieldProblem(f"/labels/{domain.AGREEMENT}", f"{place.about.agreement!r} ended at {ended}")


def _became(id: str, alert: Alert, known: Mapping[str, str | None], fresh: Mapping[str, Alert]) -> Became:
    if alert.ended_at is not None:
        return "resolved"
    return "accepted" if id not in known and fresh[id] is alert else "repeated"
