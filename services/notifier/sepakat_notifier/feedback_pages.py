"""The page behind the link of a letter that asks what somebody thinks of an incident, and what they send.

Looking changes nothing. The link is of one contact and one letter, for one press, until the time to answer is over.
"""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sepakat_notifier import answering
from sepakat_notifier.directory import Directory
from sepakat_notifier.html_pages import Form, html_page, lines_of, refusal, to_mend
from sepakat_notifier.linked import message_of, reader_of
from sepakat_notifier.notification import Notification, Rated
from sepakat_notifier.page_words import phrase
from sepakat_notifier.preferences import Preferences
from sepakat_notifier.routing import fact_of
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link, Vault
from sepakat_notifier.words import Words
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.feedback import IncidentFeedbackAsked
from sepakat_shared.errors import NotFound, SepakatError
from sepakat_shared.public_pages import fields_sent

_LONGEST: Final = 4000
"""Characters of what somebody writes, as of feedback over HTTP."""
_MARKS: Final = ("5", "4", "3", "2", "1")


@dataclass(frozen=True)
class _Opened:
    link: Link
    notification: Notification
    fact: IncidentFeedbackAsked
    words: Words

    def say(self, name: str, value: str = "") -> str:
        return phrase(name, self.words, value)


class FeedbackPages:
    def __init__(
        self, notifications: Notifications, directory: Directory, preferences: Preferences, vault: Vault, clock: Clock
    ) -> None:
        self._notifications = notifications
        self._directory = directory
        self._preferences = preferences
        self._vault = vault
        self._clock = clock

    async def opened(self, token: str) -> _Opened:
        """Raises NotFound or Gone."""
        link = self._vault.open_link(token, self._clock.now(), "feedback")
        notification = await message_of(self._notifications, link.notification)
        fact = fact_of(notification)
        if not isinstance(fact, IncidentFeedbackAsked) or fact.incident != link.incident:
            raise NotFound("this link is not about that incident")
        reader = await reader_of(self._directory, link, fact.agreement)
        said = await self._preferences.find(link.party, link.contact)
        language = (said.state.language if said else None) or reader.language
        return _Opened(link, notification, fact, Words(language, reader.time_zone))

    def asked(self, opened: _Opened, wrong: str | None = None, written: str = "") -> HTMLResponse:
        """The form, or what was said already; `wrong` is what to mend in what was sent, and `written` what was said."""
        if opened.notification.rated_at is not None:
            return _thanks(opened, opened.notification)
        say, words, fact = opened.say, opened.words, opened.fact
        form = Form(
            say("feedback_button"), field="mark", preset=False, lines=say("feedback_lines"), lines_field="words",
            legend=say("feedback_legend", words.title(fact.service_title, fact.service)), longest=_LONGEST,
            choices={each: say(f"feedback_{each}") for each in _MARKS}, written=written,
        )  # fmt: skip
        paragraphs = [*([wrong] if wrong else []), words.title(fact.title, fact.number), say("feedback_means")]
        heading = say("feedback_ask", fact.number)
        return html_page(422 if wrong else 200, words.language, heading, paragraphs, form)

    async def take(self, opened: _Opened, given: dict[str, str]) -> HTMLResponse:
        """What was sent by the form, once."""
        if opened.notification.rated_at is not None:
            return _thanks(opened, opened.notification)
        mark, words = given.get("mark", ""), lines_of(given, "words")
        if mark not in _MARKS:
            return self.asked(opened, opened.say("feedback_choose"), words or "")
        if wrong := to_mend(words, _LONGEST, opened.say):
            return self.asked(opened, wrong, words or "")
        link = opened.link
        after = await self._notifications.execute(
            link.notification,
            lambda known, now: answering.rate(
                known, Rated(link.incident, int(mark), words, link.party, link.contact, now)
            ),
            by=f"{link.party}/{link.contact}",
        )  # fmt: skip
        if after is None:
            raise NotFound("the message of this link is not here any more")
        return _thanks(opened, after)


def _thanks(opened: _Opened, notification: Notification) -> HTMLResponse:
    say, at = opened.say, notification.rated_at
    paragraphs = [*([say("at", opened.words.when(at))] if at is not None else []), say("close")]
    return html_page(200, opened.words.language, say("feedback_done", opened.fact.number), paragraphs)


def router(pages: FeedbackPages) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.get("/feedback/{token}")
    async def ask(token: str, request: Request) -> HTMLResponse:
        try:
            return pages.asked(await pages.opened(token))
        except SepakatError as error:
            return refusal(error, request, "feedback_")

    @routes.post("/feedback/{token}")
    async def take(token: str, request: Request) -> HTMLResponse:
        try:
            opened = await pages.opened(token)
            return await pages.take(opened, await fields_sent(request, most=5))
        except SepakatError as error:
            return refusal(error, request, "feedback_")

    return routes
