"""What a person sees behind the links of a message about an incident, and what their press says.

Looking changes nothing: mail scanners look at every link. Each link is for one purpose and one press, of the contact
whose message it was; it ends with its time, and with the incident.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from sepakat_notifier import answering, snoozing
from sepakat_notifier.chat_links import ChatLinks
from sepakat_notifier.directory import Directory
from sepakat_notifier.html_pages import Form, html_page, lines_of, refusal, to_mend
from sepakat_notifier.linked import message_of, reader_of
from sepakat_notifier.notification import Answer, Answered, Notification
from sepakat_notifier.page_words import phrase
from sepakat_notifier.routing import fact_of, subject_of
from sepakat_notifier.standing import Standing
from sepakat_notifier.standings import Standings
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link, Purpose, Vault
from sepakat_notifier.words import Words
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.incidents import _IncidentEvent
from sepakat_shared.errors import NotFound, SepakatError
from sepakat_shared.public_pages import fields_sent

_LONGEST_NOTE: Final = 4000
_ANSWERS: Final[tuple[Answer, ...]] = ("join", "snooze", "resolve")


@dataclass(frozen=True)
class Opened:
    """A link that opens something. `standing` is None where nothing was heard of the incident yet.

    `merged_into` is how the incidents stand that it was merged into, each into the next: whoever takes up a duplicate
    takes up the last of these.
    """

    purpose: Purpose
    link: Link
    notification: Notification
    fact: _IncidentEvent
    standing: Standing | None
    words: Words
    in_name: str | None = None
    """Of a link in a chat: what the contact is called whom it speaks for, whoever presses it."""
    merged_into: tuple[Standing, ...] = ()

    @property
    def own_title(self) -> str:
        return f"{self.fact.number}: {self.words.title(self.fact.title, self.fact.incident)}"

    @property
    def title(self) -> str:
        """Of what the press counts for."""
        return self.own_title if self.kept is None else self.kept.number

    @property
    def kept(self) -> Standing | None:
        """How another incident stands that the press counts for."""
        return self.merged_into[-1] if self.merged_into and self.purpose == "acknowledge" else None

    @property
    def present(self) -> Standing | None:
        """How what the press counts for stands."""
        return self.kept or self.standing

    @property
    def began_at(self) -> datetime:
        return self.kept.began_at if self.kept else self.fact.impact_started_at or self.fact.opened_at

    @property
    def anew_at(self) -> datetime | None:
        """Since when what was said with the link before counts no longer."""
        known = [each.anew_at for each in (self.standing, *self.merged_into) if each is not None]
        return max((each for each in known if each is not None), default=None)

    def say(self, name: str, value: str = "", *more: str) -> str:
        return phrase(name, self.words, value, *more)


class Pages:
    def __init__(
        self, notifications: Notifications, directory: Directory, standings: Standings, vault: Vault,
        chat_links: ChatLinks, clock: Clock,
    ) -> None:  # fmt: skip
        self._notifications = notifications
        self._directory = directory
        self._standings = standings
        self._vault = vault
        self._chat_links = chat_links
        self._clock = clock

    async def opened(self, purpose: Purpose, token: str) -> Opened:
        """Raises NotFound or Gone."""
        of_chat = self._chat_links.notification(token)
        link = None if of_chat else self._vault.open_link(token, self._clock.now(), purpose)
        notification = await message_of(self._notifications, of_chat or (link.notification if link else ""))
        if link is None:
            link = await self._chat_links.opened(token, notification, purpose)
        fact = fact_of(notification)
        if not isinstance(fact, _IncidentEvent) or notification.about != link.incident:
            raise NotFound("this link is not about that incident")
        reader = await reader_of(self._directory, link, subject_of(fact).agreement)
        standing = await self._standings.find(link.incident)
        merged_into = await self._standings.merged_into(standing)
        words = Words(reader.language, reader.time_zone)
        in_name = reader.name if of_chat else None
        return Opened(purpose, link, notification, fact, standing, words, in_name, merged_into)

    def asked(self, opened: Opened, wrong: str | None = None, written: str = "") -> HTMLResponse:
        """What the link asks, or why it cannot be any more; `wrong` is what to mend in what was `written`."""
        refused = _refused(opened)
        if refused is not None:
            return refused
        say, words = opened.say, opened.words
        since = say("since", words.when(opened.began_at))
        absorbed = [say("acknowledge_merged", opened.own_title)] if opened.kept is not None else []
        before = opened.notification.acknowledged_at if opened.purpose == "acknowledge" else None
        lapsed = [say("acknowledge_lapsed", words.when(before))] if before is not None else []
        paragraphs = [*([wrong] if wrong else []), *absorbed, since, *lapsed, say(f"{opened.purpose}_means")]
        if opened.in_name is not None:
            paragraphs.append(say("in_name", opened.in_name))
        form = Form(say(f"{opened.purpose}_button"))
        if opened.purpose == "snooze":
            choices = self._choices(opened)
            if not choices:
                return html_page(409, words.language, say("snooze_not", opened.title), [say("snooze_not_means")])
            if opened.standing is not None and opened.standing.snoozed_until is not None:
                paragraphs.insert(1, say("snooze_already", words.when(opened.standing.snoozed_until)))
            lengths = {str(each): words.length(str(each * 60)) for each in choices}
            form = Form(form.button, field="minutes", legend=say("snooze_legend"), choices=lengths)
        if opened.purpose == "resolve":
            form = Form(form.button, field="note", lines=say("resolve_lines"), longest=_LONGEST_NOTE, written=written)
        heading = say(f"{opened.purpose}_ask", opened.title)
        return html_page(422 if wrong else 200, words.language, heading, paragraphs, form)

    def _choices(self, opened: Opened) -> list[int]:
        now, standing = self._clock.now(), opened.standing
        if standing is None:
            return list(snoozing.choices(getattr(opened.fact, "may_snooze_seconds", None)))
        already = snoozing.already(standing.snoozed_until, now)
        return list(snoozing.choices(standing.may_snooze_seconds, already))

    async def acknowledge(self, opened: Opened) -> HTMLResponse:
        refused = _refused(opened)
        if refused is not None:
            return refused
        link = opened.link
        after = await self._notifications.execute(
            link.notification,
            lambda notification, now: answering.acknowledge(
                notification, link.party, link.contact, now, opened.anew_at
            ),
            by=f"{link.party}/{link.contact}",
        )
        return self._after(opened, after)

    async def answer(self, answer: Answer, opened: Opened, sent: dict[str, str]) -> HTMLResponse:
        """Take what was sent by the form of a page."""
        refused = _refused(opened)
        if refused is not None:
            return refused
        until, note = None, None
        if answer == "snooze":
            minutes = sent.get("minutes", "")
            if minutes not in {str(each) for each in self._choices(opened)}:
                return self.asked(opened, opened.say("snooze_choose"))
            until = self._clock.now() + timedelta(minutes=int(minutes))
        if answer == "resolve":
            note = lines_of(sent, "note")
            if wrong := to_mend(note, _LONGEST_NOTE, opened.say):
                return self.asked(opened, wrong, note or "")
        link = opened.link
        after = await self._notifications.execute(
            link.notification,
            lambda notification, now: answering.answer(
                notification, Answered(answer, link.party, link.contact, now, until, note), opened.anew_at
            ),
            by=f"{link.party}/{link.contact}",
        )
        return self._after(opened, after)

    def _after(self, opened: Opened, after: Notification | None) -> HTMLResponse:
        said = None if after is None else _said_before(replace(opened, notification=after))
        if said is None:
            raise NotFound("the message of this link is not here any more")
        return said


def _refused(opened: Opened) -> HTMLResponse | None:
    """Why there is nothing to press, if so. Whoever has said that it is over is thanked for that when it is."""
    is_over = opened.present is not None and opened.present.status in ("resolved", "closed")
    if is_over and opened.purpose != "resolve":
        return _not_now(opened)
    return _said_before(opened) or _not_now(opened)


def _said_before(opened: Opened) -> HTMLResponse | None:
    """The page that says what this link has said, once it was pressed and while that counts."""
    at, until = answering.acknowledged(opened.notification, opened.anew_at), None
    if opened.purpose != "acknowledge":
        given = answering.answered(opened.notification, opened.purpose, opened.anew_at)
        at, until = (given.at, given.until) if given is not None else (None, None)
    if at is None:
        return None
    say, when = opened.say, opened.words.when
    paragraphs = [say("at", when(at)), *([say("snooze_until", when(until))] if until else []), say("close")]
    return html_page(200, opened.words.language, say(f"{opened.purpose}_done", opened.title), paragraphs)


def _not_now(opened: Opened) -> HTMLResponse | None:
    """Why nothing can be said with it: the incident is over, is a part of another, or is not this party's."""
    standing, say = opened.present, opened.say
    if standing is not None and standing.status == "merged" and opened.purpose != "acknowledge":
        means = say("merged_means", standing.into or "")
        return html_page(409, opened.words.language, say("merged", opened.title), [means, say("close")])
    if standing is not None and standing.status in ("resolved", "closed"):
        means = say("over_means", opened.words.when(standing.changed_at))
        return html_page(409, opened.words.language, say("over", opened.title), [means, say("close")])
    responsible = standing.responsible if standing is not None else getattr(opened.fact, "responsible", None)
    if opened.purpose in ("snooze", "resolve") and opened.link.party != responsible:
        means = say("not_yours_means", opened.title)
        return html_page(403, opened.words.language, say("not_yours"), [means])
    if opened.purpose == "snooze" and standing is not None and standing.status == "acknowledged":
        return html_page(409, opened.words.language, say("snooze_held", opened.title), [say("snooze_held_means")])
    return None


