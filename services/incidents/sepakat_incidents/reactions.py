"""What compliance and notification events do to incidents."""

from datetime import datetime

from sepakat_incidents import answers, pressed, triage
from sepakat_incidents import line as domain
from sepakat_incidents.contacts import Contacts
from sepakat_incidents.episodes import Episodes
from sepakat_incidents.escalation import Rosters
from sepakat_incidents.events import Event
from sepakat_incidents.handling import Handling, handling
from sepakat_incidents.incident import About, Line, Trigger
from sepakat_incidents.rotation_store import Rotations
from sepakat_incidents.rotations import named_in
from sepakat_incidents.store import Incidents, line_id, line_of
from sepakat_incidents.wordings import Wordings
from sepakat_shared.contracts import compliance, texts, topics
from sepakat_shared.contracts.agreements import AgreementTextPublished, ContactRecorded
from sepakat_shared.contracts.fact import Title
from sepakat_shared.contracts.incidents import Cause, IncidentEscalated, IncidentHandedOver, IncidentMerged
from sepakat_shared.contracts.lasting import AgreementEnded
from sepakat_shared.contracts.notifications import (
    NotificationAcknowledged,
    NotificationAnswered,
    NotificationGivenUp,
    NotificationPauseAnswered,
    NotificationSuppressed,
)
from sepakat_shared.errors import Conflict, Forbidden, NotFound
from sepakat_shared.messages import Envelope
from sepakat_shared.reacting import Erased, Reaction

_IMPAIRED = {"en": "{} is down", "id": "{} tidak berfungsi"}
_AT_RISK = {"en": "{} is at risk", "id": "{} terancam tidak terpenuhi"}
_MISSED = {"en": "{} is missed", "id": "{} tidak terpenuhi"}


