"""What a person sees behind the link of a message. Looking changes nothing: mail scanners look at every link."""

import secrets

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sepakat_notifier import letters
from sepakat_notifier import notification as domain
from sepakat_notifier.directory import Directory, Forgotten, Unknown
from sepakat_notifier.letters import Words
from sepakat_notifier.notification import Notification
from sepakat_notifier.routing import fact_of, subject_of
from sepakat_notifier.store import Notifications
from sepakat_notifier.vault import Link, Vault
from sepakat_shared.clock import Clock
from sepakat_shared.contracts.incidents import _IncidentEvent
from sepakat_shared.errors import NotFound, SepakatError

_WORDS = {
    "ask": {"en": "Take up {}?", "id": "Tangani {}?"},
    "since": {"en": "Affected since {}.", "id": "Terdampak sejak {}."},
    "means": {"en": "With this you say that you take care of it. Everyone who was told hears of it.",
              "id": "Dengan ini Anda menyatakan menanganinya. Semua yang sudah diberi tahu akan dikabari."},
    "button": {"en": "I take care of it", "id": "Saya tangani"},
    "done": {"en": "Thank you: you have taken up {}", "id": "Terima kasih: Anda menangani {}"},
    "at": {"en": "Noted at {}.", "id": "Dicatat pada {}."},
    "close": {"en": "You may close this page.", "id": "Halaman ini boleh ditutup."},
}  # fmt: skip


def router(notifications: Notifications, directory: Directory, vault: Vault, clock: Clock) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    async def opened(token: str) -> tuple[Link, Notification, Words]:
        link = vault.open_link(token, clock.now())
        loaded = await notifications.all.find(link.notification)
        if loaded is None:
            raise NotFound("the message of this link is not here any more")
        try:
            reader = await directory.reader([link.party], link.contact, subject_of(fact_of(loaded.state)).agreement)
        except (Unknown, Forgotten) as error:
            raise NotFound("the contact of this link is not known any more") from error
        return link, loaded.state, Words(reader.language, reader.time_zone)

    @routes.get("/a/{token}")
    async def ask(token: str) -> HTMLResponse:
        try:
            _, notification, words = await opened(token)
        except SepakatError as error:
            return refusal(error)
        return _answer(notification, words)

    @routes.post("/a/{token}")
    async def acknowledge(token: str) -> HTMLResponse:
        try:
            link, _, words = await opened(token)
        except SepakatError as error:
            return refusal(error)
        after = await notifications.execute(
            link.notification,
            lambda notification, now: domain.acknowledge(notification, link.party, link.contact, now),
            by=f"{link.party}/{link.contact}",
        )
        if after is None:
            return refusal(NotFound("the message of this link is not here any more"))
        return _answer(after, words)

    return routes


def _answer(notification: Notification, words: Words) -> HTMLResponse:
    fact = fact_of(notification)
    if not isinstance(fact, _IncidentEvent):
        return refusal(NotFound("this link is not about an incident"))
    title = f"{fact.number}: {words.title(fact.title, fact.incident)}"

    def say(name: str, value: str = "") -> str:
        return _WORDS[name][words.language].format(value)

    if notification.acknowledged_at is not None:
        paragraphs = [say("at", words.when(notification.acknowledged_at)), say("close")]
        return html_page(200, words.language, say("done", title), paragraphs)
    since = say("since", words.when(fact.impact_started_at or fact.opened_at))
    return html_page(200, words.language, say("ask", title), [since, say("means")], say("button"))


def refusal(error: SepakatError) -> HTMLResponse:
    return html_page(error.status, "en", error.title, [error.detail[:1].upper() + error.detail[1:] + "."])


def html_page(
    status: int,
    language: str,
    heading: str,
    paragraphs: list[str],
    button: str | None = None,
    action: str | None = None,
) -> HTMLResponse:
    """A page for whoever follows a link; with `button`, one that posts to `action`, or to its own address."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(letters.page(language, heading, paragraphs, nonce, button, action), status, headers)