def router(pages: Pages) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.post("/pressed")
    async def pressed() -> Response:
        """What Slack calls when a button was pressed that leads somewhere: without an answer, it warns whoever did."""
        return Response(status_code=200)

    _acknowledging(routes, pages)
    for each in _ANSWERS:
        _answering(routes, pages, each)
    return routes


def _acknowledging(routes: APIRouter, pages: Pages) -> None:
    @routes.get("/a/{token}")
    async def ask(token: str, request: Request) -> HTMLResponse:
        try:
            return pages.asked(await pages.opened("acknowledge", token))
        except SepakatError as error:
            return refusal(error, request)

    @routes.post("/a/{token}")
    async def acknowledge(token: str, request: Request) -> HTMLResponse:
        try:
            return await pages.acknowledge(await pages.opened("acknowledge", token))
        except SepakatError as error:
            return refusal(error, request)


def _answering(routes: APIRouter, pages: Pages, answer: Answer) -> None:
    @routes.get(f"/{answer}/{{token}}")
    async def ask(token: str, request: Request) -> HTMLResponse:
        try:
            return pages.asked(await pages.opened(answer, token))
        except SepakatError as error:
            return refusal(error, request)

    @routes.post(f"/{answer}/{{token}}")
    async def take(token: str, request: Request) -> HTMLResponse:
        try:
            opened = await pages.opened(answer, token)
            return await pages.answer(answer, opened, await fields_sent(request, most=5))
        except SepakatError as error:
            return refusal(error, request)