class Reactions:
    """Keeps the texts in force, and turns events into commands on the line they concern."""

    def __init__(
        self, incidents: Incidents, rotations: Rotations, contacts: Contacts, episodes: Episodes, wordings: Wordings
    ) -> None:
        self._contacts = contacts
        self._incidents = incidents
        self._rotations = rotations
        self._episodes = episodes
        self._wordings = wordings

    def all(self) -> list[Reaction]:
        return [
            Reaction(topics.AGREEMENT_TEXTS, AgreementTextPublished, self.on_text),
            Reaction(topics.AGREEMENTS, AgreementEnded, self._wordings.on_ended),
            Reaction(topics.CONTACTS, ContactRecorded, self._contacts.on_contact),
            Reaction(topics.CONTACTS, Erased, self.on_erased),
            Reaction(topics.COMPLIANCE, compliance.ImpairmentBegan, self.on_impairment),
            Reaction(topics.COMPLIANCE, compliance.ImpairmentEnded, self.on_impairment_ended),
            Reaction(topics.COMPLIANCE, compliance.ObjectiveAtRisk, self.on_risk),
            Reaction(topics.COMPLIANCE, compliance.ObjectiveRiskPassed, self.on_risk_passed),
            Reaction(topics.COMPLIANCE, compliance.ObjectiveBreached, self.on_breach),
            Reaction(topics.COMPLIANCE, compliance.ObjectiveRecovered, self.on_recovered),
            Reaction(topics.COMPLIANCE, compliance.BreachRetracted, self.on_recovered),
            Reaction(topics.INCIDENTS, IncidentMerged, self.on_merged),
            Reaction(topics.INCIDENTS, IncidentEscalated, self.on_asked),
            Reaction(topics.INCIDENTS, IncidentHandedOver, self.on_asked),
            Reaction(topics.NOTIFICATIONS, NotificationAcknowledged, self.on_acknowledged),
            Reaction(topics.NOTIFICATIONS, NotificationAnswered, self.on_answered),
            Reaction(topics.NOTIFICATIONS, NotificationPauseAnswered, self.on_pause_answered),
            Reaction(topics.NOTIFICATIONS, NotificationGivenUp, self.on_undelivered),
            Reaction(topics.NOTIFICATIONS, NotificationSuppressed, self.on_undelivered),
        ]

    async def on_text(self, fact: AgreementTextPublished, _cause: Envelope) -> None:
        await self._wordings.keep(fact)
        text = texts.Agreement.model_validate(fact.text)
        await self._rotations.declare(text, fact.version, fact.effective_from)
        try:
            governs = await self._wordings.in_force(fact.agreement)
        except NotFound:
            return  # it is agreed, and not in force yet
        for id in await self._incidents.lines_of(fact.agreement):
            # Topics have no common order: an incident may have opened before the text came.
            await self._plan(id, governs.text, governs.version)

    async def on_erased(self, fact: Erased, cause: Envelope) -> None:
        """Somebody has left: what is open of theirs is nobody's."""
        await self._contacts.on_erased(fact, cause)
        party, _, contact = fact.key.partition("/")
        for id in await self._incidents.owned_by(party, contact):
            await self._incidents.execute(
                id, lambda line, now: triage.orphaned(line, party, contact, now), by="agreements"
            )

    async def _plan(self, id: str, text: texts.Agreement, version: int) -> None:
        rosters = await self._rotations.named(named_in(text))
        await self._incidents.execute(
            id, lambda line, now: domain.plan(line, _handling(line, text, version), now, rosters), by="agreements"
        )

    async def text(self, agreement: str, version: int) -> texts.Agreement | None:
        """The text of that version; of the last one that is known here for version 0."""
        found = await (self._wordings.find(agreement, version) if version else self._wordings.last(agreement))
        return None if found is None else found.text

    # -- what begins or joins an episode ------------------------------------------------------------------------------

    async def on_impairment(self, fact: compliance.ImpairmentBegan, cause: Envelope) -> None:
        words = _words(_IMPAIRED, fact.service_title, fact.service)
        await self._begin(
            fact, cause, Trigger("impairment", f"impairment:{fact.indicator}", cause.id, fact.at, words), "P1"
        )

    async def on_risk(self, fact: compliance.ObjectiveAtRisk, cause: Envelope) -> None:
        await self._begin(fact, cause, _objective_trigger("risk", fact, cause, _AT_RISK), "P2")

    async def on_breach(self, fact: compliance.ObjectiveBreached, cause: Envelope) -> None:
        """One that was told as its period closed is on record with both parties: nobody is called for what is over."""
        if fact.late:
            return
        await self._begin(fact, cause, _objective_trigger("breach", fact, cause, _MISSED), "P1")

    async def _begin(self, fact: compliance._About, cause: Envelope, trigger: Trigger, wanted: str) -> None:
        ended_at = await self._wordings.ended_at(fact.agreement)
        if ended_at is not None and fact.at >= ended_at:
            return  # the last verdict is one all the same, and what it makes owed
        text = await self.text(fact.agreement, fact.version)
        how = Handling(wanted) if text is None else handling(text, fact.version, fact.service, wanted)
        about = About(
            fact.agreement, fact.service, fact.provider, fact.customer, _plain(fact.agreement_title),
            _plain(fact.service_title),
        )  # fmt: skip
        await self._episodes.begin(line_id(fact.agreement, fact.service), about, trigger, how, cause.source, cause)

    # -- what ends one ------------------------------------------------------------------------------------------------

    async def on_impairment_ended(self, fact: compliance.ImpairmentEnded, cause: Envelope) -> None:
        await self._pass(fact, cause, f"impairment:{fact.indicator}")

    async def on_risk_passed(self, fact: compliance.ObjectiveRiskPassed, cause: Envelope) -> None:
        await self._pass(fact, cause, f"risk:{fact.objective}")

    async def on_recovered(self, fact: compliance.ObjectiveRecovered, cause: Envelope) -> None:
        await self._pass(fact, cause, f"breach:{fact.objective}/rolling")

    async def _pass(self, fact: compliance._About, cause: Envelope, subject: str) -> None:
        await self._episodes.passed(line_id(fact.agreement, fact.service), subject, fact.at, cause.source, cause)

    async def on_merged(self, fact: IncidentMerged, cause: Envelope) -> None:
        """Our own topic brings it, once at least: whatever ended the service after the merge, the rest is done here."""
        await self._episodes.absorb(fact.incident, fact.by, cause)

    async def on_acknowledged(self, fact: NotificationAcknowledged, cause: Envelope) -> None:
        """Somebody pressed the link in a message; too late is no error, the page has told them.

        Of a duplicate it takes up the one that was kept.
        """
        present = await self._episodes.present(fact.incident)
        id = fact.incident if present is None else present.id

        def decide(line: Line | None, now: datetime) -> list[Event]:
            if line is None:
                return []
            try:
                return list(pressed.acknowledged(line, id, fact, now))
            except Conflict:
                return []

        await self._incidents.execute(line_of(id), decide, by=f"{fact.party}/{fact.contact}", cause=cause)

    async def on_answered(self, fact: NotificationAnswered, cause: Envelope) -> None:
        """Somebody pressed another link in a message. What came too late, or is not theirs to do, changes nothing."""
        await self._episodes.pressed(fact, cause)

    async def on_pause_answered(self, fact: NotificationPauseAnswered, cause: Envelope) -> None:
        """Somebody consented by a link, or refused; of two who answer one request, the first has."""

        def decide(line: Line | None, now: datetime) -> list[Event]:
            if line is None:
                return []
            try:
                return list(pressed.pause_answered(line, fact, now))
            except (Conflict, Forbidden, NotFound):
                return []

        await self._incidents.execute(line_of(fact.incident), decide, by=f"{fact.party}/{fact.contact}", cause=cause)

    async def on_asked(self, fact: IncidentEscalated | IncidentHandedOver, cause: Envelope) -> None:
        """Who was never a contact, or has left, is unreached at once: nobody waits for their answer."""
        reasons = await self._contacts.unreachable((fact.provider, fact.customer), fact.contacts)
        if not reasons:
            return

        def decide(line: Line | None, now: datetime, rosters: Rosters) -> list[Event]:
            return list(answers.none_reaches(line, fact.incident, reasons, now, rosters))

        await self._incidents.on_ladder(line_of(fact.incident), decide, by=cause.source, cause=cause)

    async def on_undelivered(self, fact: NotificationGivenUp | NotificationSuppressed, cause: Envelope) -> None:
        """Somebody who was asked, or an endpoint that was called, will never know: they have left, there is none of
        that id, or their server takes nothing.

        Of an id that both parties have, the responsible party's contact is the one who is asked.
        """
        if fact.about_type != "incident" or (isinstance(fact, NotificationSuppressed) and fact.by_choice):
            return
        is_person = fact.channel == "email"
        incident = await self._incidents.find(fact.about) if is_person else None
        if incident is not None and fact.party not in (None, incident.responsible):
            asked = await self._contacts.whose((incident.responsible, fact.party), fact.recipient)
            if asked == incident.responsible:
                return

        def decide(line: Line | None, now: datetime, rosters: Rosters) -> list[Event]:
            lost = answers.unreached if is_person else answers.silent
            return list(lost(line, fact.about, fact.recipient, fact.reason, now, rosters))

        await self._incidents.on_ladder(line_of(fact.about), decide, by=cause.source, cause=cause)


def _handling(line: Line | None, text: texts.Agreement, version: int) -> Handling:
    if line is None or line.incident is None:
        return Handling("P1")
    return handling(text, version, line.about.service, line.incident.priority)


def _objective_trigger(
    kind: Cause, fact: compliance.ObjectiveAtRisk | compliance.ObjectiveBreached, cause: Envelope, words: dict[str, str]
) -> Trigger:
    # The id of a rolling window's episode ends in its number, that of a calendar window in the period's start.
    rolling = "/rolling" if fact.episode.rpartition("/")[2].isdigit() and kind == "breach" else ""
    return Trigger(
        kind, f"{kind}:{fact.objective}{rolling}", cause.id, fact.at,
        _words(words, fact.objective_title, fact.objective), fact.objective, _plain(fact.objective_title),
        fact.attainment, fact.target,
    )  # fmt: skip


def _words(pattern: dict[str, str], title: Title | None, otherwise: str) -> dict[str, str]:
    return {
        language: words.format(title.in_language(language, otherwise) if title else otherwise)
        for language, words in pattern.items()
    }


def _plain(title: Title | None) -> dict[str, str] | None:
    return None if title is None else title.model_dump(exclude_none=True)
