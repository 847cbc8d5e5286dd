"""The pages behind the links of a message that asks whether clocks stood still: one consents, the other refuses.

Looking changes nothing. A request is answered once, whoever does: its links say what became of it from then on, as they
do when it has lapsed.
"""

from typing import Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sepakat_notifier import answering, incident_words
from sepakat_notifier.directory import Directory
from sepakat_notifier.html_pages import Form, html_page, refusal
from sepakat_notifier.notification import Answered
from sepakat_notifier.pages import Opened, Pages
from sepakat_notifier.standing import Settled
from sepakat_notifier.store import Notifications
from sepakat_shared.contracts.incidents import PauseRequested
from sepakat_shared.errors import NotFound, SepakatError

Said = Literal["consent", "refuse"]
_ENDS: Final = {"consent": "granted", "refuse": "refused"}


class PausePages:
    def __init__(self, pages: Pages, notifications: Notifications, directory: Directory) -> None:
        self._pages = pages
        self._notifications = notifications
        self._directory = directory

    async def asked(self, said: Said, token: str) -> HTMLResponse:
        """What the link says, or why it says nothing any more. Raises NotFound or Gone."""
        opened, fact = await self._opened(said, token)
        return _over(opened, fact) or await self._form(said, opened, fact)

    async def take(self, said: Said, token: str) -> HTMLResponse:
        """Its button was pressed. Raises NotFound or Gone."""
        opened, fact = await self._opened(said, token)
        if (over := _over(opened, fact)) is not None:
            return over
        link = opened.link
        after = await self._notifications.execute(
            link.notification,
            lambda known, now: answering.answer_request(known, Answered(said, link.party, link.contact, now)),
            by=f"{link.party}/{link.contact}",
        )
        given = None if after is None else answering.request_answered(after)
        if given is None:
            raise NotFound("the message of this link is not here any more")
        return _thanks(opened, given)

    async def _opened(self, said: Said, token: str) -> tuple[Opened, PauseRequested]:
        opened = await self._pages.opened(said, token)
        if not isinstance(opened.fact, PauseRequested):
            raise NotFound("this link is not about a request")
        return opened, opened.fact

    async def _form(self, said: Said, opened: Opened, fact: PauseRequested) -> HTMLResponse:
        say, words = opened.say, opened.words
        names = await self._directory.names([fact.party, fact.customer])
        who, waited = names[fact.party], incident_words.waited_for(fact.reason, names[fact.customer], words)
        paragraphs = [
            say("pause_asked", who, words.when(fact.start), words.when(fact.end), waited),
            *([say("pause_writes", who, fact.note)] if fact.note else []),
            say(f"{said}_means"),
            *([say("in_name", opened.in_name)] if opened.in_name is not None else []),
        ]
        form = Form(say(f"{said}_button"))
        return html_page(200, words.language, say(f"{said}_ask", opened.title), paragraphs, form)


def _over(opened: Opened, fact: PauseRequested) -> HTMLResponse | None:
    """What became of the request, or why it cannot be consented to; None while it waits for what the link says."""
    say, when = opened.say, opened.words.when
    given = answering.request_answered(opened.notification)
    settled = None if opened.standing is None else opened.standing.settled(fact)
    if given is not None and (settled is None or settled.how == _ENDS[given.answer]):
        return _thanks(opened, given)
    if settled is not None:
        paragraphs = [say(f"pause_{settled.how}_means", when(settled.at)), say("close")]
        return html_page(409, opened.words.language, say(f"pause_{settled.how}", opened.title), paragraphs)
    other = _overlapping(opened, fact) if opened.purpose == "consent" else None
    if other is not None:
        paragraphs = [say("pause_overlaps_means", when(other.start), when(other.end)), say("close")]
        return html_page(409, opened.words.language, say("pause_overlaps", opened.title), paragraphs)
    return None


def _overlapping(opened: Opened, fact: PauseRequested) -> Settled | None:
    """Another request that was consented to meanwhile, and is about a part of the same time."""
    known = () if opened.standing is None else opened.standing.requests.values()
    agreed = (each for each in known if each.how == "granted")
    return next((each for each in agreed if each.start < fact.end and fact.start < each.end), None)


def _thanks(opened: Opened, given: Answered) -> HTMLResponse:
    say = opened.say
    paragraphs = [say("at", opened.words.when(given.at)), say("close")]
    return html_page(200, opened.words.language, say(f"{given.answer}_done", opened.title), paragraphs)


def router(pages: PausePages) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    _saying(routes, pages, "consent")
    _saying(routes, pages, "refuse")
    return routes


def _saying(routes: APIRouter, pages: PausePages, said: Said) -> None:
    @routes.get(f"/{said}/{{token}}")
    async def ask(token: str, request: Request) -> HTMLResponse:
        try:
            return await pages.asked(said, token)
        except SepakatError as error:
            return refusal(error, request, "pause_")

    @routes.post(f"/{said}/{{token}}")
    async def take(token: str, request: Request) -> HTMLResponse:
        try:
            return await pages.take(said, token)
        except SepakatError as error:
            return refusal(error, request, "pause_")
