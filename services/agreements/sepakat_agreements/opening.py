"""Reviews open: on the day that the cadence says, after missed targets, or because a party wants one.

The review is made before the calendar notes it. What a crash leaves between the two is noted with the next look.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sepakat_agreements import holding, meetings, review
from sepakat_agreements.agreement import Agreement, Status, Version
from sepakat_agreements.meetings import Because, Calendar
from sepakat_agreements.pack import freeze
from sepakat_agreements.packs import Packs
from sepakat_agreements.people import People
from sepakat_agreements.records import Records
from sepakat_agreements.review import Review, review_id
from sepakat_agreements.review_store import Reviews
from sepakat_agreements.starting import end_of
from sepakat_agreements.store import Agreements
from sepakat_shared import spans
from sepakat_shared.aggregate import Kind
from sepakat_shared.aggregates import Aggregates
from sepakat_shared.clock import Clock
from sepakat_shared.commits import Commits
from sepakat_shared.contracts import compliance, texts, topics
from sepakat_shared.contracts.agreements import AgreementTextPublished
from sepakat_shared.errors import Conflict, Invalid
from sepakat_shared.messages import Envelope
from sepakat_shared.mongo import Document
from sepakat_shared.reacting import Reaction

_TIME_TO_MEET: Final = timedelta(days=14)
"""From the opening to the meeting, where no cadence says it."""
_READER: Final = "review-triggers"
_Missed = compliance.ObjectiveBreached | compliance.PeriodClosed | compliance.PeriodCorrected


def _fields(calendar: Calendar) -> Mapping[str, Any]:
    return {"parties": list(calendar.parties), "due_at": meetings.due_at(calendar)}


CALENDAR: Kind[Calendar, meetings.Event] = Kind(
    "review_calendar", Calendar, meetings.EVENTS, meetings.apply, _fields, lambda _event, _state: ()
)


class Opening:
    def __init__(
        self, commits: Commits, agreements: Agreements, people: People, records: Records, packs: Packs,
        reviews: Reviews, clock: Clock,
    ) -> None:  # fmt: skip
        self.calendars = Aggregates(commits, CALENDAR)
        self._agreements = agreements
        self._people = people
        self._records = records
        self._packs = packs
        self._reviews = reviews
        self._clock = clock

    def reactions(self) -> list[Reaction]:
        """List them behind those of `Records`: a figure is kept before it is asked how many were missed."""
        return [
            Reaction(topics.AGREEMENT_TEXTS, AgreementTextPublished, self.on_text),
            Reaction(topics.COMPLIANCE, compliance.ObjectiveBreached, self.on_missed, _READER),
            Reaction(topics.COMPLIANCE, compliance.PeriodClosed, self.on_missed, _READER),
            Reaction(topics.COMPLIANCE, compliance.PeriodCorrected, self.on_missed, _READER),
        ]

    async def on_text(self, fact: AgreementTextPublished, _cause: Envelope) -> None:
        """A text is in force: plan by the one that is now, whichever this was."""
        loaded = await self._agreements.all.find(fact.agreement)
        if loaded is not None:
            await self._calendar(loaded.state)

    async def on_missed(self, fact: _Missed, _cause: Envelope) -> None:
        """Hold a review besides where the text asks for one after so many missed targets."""
        if fact.met is not False:
            return
        loaded = await self._agreements.all.find(fact.agreement)
        if loaded is None or loaded.state.status is not Status.ACTIVE:
            return
        text = texts.Agreement.model_validate(loaded.state.text)
        triggers = text.review.triggers if text.review is not None else ()
        if not triggers:
            return
        calendar = await self._calendar(loaded.state)
        now = self._clock.now()
        for each in triggers:
            since = self._since(each.within, now, text)
            if calendar.missed_until is not None:
                since = max(since, calendar.missed_until)
            figures = await self._records.figures_of(fact.agreement, since, now)
            missed = sum(1 for known in figures if known.counts is not None and known.counts.met is False)
            if missed >= each.misses:
                await self.open_(loaded.state, "misses", "sepakat")
                return

    def _since(self, within: str, now: datetime, text: texts.Agreement) -> datetime:
        zone = ZoneInfo(text.term.time_zone)
        first = meetings.earlier(now.astimezone(zone).date(), within)
        return datetime.combine(first, now.astimezone(zone).timetz()).astimezone(UTC)

    # -- opening ------------------------------------------------------------------------------------------------------

    async def fire(self, due: Sequence[Document]) -> None:
        """Open the reviews whose day has come, of these calendars (their documents)."""
        for each in due:
            calendar = self.calendars.read(each).state
            loaded = await self._agreements.all.get(calendar.agreement)
            if loaded.state.status is Status.ACTIVE:
                await self.open_(loaded.state, "cadence", "timer", meeting=calendar.meeting)
            else:
                await self._calendar(loaded.state)

    async def on_demand(self, agreement: Agreement, meeting: date | None, reason: str | None, by: str) -> Review:
        """Raises Conflict while another one is open or where nothing is in force, Invalid for a day that is past."""
        if agreement.status is not Status.ACTIVE:
            raise Conflict(f"this agreement is {agreement.status.value}; only one that is in force is reviewed")
        if meeting is not None and end_of(meeting, agreement.text) <= self._clock.now():
            raise Invalid.at("/meeting", "must not be over yet")
        found = await self.open_(agreement, "demand", by, None if meeting is None else meeting.isoformat(), reason)
        if found is None:
            raise ValueError("a review on demand opens or is refused")
        return found

    async def open_(
        self, agreement: Agreement, because: Because, by: str, meeting: str | None = None, reason: str | None = None
    ) -> Review | None:
        """Open the next one. None where the cadence's meeting has its review already, or one after misses is open.

        Raises Conflict where one is on demand while another is open.
        """
        token = secrets.token_hex(8)
        while True:
            calendar = await self._calendar(agreement)
            if because == "cadence" and calendar.meeting != meeting:
                return None
            has_open = because != "cadence" and await self._has_open(calendar)
            if has_open and because == "misses":
                return None
            if has_open:
                raise Conflict(f"review {calendar.opened} is still open; close it before you open another one")
            made = await self._made(agreement, calendar, because, meeting, token, by, reason)
            loaded = await self._reviews.all.execute(made.id, partial(_open, made), by=by, new=True)
            if loaded is not None:
                await self._note(calendar, loaded.state, agreement)
                if loaded.state.token == token:
                    return loaded.state

    async def _made(
        self, agreement: Agreement, calendar: Calendar, because: Because, meeting: str | None, token: str, by: str,
        reason: str | None,
    ) -> Review:  # fmt: skip
        version: Version = agreement.current
        text, now = texts.Agreement.model_validate(version.text), self._clock.now()
        number, since = calendar.opened + 1, calendar.until or _begins(agreement) or now
        day = meeting or (now.astimezone(ZoneInfo(text.term.time_zone)) + _TIME_TO_MEET).date().isoformat()
        people = await self._people.of(version)
        pack = await self._packs.compile(version, number, day, (since, now), now)
        title = text.metadata.title
        given = text.review
        return Review(
            review_id(agreement.id, number), token, agreement.id, number, version.version, version.provider,
            version.customer, because, since, now, day, end_of(day, version.text).astimezone(UTC), now, by,
            freeze(pack), reason,
            None if title is None else title.model_dump(exclude_none=True),
            chair=people.named(given.chair) if given is not None and given.chair else None,
            participants=people.all_named(given.participants if given is not None else ()),
            signatories=people.signatories,
            feedback_until=_asked_until(text, now, day),
        )  # fmt: skip

    async def _has_open(self, calendar: Calendar) -> bool:
        last = await self._reviews.all.find(review_id(calendar.agreement, calendar.opened))
        return last is not None and last.state.closed_at is None

    # -- the calendar -------------------------------------------------------------------------------------------------

    async def _calendar(self, agreement: Agreement) -> Calendar:
        """Planned by the text in force, with every review noted that there is."""
        text = texts.Agreement.model_validate(agreement.text)
        in_force = agreement.status is Status.ACTIVE
        loaded = await self.calendars.execute(
            agreement.id, lambda known, now: meetings.plan(known, text, in_force, now), by="sepakat"
        )
        if loaded is None:
            raise ValueError("a calendar that is planned is there")
        following = await self._reviews.all.find(review_id(agreement.id, loaded.state.opened + 1))
        return loaded.state if following is None else await self._note(loaded.state, following.state, agreement)

    async def _note(self, calendar: Calendar, opened: Review, agreement: Agreement) -> Calendar:
        text = texts.Agreement.model_validate(agreement.text)

        def decide(known: Calendar | None, _now: datetime) -> Sequence[meetings.Event]:
            of = known or calendar
            return meetings.opened(of, opened.number, opened.because, opened.meeting, opened.until, text)

        loaded = await self.calendars.execute(agreement.id, decide, by=opened.by)
        return calendar if loaded is None else loaded.state


def _open(made: Review, known: Review | None, _now: datetime) -> Sequence[review.Event]:
    return holding.open_(known, made)


def _asked_until(text: texts.Agreement, now: datetime, meeting: str) -> datetime:
    """Until when feedback is asked for: as long as the text says, else until the day of the meeting is over."""
    given = text.review
    if given is None or given.feedback is None:
        return end_of(meeting, text.model_dump(mode="json", by_alias=True)).astimezone(UTC)
    zone = ZoneInfo(text.term.time_zone)
    local = now.astimezone(zone)
    return datetime.combine(spans.later(local.date(), given.feedback), local.timetz()).astimezone(UTC)


def _begins(agreement: Agreement) -> datetime | None:
    """The first instant of the agreement's first version."""
    begins = agreement.versions[0].effective_from
    return None if begins is None else begins.astimezone(UTC)
